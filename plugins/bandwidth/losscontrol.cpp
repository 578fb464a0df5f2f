#include "plugins/bandwidth/losscontrol.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace rtc {
namespace {

constexpr GstClockTime observation_time = 250 * GST_MSECOND;
constexpr double observation_packets = 10; // fewer say too little
constexpr size_t window = 20;              // observations
constexpr double ageing = 0.9;             // weight of an observation against the next
constexpr double least_inherent = 0.001;
constexpr double most_inherent = 0.15; // more than this is congestion, whatever it looks like
constexpr double bias = 0.02;          // likelihood a packet for e times the capacity
constexpr int search_steps = 16;
constexpr double golden = 0.618;

} // namespace

void LossControl::add(const PacketReport& packet) {
    if (!GST_CLOCK_TIME_IS_VALID(open_since_))
        open_since_ = packet.sent;
    if (close_observation(packet.sent))
        open_since_ = packet.sent;
    open_.packets++;
    open_bytes_ += packet.size;
    if (!packet.arrived())
        open_.lost++;
}

bool LossControl::close_observation(GstClockTime sent) {
    if (sent < open_since_ + observation_time || open_.packets < observation_packets)
        return false;
    open_.rate = open_bytes_ * 8 / elapsed_s(open_since_, sent);
    observations_.push_back(open_);
    if (observations_.size() > window)
        observations_.pop_front();
    open_ = {};
    open_bytes_ = 0;
    fresh_ = true;
    return true;
}

double LossControl::loss() const {
    double packets = open_.packets, lost = open_.lost;
    for (const auto& observation : observations_) {
        packets += observation.packets;
        lost += observation.lost;
    }
    return packets > 0 ? lost / packets : 0;
}

double LossControl::inherent() const {
    if (observations_.empty())
        return 0;
    std::vector<double> shares;
    for (const auto& observation : observations_)
        shares.push_back(observation.lost / observation.packets);
    auto middle = shares.begin() + ptrdiff_t(shares.size() / 2);
    std::ranges::nth_element(shares, middle);
    return *middle <= most_inherent ? *middle : 0; // more is no radio link's
}

double LossControl::likelihood(double capacity, double inherent) const {
    double sum = 0, packets = 0, weight = 1;
    for (auto it = observations_.rbegin(); it != observations_.rend(); ++it, weight *= ageing) {
        double excess = it->rate > capacity ? (it->rate - capacity) / it->rate : 0;
        double loss = std::clamp(inherent + (1 - inherent) * excess, 1e-6, 1 - 1e-6);
        sum += weight * (it->lost * std::log(loss) + (it->packets - it->lost) * std::log(1 - loss));
        packets += weight * it->packets;
    }
    return packets > 0 ? sum / packets : 0;
}

// The likelihood has one maximum over the inherent loss: golden-section search.
LossControl::Fit LossControl::fit(double capacity) const {
    double low = least_inherent, high = most_inherent;
    for (int i = 0; i < search_steps; i++) {
        double left = high - golden * (high - low);
        double right = low + golden * (high - low);
        if (likelihood(capacity, left) > likelihood(capacity, right))
            high = right;
        else
            low = left;
    }
    double inherent = (low + high) / 2;
    return {inherent, likelihood(capacity, inherent)};
}

void LossControl::update(double ceiling, std::optional<double> throughput) {
    if (!std::exchange(fresh_, false))
        return;
    if (loss() == 0) {
        bitrate_.reset();
        return;
    }
    double current = std::min(bitrate_.value_or(ceiling), ceiling);
    std::optional<double> candidates[] = {ceiling, current * 1.02, current, current * 0.95,
                                          throughput};
    double best = -HUGE_VAL;
    for (const auto& candidate : candidates) {
        if (!candidate || *candidate <= 0 || *candidate > ceiling)
            continue;
        double value = fit(*candidate).likelihood + bias * std::log(*candidate);
        if (value <= best)
            continue;
        best = value;
        bitrate_ = candidate;
    }
}

} // namespace rtc
