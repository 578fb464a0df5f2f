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
// caps ask for, on the streaming thread, and builds another when the pad is linked anew to
// something that wants another form. The owner calls finish_soon() on every receiver of a session,
// stops the session's pipeline, and calls finish(). To destroy a receiver at any other time does
// no harm, but for the EOS that its pad is then not given.
#pragma once

#include "plugins/receive/senderclock.hpp"
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
        std::string stream_id;                     // for the stream-start event
        guint group_id = 0;                        // one per session
        guint tracks = 0;                          // that the session may bring
        Ref<GstTagList> tags;                      // pushed after the segment; names the peer
        std::function<bool()> gate;                // true once media may pass; any thread, cheap
        guint keyframe_interval_ms = 1000;         // least time between keyframe requests
        std::function<std::string()> end_reason;   // told before EOS; any thread; may be nothing
        std::shared_ptr<SenderClock> sender_clock; // of the session; may be nothing
    };

    // bin: where the chain's elements go (the session's pipeline); rtp_pad: webrtcbin's source
    // pad; output: rtcsrc's source pad, made by make_output_pad().
    static std::shared_ptr<Receiver> create(GstBin* bin, GstPad* rtp_pad, GstPad* output,
                                            Parameters parameters);
    virtual ~Receiver() = default;

    // Pushes EOS on the output pad, once, after which nothing comes. Whether the session's pipeline
    // has stopped by now does not matter. Blocks for as long as downstream does.
    virtual void finish() = 0;
    // finish() on a thread of its own. To be called on all receivers of a session before its
    // pipeline is stopped: a streaming thread may be held in a muxer that waits for another
    // track, and does not stop until that one has ended.
    virtual void finish_soon() = 0;
};

// A source pad for rtcsrc whose caps query answers with everything that can be made of the codec:
// encoded, RTP, raw where a decoder is installed. Not yet active, not yet added.
Ref<GstPad> make_output_pad(GstPadTemplate* pad_template, const char* name, const Codec& codec);

} // namespace rtc
