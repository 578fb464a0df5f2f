// What a session sees of the things being published: streams, and subscriptions to them.
//
// The media side (rtcsink's pads, encoders, payloaders, fan-out) implements these; the session
// engine uses them. Each stream is encoded once per codec and payloaded once, however many
// sessions subscribe.
#pragma once

#include "plugins/publish/ladder.hpp"
#include "plugins/publish/transport.hpp"
#include "plugins/rtc/codec.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rtc {

// One session's share of one stream. Destroying it ends it: afterwards no call is under way.
class Subscription {
public:
    virtual ~Subscription() = default;
    // The peer lost the picture. Requests of all subscribers are coalesced and rate-limited.
    virtual void request_keyframe() = 0;
    // What the peer's network carries of this stream, in bit/s. One that is not heard of any more
    // moves no encoder that others watch, too. Any thread; does not wait.
    virtual void set_bandwidth(guint bitrate, bool heard) = 0;
    // What the peer is expected to lose of it, 0 to 1. Any thread; does not wait.
    virtual void set_loss(double) {}
    // The rung that it is sent from, 0 the best.
    virtual guint rung() const { return 0; }
    // The highest temporal layer that it gets, 0 the base.
    virtual guint temporal_layer() const { return 0; }
    // The best rung that the peer wishes; 0 where it leaves that to its network. Any thread.
    virtual void limit_rung(size_t rung) {}
    // What the network would have to carry for more layers or the next better rung, in bit/s; 0 on
    // the best.
    virtual guint wanted() const { return 0; }
};

// One of the things being published: an input pad of rtcsink.
class Stream {
public:
    struct Offer {
        const Codec* codec;
        std::string
            fmtp; // parameters that the packets will have ("profile-level-id=42c01f;…"), or ""
    };
    virtual ~Stream() = default;
    virtual Kind kind() const = 0;
    virtual const std::string& id() const = 0; // "video_0": the pad's name
    virtual bool live() const = 0;             // data flows or can be asked for; false after EOS
    // The codecs that it can give, best first: one for encoded input, several for raw input.
    virtual std::vector<Offer> offers() const = 0;
    // The encodings that a subscription has to choose from; of encoded input there is one.
    virtual Ladder ladder() const { return {{}}; }
    // Starts with a keyframe: from the history where it is young enough, else by a request.
    // Starts the encoder where none runs yet for this codec. nullptr where it can't be had.
    virtual std::unique_ptr<Subscription> subscribe(const Codec& codec,
                                                    const SendParameters& parameters,
                                                    std::shared_ptr<Transport> transport) = 0;
};

} // namespace rtc
