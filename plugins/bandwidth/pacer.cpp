#include "plugins/bandwidth/pacer.hpp"

#include <algorithm>

namespace rtc {
namespace {

// A timer may be late: time that was not used is kept for so long.
constexpr GstClockTime unused = 5 * GST_MSECOND;
constexpr guint probe_packets = 5;

} // namespace

double Pacer::bitrate() const {
    if (probing())
        return probe_.bitrate;
    double draining = limit_ ? double(queued_) * 8 * double(GST_SECOND) / double(limit_) : 0;
    return std::max(target_ * factor_, draining);
}

void Pacer::begin_probe(const Probe& probe, GstClockTime now) {
    probe_ = probe;
    sent_ = {};
    free_at_ = std::max(free_at_, now);
}

GstClockTime Pacer::next(GstClockTime) const {
    return probing() ? free_at_ : free_at_ - std::min(free_at_, burst_);
}

std::optional<SentProbe> Pacer::sent(guint size, GstClockTime now) {
    auto start = std::max(free_at_, now - std::min(now, unused));
    free_at_ = start + GstClockTime(double(size) * 8 / bitrate() * double(GST_SECOND));
    if (!probing())
        return {};
    if (sent_.packets == 0)
        sent_.first = now;
    sent_.last = now;
    sent_.bytes += size;
    sent_.packets++;
    if (sent_.bytes < probe_.bytes || sent_.packets < probe_packets)
        return {};
    return end_probe();
}

std::optional<SentProbe> Pacer::end_probe() {
    if (!probing())
        return {};
    probe_ = {};
    if (sent_.packets == 0)
        return {};
    return sent_;
}

} // namespace rtc
