#include "plugins/publish/keyframes.hpp"

namespace rtc {

bool Keyframes::request(GstClockTime now) {
    if (!wanted_)
        wanted_ = now;
    return poll(now);
}

bool Keyframes::poll(GstClockTime now) {
    if (!wanted_)
        return false;
    auto distance = first_sent_ ? MAX(settings_.retry, settings_.interval) : settings_.interval;
    if (last_sent_ && now < *last_sent_ + distance)
        return false;
    if (!first_sent_)
        first_sent_ = now;
    last_sent_ = now;
    return true;
}

void Keyframes::keyframe() {
    wanted_.reset();
    first_sent_.reset();
}

bool Keyframes::unanswered(GstClockTime now) {
    if (told_ || !first_sent_ || now < *first_sent_ + settings_.unanswered)
        return false;
    told_ = true;
    return true;
}

} // namespace rtc
