// When the next packet may go: a budget that fills with time and that packets take from, so that
// a large picture does not fill the queue at the bottleneck at once. Probes go at a rate of their
// own.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/probes.hpp"

namespace rtc {

class Pacer {
public:
    // factor: how much faster than the target packets go, to empty the queue soon. burst: what is
    // due within it goes at once, so that there are fewer occasions; probes go packet by packet.
    explicit Pacer(double factor = 1.5, GstClockTime burst = 0)
        : factor_(factor)
        , burst_(burst) {}

    void set_factor(double factor) { factor_ = factor; }
    void set_target(double bitrate) { target_ = bitrate; } // bit/s
    // More than this waits: it is sent faster, so as to be gone within `limit`.
    void set_queued(guint64 bytes, GstClockTime limit) {
        queued_ = bytes;
        limit_ = limit;
    }
    // The packets from now on are a probe.
    void begin_probe(const Probe& probe, GstClockTime now);
    bool probing() const { return probe_.bytes > 0; }
    // What of a probe is not sent yet, bytes.
    guint probe_rest() const { return probe_.bytes - MIN(probe_.bytes, sent_.bytes); }

    // When the next packet may go; now or earlier: at once.
    GstClockTime next(GstClockTime now) const;
    // A packet has gone. A probe that is complete with it.
    std::optional<SentProbe> sent(guint size, GstClockTime now);
    // Nothing more is there to send: a probe under way ends with what went.
    std::optional<SentProbe> end_probe();

    double bitrate() const; // what packets go at now, bit/s

private:
    double factor_;
    GstClockTime burst_;
    double target_ = 300'000;
    guint64 queued_ = 0;
    GstClockTime limit_ = 0;
    GstClockTime free_at_ = 0; // when the budget is even again
    Probe probe_;
    SentProbe sent_;
};

} // namespace rtc
