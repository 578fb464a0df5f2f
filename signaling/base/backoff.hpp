// How long to wait before another try: longer each time, up to a bound, and never quite the same
// for two who failed at once. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace rtc {

class Backoff {
public:
    using Duration = std::chrono::milliseconds;

    // first: the wait after the first failure; most: the longest there is.
    Backoff(Duration first, Duration most)
        : first_(std::min(first, most))
        , most_(most)
        , step_(first_) {}

    // The next wait: between half of this step and all of it, as `random` (0 to 1) says. The step
    // doubles each time.
    Duration next(double random) {
        auto step = step_;
        step_ = std::min(step_ * 2, most_);
        return step / 2 + Duration(Duration::rep(double((step - step / 2).count()) * random));
    }
    void reset() { step_ = first_; }
    // From now on the longest wait.
    void relax() { step_ = most_; }

private:
    Duration first_, most_, step_;
};

} // namespace rtc
