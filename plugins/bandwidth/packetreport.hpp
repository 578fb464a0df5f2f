// What transport-wide feedback says of one packet
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
#pragma once

#include <gst/gst.h>

namespace rtc {

struct PacketReport {
    gint64 sequence = 0;   // transport-wide sequence number, unwrapped: it only grows
    GstClockTime sent = 0; // by our clock
    GstClockTime received = GST_CLOCK_TIME_NONE; // by the peer's clock; none: not received
    guint size = 0;                              // bytes

    bool arrived() const { return GST_CLOCK_TIME_IS_VALID(received); }
};

// Differences of clock times in milliseconds, the unit of the filters.
inline double elapsed_ms(GstClockTime from, GstClockTime to) {
    return double(GstClockTimeDiff(to - from)) / double(GST_MSECOND);
}
inline double elapsed_s(GstClockTime from, GstClockTime to) {
    return double(GstClockTimeDiff(to - from)) / double(GST_SECOND);
}

} // namespace rtc
