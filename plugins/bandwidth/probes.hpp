// Probes: now and then a few packets go out faster than the target, and the rate at which they
// arrive tells what the link would carry. Without them a rate that fell to a third would take a
// quarter of a minute to come back at 8 % a second. Not in draft-ietf-rmcat-gcc-02; after
// libwebrtc's ProbeController and ProbeBitrateEstimator
// (modules/congestion_controller/goog_cc), with media as what is sent where it suffices.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/packetreport.hpp"

#include <deque>
#include <optional>

namespace rtc {

// A probe to be sent: `bytes` at `bitrate`.
struct Probe {
    double bitrate = 0; // bit/s
    guint bytes = 0;
};

// A probe that was sent: all packets from the first to the last of these times.
struct SentProbe {
    GstClockTime first = 0;
    GstClockTime last = 0;
    guint bytes = 0;
    guint packets = 0;
};

// When to probe, and how high.
class ProbeController {
public:
    // The probe to send now; the longer, the more irregularly packets arrive (jitter, ms:
    // InterArrival). Another is not asked for until result() tells of it, or it is overdue.
    std::optional<Probe> wanted(double jitter, GstClockTime now);
    void set_target(double target, double maximum) {
        target_ = target;
        maximum_ = maximum;
    }
    // The link was at its limit.
    void overused(GstClockTime now) { last_overuse_ = now; }
    // What a probe has shown; nothing where it showed nothing.
    void result(std::optional<double> bitrate, GstClockTime now);

private:
    double target_ = 0;
    double maximum_ = 0;
    GstClockTime last_overuse_ = GST_CLOCK_TIME_NONE;
    GstClockTime last_probe_ = GST_CLOCK_TIME_NONE;
    GstClockTime next_ = 0;
};

// What a probe shows.
class ProbeEstimator {
public:
    void sent(const SentProbe& probe);
    // Whether a packet belongs to a probe.
    bool contains(GstClockTime sent) const;
    void add(const PacketReport& packet);
    struct Outcome {
        std::optional<double> bitrate; // bit/s; nothing where too little came of it
    };
    // The outcome of a probe whose packets have all been reported: the less, the more irregularly
    // packets arrive (ms).
    std::optional<Outcome> take(double jitter);

private:
    struct Cluster {
        SentProbe probe;
        GstClockTime first_sent = GST_CLOCK_TIME_NONE, last_sent = 0;
        GstClockTime first_received = GST_CLOCK_TIME_NONE, last_received = 0;
        guint first_size = 0, last_size = 0; // of the first received, of the last sent
        guint bytes = 0;
        guint packets = 0;
        bool complete = false;
    };
    static std::optional<double> estimate(const Cluster& cluster, double jitter);

    std::deque<Cluster> clusters_;
};

} // namespace rtc
