// What a compound RTCP packet says of our sending: reception reports and REMB.
#pragma once

#include "plugins/bandwidth/reportcontrol.hpp"

namespace rtc {

struct ReceiverFeedback {
    std::optional<ReceiverReport> report; // the worst of all tracks
    std::optional<double> remb;           // bit/s
};

// ntp: our time now, 32.32 fixed point since 1900, as our sender reports count it; from it and the
// times of the report comes the round trip (RFC 3550, section 6.4.1).
ReceiverFeedback read_receiver_feedback(GstBuffer* rtcp, guint64 ntp);

// The NTP time of a moment in µs since 1970 (g_get_real_time).
guint64 ntp_time(gint64 real_time);

} // namespace rtc
