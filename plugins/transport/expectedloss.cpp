#include "plugins/transport/expectedloss.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

static constexpr double half_life = 10; // s

double ExpectedLoss::at(GstClockTime now) const {
    auto seconds = double(now - MIN(now, reported_)) / GST_SECOND;
    return loss_ * std::exp2(-seconds / half_life);
}

void ExpectedLoss::report(double fraction, GstClockTime now) {
    loss_ = std::max(std::clamp(fraction, 0.0, 1.0), at(now));
    reported_ = now;
}

} // namespace rtc
