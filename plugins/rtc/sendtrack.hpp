// One track that a session sends: a subscription to a stream, and the transport from there to the
// peer.
//
//   stream ─▶ Subscription ─┬▶ DirectLink ─▶ the session's socket
//                           └▶ appsrc (bounded, drops rather than waits) ─▶ peer connection's pad
//
// The second way is for sessions without a DirectLink.
// Made once the session is open; the subscription, the shared end, comes last. Loop thread.
#pragma once

#include "plugins/publish/publisher.hpp"
#include "plugins/rtc/mediaplan.hpp"
#include "plugins/transport/directlink.hpp"

#include <memory>

namespace rtc {

// Whether lost packets are guarded against by repair packets, before they are lost.
enum class FecMode { off, automatic };

// What the sender wishes of the receiver.
struct SendSettings {
    int playout_delay_min = -1, playout_delay_max = -1; // ms; -1: it is not said
    FecMode fec = FecMode::off;
};

class SendTrack {
public:
    static Result<std::unique_ptr<SendTrack>> create(DirectLink& link, Stream& stream,
                                                     const TrackPlan& plan, const sdp::Ssrcs& ssrcs,
                                                     const SendSettings& settings);
    // bin: the session's pipeline; sink: the peer connection's pad.
    static Result<std::unique_ptr<SendTrack>> create(GstBin* bin, GstPad* sink, Stream& stream,
                                                     const TrackPlan& plan,
                                                     const sdp::Ssrcs& ssrcs);
    ~SendTrack();

    guint mline() const { return mline_; }
    guint rung() const;           // that it is sent from, 0 the best
    guint temporal_layer() const; // the highest that it gets, 0 the base
    void limit_rung(size_t rung); // the best that the peer wishes

    struct Shared; // with the streaming threads

private:
    explicit SendTrack(guint mline);
    Result<void> subscribe(Stream& stream, const TrackPlan& plan, const SendParameters& parameters,
                           std::shared_ptr<Transport> transport);

    const guint mline_;
    std::shared_ptr<Shared> shared_;
};

} // namespace rtc
