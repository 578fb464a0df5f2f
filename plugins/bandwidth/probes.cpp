#include "plugins/bandwidth/probes.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr double factor = 2;            // a probe is so much faster than the target
constexpr double probe_seconds = 0.015; // it lasts,
constexpr double long_jitters = 4;      // or so many times the jitter,
constexpr double longest_probe = 0.06;  // up to this,
constexpr guint least_bytes = 5 * 1000; // or so many bytes
constexpr guint least_packets = 5;
constexpr GstClockTime overdue = 2 * GST_SECOND;      // a probe that nothing is heard of
constexpr GstClockTime interval = 5 * GST_SECOND;     // between probes that show nothing new
constexpr GstClockTime next_step = 100 * GST_MSECOND; // from one that did to the next
constexpr GstClockTime settled = 4 * GST_SECOND;      // after an overuse
constexpr double worthwhile = 1.1;                    // a result so much above the target
constexpr double least_received = 0.8;                // of bytes and of packets
// Either end of it may have come so many jitters apart from where it would have; it shows what the
// link carries at least.
constexpr double uncertainty = 2;
constexpr double most_compressed = 2; // it can't arrive so much faster than it was sent
constexpr double saturated = 0.9;     // it arrives slower: the link is full,
constexpr double utilisation = 0.95;  // and so much of it may be used

} // namespace

std::optional<Probe> ProbeController::wanted(double jitter, GstClockTime now) {
    if (target_ <= 0 || target_ * worthwhile > maximum_ || now < next_)
        return {};
    if (GST_CLOCK_TIME_IS_VALID(last_overuse_) && now < last_overuse_ + settled)
        return {};
    if (GST_CLOCK_TIME_IS_VALID(last_probe_) && now < last_probe_ + overdue)
        return {};
    last_probe_ = now;
    double bitrate = std::min(target_ * factor, maximum_ * worthwhile);
    double seconds = std::clamp(long_jitters * jitter / 1000, probe_seconds, longest_probe);
    return Probe{bitrate, std::max(guint(bitrate / 8 * seconds), least_bytes)};
}

void ProbeController::result(std::optional<double> bitrate, GstClockTime now) {
    last_probe_ = GST_CLOCK_TIME_NONE;
    bool more = bitrate && *bitrate > target_ * worthwhile;
    next_ = now + (more ? next_step : interval);
}

void ProbeEstimator::sent(const SentProbe& probe) {
    clusters_.push_back({probe});
    if (clusters_.size() > 4)
        clusters_.pop_front();
}

bool ProbeEstimator::contains(GstClockTime sent) const {
    return std::ranges::any_of(clusters_, [&](const auto& cluster) {
        return sent >= cluster.probe.first && sent <= cluster.probe.last;
    });
}

void ProbeEstimator::add(const PacketReport& packet) {
    for (auto& cluster : clusters_) {
        // Its last packet has been heard of, or a later one.
        cluster.complete |= packet.sent >= cluster.probe.last;
        if (packet.sent < cluster.probe.first || packet.sent > cluster.probe.last ||
            !packet.arrived())
            continue;
        if (!GST_CLOCK_TIME_IS_VALID(cluster.first_sent) || packet.sent < cluster.first_sent)
            cluster.first_sent = packet.sent;
        if (!GST_CLOCK_TIME_IS_VALID(cluster.first_received) ||
            packet.received < cluster.first_received) {
            cluster.first_received = packet.received;
            cluster.first_size = packet.size;
        }
        if (packet.sent >= cluster.last_sent) {
            cluster.last_sent = packet.sent;
            cluster.last_size = packet.size;
        }
        cluster.last_received = std::max(cluster.last_received, packet.received);
        cluster.bytes += packet.size;
        cluster.packets++;
    }
}

std::optional<ProbeEstimator::Outcome> ProbeEstimator::take(double jitter) {
    if (clusters_.empty() || !clusters_.front().complete)
        return {};
    auto cluster = clusters_.front();
    clusters_.pop_front();
    return Outcome{estimate(cluster, jitter)};
}

std::optional<double> ProbeEstimator::estimate(const Cluster& cluster, double jitter) {
    if (cluster.packets < least_received * std::max(least_packets, cluster.probe.packets) ||
        cluster.bytes < least_received * cluster.probe.bytes)
        return {};
    double sending = elapsed_s(cluster.first_sent, cluster.last_sent);
    double receiving =
        elapsed_s(cluster.first_received, cluster.last_received) + uncertainty * jitter / 1000;
    if (sending <= 0 || receiving <= 0)
        return {};
    // The last packet sent ends the interval, the first received begins it.
    double sent = double(cluster.bytes - cluster.last_size) * 8 / sending;
    double received = double(cluster.bytes - cluster.first_size) * 8 / receiving;
    if (received > most_compressed * sent)
        return {};
    if (received < saturated * sent)
        return utilisation * received;
    return std::min(sent, received);
}

} // namespace rtc
