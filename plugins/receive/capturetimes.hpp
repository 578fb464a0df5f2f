// Gives a track's packets the times of their capture (SenderClock), and tells now and then how the
// peer's clock goes. On the track's streaming thread.
#pragma once

#include "plugins/receive/senderclock.hpp"
#include "signaling/base/refs.hpp"

#include <memory>

namespace rtc {

class CaptureTimes {
public:
    // clock: of the session; without one times stay as they are.
    explicit CaptureTimes(std::shared_ptr<SenderClock> clock)
        : clock_(std::move(clock)) {}
    Ref<GstBuffer> set(Ref<GstBuffer> packet);
    Ref<GstBufferList> set(Ref<GstBufferList> packets);
    // What is known of the peer's clock (make_sender_clock() of calltags), once a second of media;
    // mostly nothing.
    Ref<GstEvent> news();

private:
    const std::shared_ptr<SenderClock> clock_;
    guint32 ssrc_ = 0;
    gint64 now_ = 0;  // time of the last packet
    gint64 told_ = 0; // when there were news
};

} // namespace rtc
