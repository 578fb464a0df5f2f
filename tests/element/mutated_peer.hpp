// A peer whose packets are broken on the way: real encoders' RTP, mutated by a seed, through a
// Receiver into an application's pipeline. Nothing of it waits for the clock.
#pragma once

#include "plugins/receive/receiver.hpp"
#include "tests/element/mutator.hpp"

#include <atomic>

namespace rtc::test {

struct PeerCodec {
    const char* name;
    const char* sender;              // gst-launch: one keyframe, then 29 pictures
    std::vector<std::string> broken; // payloads that have broken something
};
const std::vector<PeerCodec>& peer_codecs();

class MutatedPeer {
public:
    // Its output is to be linked by who makes it.
    MutatedPeer(GstElement* application, const PeerCodec& codec, guint32 seed);
    ~MutatedPeer();

    const Codec& codec() const { return codec_; }
    GstPad* output() const { return output_.get(); }
    GstElement* source() const { return source_.get(); }
    void play();
    // So many packets, broken and good ones. Where the keyframe is lost on the way, another comes.
    void send_broken(guint count);
    // The media once, from its keyframe on.
    void send_good();
    void end();                                    // of the call
    size_t came_out() const { return *came_out_; } // buffers at the output
    GstClockTime now() const { return time_; }
    // An error of the session's own pipeline.
    bool failed();

private:
    struct Packet {
        Bytes payload;
        bool marker;
        GstClockTime time;
    };
    std::vector<Packet> packetise(const char* sender, guint mtu);
    void send(const Packet& packet);
    void push(const Bytes& payload, bool marker);

    const PeerCodec& peer_;
    const Codec& codec_;
    Mutator mutator_;
    std::vector<Packet> packets_;
    Ref<GstElement> session_, source_;
    Ref<GstPad> rtp_pad_, output_;
    std::shared_ptr<Receiver> receiver_;
    std::shared_ptr<std::atomic<size_t>> came_out_ = std::make_shared<std::atomic<size_t>>(0);
    size_t next_ = 0;       // packet
    GstClockTime time_ = 0; // of the last
    GstClockTime base_ = 0; // of this round of the media
    guint16 sequence_ = 0;
};

} // namespace rtc::test
