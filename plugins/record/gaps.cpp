#include "plugins/record/gaps.hpp"

#include <utility>

namespace rtc {

void Gaps::add(const Stamp& stamp, bool discont) {
    auto last = std::exchange(last_, stamp);
    if (!last || stamp.order() <= last->order())
        return;
    auto distance = stamp.order() - last->order();
    auto lasted = last->end() > last->pts ? last->end() - last->pts : usual_;
    auto hole = distance - lasted;
    if (hole >= silence || (discont && usual_ > 0 && hole > lasted / 2)) {
        count_++;
        missing_ += hole;
    } else {
        usual_ = distance;
    }
}

} // namespace rtc
