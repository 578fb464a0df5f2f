#include "plugins/record/decodetimes.hpp"

#include <algorithm>

namespace rtc {

size_t DecodeTimes::depth_of(std::span<const gint64> shown) {
    size_t depth = 0;
    for (size_t i = 0; i < shown.size(); i++) {
        auto later = std::count_if(shown.begin(), shown.begin() + ptrdiff_t(i),
                                   [&](gint64 time) { return time > shown[i]; });
        depth = std::max(depth, size_t(later));
    }
    return depth;
}

gint64 DecodeTimes::next(gint64 shown) {
    waiting_.push(shown);
    auto time = last_ + step;
    if (waiting_.size() > depth_) {
        time = std::max(time, waiting_.top());
        waiting_.pop();
    }
    return last_ = time;
}

} // namespace rtc
