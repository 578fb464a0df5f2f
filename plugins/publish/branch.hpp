// What makes RTP of one codec out of a stream's input: a bin behind the stream's tee, with a
// fan-out at its end.
//
// Life: create(), start() adds it to the stream's bin, brings it up and links it; stop() takes it
// out again. Its input takes everything and never reports a failure, so that the tee and the other
// branches go on; errors of its elements go to the stream's guard bin.
//
// Threads: start() and stop() from any thread but its own streaming thread.
#pragma once

#include "plugins/publish/encoders.hpp"
#include "plugins/publish/fanout.hpp"
#include "signaling/base/result.hpp"

namespace rtc {

class Branch {
public:
    struct Plan {
        const Codec* codec = nullptr;
        const Encoder* encoder = nullptr; // nullptr: the input is encoded already
        guint bitrate = 0;                // bit/s
        guint frames = 0;                 // longest distance between keyframes
        guint layers = 1;                 // temporal layers, where the encoder can
        guint width = 0, height = 0;      // that pictures are scaled to; 0: as they are
        guint loss = 0;                   // percent of sound's packets to guard against
        bool dtx = false;                 // sound sends nothing while it is silent
    };

    static Result<std::unique_ptr<Branch>> create(const Plan& plan, std::shared_ptr<Fanout> fanout);
    ~Branch();

    Result<void> start(GstBin* bin, GstElement* tee);
    // It gets nothing more. From any thread, its own too.
    void unlink();
    void stop();

    // Of the encoder, in bit/s, while it runs; encoded input has its own.
    void set_bitrate(guint bitrate);
    // Likewise: the percentage of packets that it guards against the loss of.
    void set_loss(guint percent);

    const Encoder* encoder() const { return plan_.encoder; }
    // Whether an element is part of it.
    bool contains(GstObject* element) const;
    // The pad that a request for a keyframe starts from, upstream.
    Ref<GstPad> fanout_pad() const;

private:
    explicit Branch(const Plan& plan)
        : plan_(plan) {}
    Result<void> build(std::shared_ptr<Fanout> fanout);

    Plan plan_;
    Ref<GstElement> bin_;
    Ref<GstElement> encoder_;
    Ref<GstElement> fanout_sink_;
    Ref<GstElement> tee_;
    Ref<GstPad> tee_pad_;
};

// Sends a request for a keyframe upstream from a sink pad, such as a branch's fan-out pad.
void send_keyframe_request(GstPad* pad);

} // namespace rtc
