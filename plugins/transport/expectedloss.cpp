#include "plugins/transport/expectedloss.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

static constexpr double half_life = 10; // s
static constexpr double half_way = 100; // packets

double ExpectedLoss::at(GstClockTime now) const {
    auto seconds = double(now - MIN(now, reported_)) / GST_SECOND;
    return loss_ * std::exp2(-seconds / half_life);
}

void ExpectedLoss::report(double fraction, guint packets, GstClockTime now) {
    auto rise = 1 - std::exp2(-double(packets) / half_way);
    auto expected = at(now);
    loss_ = expected + std::max(std::clamp(fraction, 0.0, 1.0) - expected, 0.0) * rise;
    reported_ = now;
}

} // namespace rtc
