// One input pad of rtcsink: raw or encoded media, published to any number of sessions.
//
//   pad ─▶ tee ─┬▶ pacer: a sink without use, that holds media that is not live to the clock
//               ├▶ encoded: [parser] ─▶ payloader ─▶ fan-out
//               └▶ raw, one branch a codec that somebody asked for:
//                  queue ─▶ convert ─▶ encoder ─▶ [parser] ─▶ payloader ─▶ fan-out
//
// Life: rtcsink makes a pad with make_input_pad(), a stream on it with create(), then adds and
// activates the pad. The first caps decide between raw and encoded. A raw input starts an encoder
// at the first subscription for its codec and stops it once nobody has used it for a while. EOS
// makes the stream not live; a new stream-start revives it. close() takes it out of the bin.
//
// Threads: everything may be called from any thread. Listener functions are called on streaming
// threads, on the thread that subscribes, or on a helper thread; one at a time, and never during or
// after close(). So they must not wait for a lock that is held around close().
#pragma once

#include "plugins/publish/bitratepolicy.hpp"
#include "plugins/publish/encoders.hpp"
#include "plugins/publish/ladder.hpp"
#include "plugins/publish/publisher.hpp"

#include <functional>
#include <span>

namespace rtc {

// One encoding of a stream, for statistics.
struct Encoding {
    std::string stream;
    const Codec* codec = nullptr;
    guint rung = 0;       // of the ladder, 0 the best
    std::string encoder;  // factory; "" where none runs, or it came encoded
    bool running = false; // packets are made
    guint width = 0, height = 0;
    guint target = 0; // bit/s that the encoder is told; 0: nobody can tell it
    guint rate = 0;   // bit/s that its packets took lately
    guint viewers = 0;
    guint64 keyframes = 0;
};

class InputStream : public Stream {
public:
    struct Settings {
        // Codecs for raw input in order of preference; empty: every codec of the table that has an
        // encoder and a payloader. Rows of the other kind are passed over.
        std::vector<const Codec*> codecs;
        guint video_bitrate = 2'500'000; // bit/s, per encoder
        guint audio_bitrate = 64'000;    // bit/s, per encoder; PCMU and PCMA have their own
        bool audio_fec = true;           // sound is encoded against losses, where there are some
        bool audio_dtx = false;          // peers that ask for it get nothing while it is silent
        Ladder ladder;                   // of raw video; empty: one rung at video_bitrate
        guint temporal_layers = 1;       // of raw video, where the encoder can make them
        bool automatic_ladder = false;   // one from the picture's size, up to video_bitrate
        // How a video encoder follows its viewers' networks, between these, where it is the only
        // one.
        BitratePolicy bitrate_policy = BitratePolicy::most;
        guint video_bitrate_min = 50'000;         // bit/s
        guint keyframe_interval_ms = 10'000;      // longest time between keyframes of our encoders
        guint keyframe_request_interval_ms = 500; // least time between two keyframe requests
        guint unanswered_request_ms = 5'000;      // then warn that requests bring no keyframe
        guint idle_encoder_ms = 10'000;           // an encoder without subscribers runs on for this
        guint history_ms = 1'000;                 // a joiner starts from a keyframe as old as this
        std::span<const Encoder> encoders = rtc::encoders();
    };

    // What the stream tells its owner.
    struct Listener {
        // live() or offers() is not what it was.
        std::function<void()> changed = [] {};
        // It goes on, but somebody should know; for an element warning.
        std::function<void(const std::string&)> warning = [](const std::string&) {};
        // It can't go on with this input; for an element error.
        std::function<void(const std::string&)> error = [](const std::string&) {};
        // What the viewers' networks carry of video, after the policy, in bit/s. Our encoder of
        // that codec has it already; encoded input is told upstream, by an event rtc-bitrate.
        std::function<void(const Codec&, guint)> bitrate = [](const Codec&, guint) {};
    };

    // bin: rtcsink; pad: made by make_input_pad(). The stream's elements go into a bin inside bin,
    // named like the pad. The pad's functions hold the stream weakly.
    static std::shared_ptr<InputStream> create(GstBin* bin, GstPad* pad, Kind kind,
                                               Settings settings, Listener listener);

    // Ends the supply of all subscriptions, removes the elements and silences the listener.
    // Deactivate the pad before. Not from a streaming thread of the stream. A stream that is
    // dropped without it is taken apart later, on a helper thread.
    virtual void close() = 0;

    // Those that somebody has asked for since it began, best first.
    virtual std::vector<Encoding> encodings() const = 0;
    // What it takes as this codec, its best rung, in bit/s (0: not known yet), and what of it its
    // temporal layers. Of encoded media it is the most in two seconds of the last ten.
    virtual Rung rung(const Codec& codec) const = 0;
};

// A sink pad for rtcsink: a ghost pad without target, not yet active, not yet added. It answers
// caps queries with what a stream of this kind can take.
Ref<GstPad> make_input_pad(GstPadTemplate* pad_template, const char* name);

// What an input pad of this kind takes: raw media in system memory, and each codec of the table
// that has a payloader. For the pad template, too.
Ref<GstCaps> input_caps(Kind kind);

// The caps of a subscriber's packets, complete for webrtcbin: payload type, clock rate, encoding
// name and fmtp fields; nothing of the shared payloader (ssrc, offsets) is in them.
Ref<GstCaps> rtp_caps(const Codec& codec, const SendParameters& parameters,
                      const std::string& fmtp);

} // namespace rtc
