#include "plugins/receive/keyframes.hpp"

namespace rtc {

void KeyframeGate::close(guint64 now, guint64 patience) {
    if (state_ == State::closed)
        return;
    state_ = State::closed;
    ask_from_ = now + patience;
}

void KeyframeGate::park() {
    state_ = State::parked;
}

bool KeyframeGate::pass(bool keyframe) {
    if (keyframe)
        state_ = State::open;
    return state_ == State::open;
}

bool KeyframeRequests::request(guint64 now) {
    kept_ = now < next_;
    if (kept_)
        return false;
    next_ = now + interval_;
    return true;
}

void KeyframeRequests::hold(guint64 now, guint64 delay) {
    next_ = MAX(next_, now + delay);
}

} // namespace rtc
