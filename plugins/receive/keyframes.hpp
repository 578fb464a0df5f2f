// When a received picture may pass, and when its sender is asked for a keyframe. Pure: times are
// milliseconds of any clock that only goes forward.
#pragma once

#include <glib.h>

namespace rtc {

// Lets nothing pass until a keyframe: at the start, after a loss, after nobody took the media.
class KeyframeGate {
public:
    // From now on only a keyframe passes. `patience`: how long to wait for it before it is asked
    // for, in ms. A gate that waits already keeps asking as before.
    void close(guint64 now, guint64 patience = 0);
    // As close(), but asks for nothing: there is nobody to see it.
    void park();
    bool parked() const { return state_ == State::parked; }
    // For each picture in turn: whether it passes.
    bool pass(bool keyframe);
    bool wants_keyframe(guint64 now) const { return state_ == State::closed && now >= ask_from_; }

private:
    enum class State { open, closed, parked } state_ = State::open;
    guint64 ask_from_ = 0;
};

// Coalesces everybody's requests for keyframes into few. One that comes too soon after the last
// is kept until it may be sent, or until a keyframe comes that answers it.
class KeyframeRequests {
public:
    // interval: the least time between two requests, in ms.
    explicit KeyframeRequests(guint64 interval)
        : interval_(interval) {}
    // Somebody wants a keyframe: whether to send the request now.
    bool request(guint64 now);
    // Whether to send a request that was kept.
    bool due(guint64 now) const { return kept_ && now >= next_; }
    // A keyframe came.
    void answered() { kept_ = false; }
    // Keeps what is requested before now + delay: a keyframe is likely on its way.
    void hold(guint64 now, guint64 delay);

private:
    guint64 interval_;
    guint64 next_ = 0; // from when on a request may be sent
    bool kept_ = false;
};

} // namespace rtc
