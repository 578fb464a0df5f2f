// One track that a session sends: a subscription to a stream, and the way from there into the
// session's peer connection.
//
//   stream ─▶ Subscription ─▶ appsrc (bounded, drops rather than waits) ─▶ peer connection's pad
//
// Made once the session is open; the subscription, the shared end, comes last. Loop thread.
#pragma once

#include "plugins/publish/publisher.hpp"
#include "plugins/rtc/mediaplan.hpp"

#include <memory>

namespace rtc {

class SendTrack {
public:
    // bin: the session's pipeline; sink: the peer connection's pad.
    static Result<std::unique_ptr<SendTrack>> create(GstBin* bin, GstPad* sink, Stream& stream,
                                                     const TrackPlan& plan, guint32 ssrc);
    ~SendTrack();

    struct Shared; // with the streaming threads

private:
    SendTrack() = default;

    std::shared_ptr<Shared> shared_;
    Ref<GstElement> appsrc_;
};

} // namespace rtc
