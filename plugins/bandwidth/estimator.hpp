// What one peer's network carries: the facade of this folder. One for each session (one transport:
// all its tracks together).
//
// How to use it, with the time of any monotonic clock as `now`, always the same one:
//
//   BandwidthEstimator estimator({.start = 1'000'000});
//   estimator.on_packet_sent(size, now);        // each packet as it goes out, retransmissions too
//   estimator.on_feedback(packet_reports, now); // each transport-wide feedback message, in order
//   estimator.on_receiver_report(report, now);  // RTCP RR, of any track
//   estimator.on_remb(bitrate, now);
//   estimator.tick(now);                        // some ten times a second
//   guint bitrate = estimator.target();         // bit/s, of everything that is sent
//
// target() is what may be sent in all: media, sound, retransmissions and repair together.
//
// Probing: where probe(now) gives a Probe, send so many bytes at that rate (Pacer does it) and tell
// on_probe_sent(); media that is waiting anyway will do, else padding. A session that sends less
// than target() for long (a rung of a ladder) learns what else would fit only by probes.
//
// Transport-wide feedback rules where it comes; without it receiver reports do, and REMB bounds
// either. Sequence numbers of reports are unwrapped (SequenceUnwrapper); one packet may be reported
// missing and arrive later, and may be reported twice.
//
// Pure: no I/O, clock or thread. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/losscontrol.hpp"
#include "plugins/bandwidth/probes.hpp"
#include "plugins/bandwidth/ratecontrol.hpp"
#include "plugins/bandwidth/reportcontrol.hpp"
#include "plugins/bandwidth/throughput.hpp"

#include <span>

namespace rtc {

// 16-bit transport-wide sequence numbers to ones that only grow.
class SequenceUnwrapper {
public:
    gint64 unwrap(guint16 sequence) {
        if (!last_)
            last_ = sequence;
        last_ = *last_ + gint16(guint16(sequence - guint16(*last_)));
        return *last_;
    }

private:
    std::optional<gint64> last_;
};

class BandwidthEstimator {
public:
    struct Settings {
        guint start = 1'000'000;     // bit/s, before anything is known
        guint minimum = 30'000;      // bit/s, never less
        guint maximum = 100'000'000; // bit/s, never more
    };
    explicit BandwidthEstimator(const Settings& settings);

    void on_packet_sent(guint size, GstClockTime now);
    void on_feedback(std::span<const PacketReport> reports, GstClockTime now);
    void on_receiver_report(const ReceiverReport& report, GstClockTime now);
    void on_remb(double bitrate, GstClockTime now);
    // Notices that feedback stays away.
    void tick(GstClockTime now);

    // minimum and maximum may change at any time.
    void set_limits(guint minimum, guint maximum);
    // Never probe above this; what a larger rung needs. 0: up to the maximum.
    void set_wanted(guint bitrate) {
        wanted_ = bitrate;
        reports_.set_wanted(bitrate);
    }

    guint target() const { return guint(target_); } // bit/s

    // A probe to send now.
    std::optional<Probe> probe(GstClockTime now) {
        return seen_feedback() ? probes_.wanted(inter_arrival_.jitter(), now) : std::nullopt;
    }
    void on_probe_sent(const SentProbe& probe) { probe_estimator_.sent(probe); }

    // For statistics.
    double loss() const;                                     // share lost lately, 0 to 1
    std::optional<GstClockTime> rtt() const { return rtt_; } // smoothed
    std::optional<double> throughput() const { return throughput_.bitrate(); } // bit/s arriving
    double sent() const;                                                       // bit/s sent
    bool seen_feedback() const { return GST_CLOCK_TIME_IS_VALID(last_feedback_); }
    // False while the target falls for no other reason than that feedback stays away.
    bool hears() const { return !seen_feedback() || last_backoff_ < last_feedback_; }

private:
    void take_report(const PacketReport& report);
    void update_rtt(std::span<const PacketReport> reports, GstClockTime now);
    void update_delay(GstClockTime now);
    std::optional<double> carried() const;
    void apply(GstClockTime now);

    Settings settings_;
    double target_;
    guint wanted_ = 0;

    InterArrival inter_arrival_;
    Trendline trendline_;
    Throughput throughput_;
    RateControl delay_;
    LossControl loss_;
    ProbeController probes_;
    ProbeEstimator probe_estimator_;
    ReportControl reports_;
    ReceiverReport last_report_;

    gint64 highest_ = -1; // reported sequence number
    std::optional<GstClockTime> rtt_;
    GstClockTime last_feedback_ = GST_CLOCK_TIME_NONE;
    GstClockTime last_remb_ = GST_CLOCK_TIME_NONE;
    GstClockTime last_backoff_ = 0; // for lack of feedback
    double remb_ = 0;

    struct Sent {
        GstClockTime at;
        guint size;
    };
    std::deque<Sent> sent_; // of the last second
    guint64 sent_bytes_ = 0;
};

} // namespace rtc
