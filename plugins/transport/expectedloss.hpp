// How much of what is sent a peer is expected to lose, from what its reports say it lost. Pure;
// time is an argument.
//
// Losses come in bursts, and what protects against them must be there before the next one. So the
// expectation rises to a report that is worse, by half of the way for each hundred packets that it
// is of, and fades by half every ten seconds.
#pragma once

#include <glib.h>
#include <gst/gst.h>

namespace rtc {

class ExpectedLoss {
public:
    // fraction: lost of the packets since the report before, 0 to 1 (RFC 3550 section 6.4.1).
    void report(double fraction, guint packets, GstClockTime now);
    double at(GstClockTime now) const; // 0 to 1

private:
    double loss_ = 0;
    GstClockTime reported_ = 0;
};

} // namespace rtc
