#include "plugins/publish/bitratepolicy.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr double least_change = 0.03;
constexpr GstClockTime raise_interval = 500 * GST_MSECOND;
constexpr double large_change = 0.25;
// Encoders keep to their rate on average only, and lost packets go again.
constexpr double usable = 0.95;
// With `most`: one viewer of so many may have less than the encoder is set to, and so little of
// what a viewer in the middle has is left to nobody's doing.
constexpr size_t viewers_a_left_out_one = 4;
constexpr guint least_share = 4;

// What three quarters of the viewers carry, and in any case a quarter of what the one in the middle
// does: of few viewers, one alone would else decide for all.
guint carried_by_most(const std::vector<guint>& sorted) {
    auto carried = sorted[(sorted.size() - 1) / viewers_a_left_out_one];
    return std::max(carried, sorted[sorted.size() / 2] / least_share);
}

} // namespace

guint SharedBitrate::choose(std::vector<guint>& estimates) const {
    if (estimates.empty())
        return settings_.maximum;
    std::ranges::sort(estimates);
    switch (settings_.policy) {
    case BitratePolicy::lowest:
        return guint(estimates.front() * usable);
    case BitratePolicy::most:
        return guint(carried_by_most(estimates) * usable);
    case BitratePolicy::median:
        return guint(estimates[(estimates.size() - 1) / 2] * usable);
    case BitratePolicy::best:
        break;
    }
    return guint(estimates.back() * usable);
}

std::optional<guint> SharedBitrate::update(std::vector<guint> estimates, GstClockTime now) {
    auto wanted =
        std::clamp(choose(estimates), MIN(settings_.minimum, settings_.maximum), settings_.maximum);
    if (wanted == bitrate_)
        return {};
    bool more = wanted > bitrate_;
    double change = double(MAX(wanted, bitrate_) - MIN(wanted, bitrate_)) / bitrate_;
    bool limit = wanted == settings_.maximum || wanted == settings_.minimum;
    if (change < least_change && !limit)
        return {};
    bool large = change > large_change;
    if (more && !large && raised_ && now < *raised_ + raise_interval)
        return {};
    if (more)
        raised_ = now;
    return bitrate_ = wanted;
}

} // namespace rtc
