// Rate control for a peer that sends no transport-wide feedback (ffmpeg, some phones): from what
// its receiver reports say of loss and round-trip time (RFC 3550, section 6.4.1), and from REMB
// where it sends that (draft-alvestrand-rmcat-remb-03).
//
// Loss: draft-ietf-rmcat-gcc-02, section 6: under 2 % the rate grows, over 10 % it falls by half
// the share that was lost. Round-trip time: much above the least of the last half minute means
// that a queue stands; the rate falls as after an overuse. Growth is bounded by what was sent,
// or wanted.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/packetreport.hpp"

#include <deque>
#include <optional>

namespace rtc {

struct ReceiverReport {
    double loss = 0; // share lost since the last report, 0 to 1
    GstClockTime rtt = GST_CLOCK_TIME_NONE;
};

class ReportControl {
public:
    explicit ReportControl(double bitrate)
        : bitrate_(bitrate) {}

    // sent: what has been sent lately, bit/s.
    void on_report(const ReceiverReport& report, double sent, GstClockTime now);
    void set_limits(double minimum, double maximum);
    // Growth may go up to this though less is sent: there are no probes to show what would fit.
    void set_wanted(double bitrate) { wanted_ = bitrate; }
    void set_bitrate(double bitrate) { bitrate_ = bitrate; }
    double bitrate() const { return bitrate_; } // bit/s

private:
    bool queueing(GstClockTime rtt, GstClockTime now);

    struct RoundTrip {
        GstClockTime at;
        GstClockTime rtt;
    };
    double bitrate_;
    double minimum_ = 0;
    double maximum_ = 1e9;
    double wanted_ = 0;
    std::deque<RoundTrip> round_trips_;
    GstClockTime last_report_ = GST_CLOCK_TIME_NONE;
};

} // namespace rtc
