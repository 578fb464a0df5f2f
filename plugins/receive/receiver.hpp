// One received track: from webrtcbin's RTP pad to a pad of rtcsrc, in the form that downstream
// wants.
//
//   webrtcbin src pad ─▶ [depayload ─▶ parse ─▶ keyframe gate ─▶ [decode]] ─▶ bridge ─▶ rtcsrc pad
//
// The session's elements live in a pipeline of their own, so the last step is a bridge from one
// pipeline to another: it pushes straight into rtcsrc's pad on the track's streaming thread, and
// forwards queries and upstream events the other way. Both pipelines share clock and base time.
//
// Life: made when webrtcbin shows a pad. Drops packets until the media gate is open (the peer's
// certificate is verified) and the rtcsrc pad is linked; then builds the chain that the peer pad's
// caps ask for, on the streaming thread. The owner shuts the session's pipeline down first, then
// calls finish(), which pushes EOS.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rtc {

class Receiver {
public:
    struct Parameters {
        const Codec* codec = nullptr;
        std::string stream_id;             // for the stream-start event
        guint group_id = 0;                // one per session
        Ref<GstTagList> tags;              // pushed after the segment; names the peer
        std::function<bool()> gate;        // true once media may pass; any thread, cheap
        guint keyframe_interval_ms = 1000; // least time between keyframe requests
    };

    // bin: where the chain's elements go (the session's pipeline); rtp_pad: webrtcbin's source
    // pad; output: rtcsrc's source pad, made by make_output_pad().
    static std::shared_ptr<Receiver> create(GstBin* bin, GstPad* rtp_pad, GstPad* output,
                                            Parameters parameters);
    virtual ~Receiver() = default;

    // After the session's pipeline has stopped: pushes EOS on the output pad. May block for as
    // long as downstream does.
    virtual void finish() = 0;
};

// A source pad for rtcsrc whose caps query answers with everything that can be made of the codec
// (RTP, encoded, raw) until the form is chosen. Not yet active, not yet added.
Ref<GstPad> make_output_pad(GstPadTemplate* pad_template, const char* name, const Codec& codec);

} // namespace rtc
