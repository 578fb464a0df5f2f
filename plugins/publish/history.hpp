// The packets since the last keyframe: what a joiner starts with. Pure, but for the buffers that it
// refers to.
//
// Bounded in time, packets and bytes: a keyframe that is older than that is no start any more, and
// only the picture that is arriving is kept, so that its first packets are there when a later one
// turns out to begin a keyframe.
#pragma once

#include "plugins/publish/packet.hpp"

#include <vector>

namespace rtc {

class History {
public:
    struct Limits {
        GstClockTime time = 1 * GST_SECOND;
        size_t packets = 1024;
        size_t bytes = 256 * 1024;
    };

    explicit History(guint clock_rate = 90'000)
        : clock_rate_(clock_rate) {}
    History(guint clock_rate, const Limits& limits)
        : clock_rate_(clock_rate)
        , limits_(limits) {}

    // True for the first packet that shows that its picture is a keyframe.
    bool add(PacketRef packet);
    // Whether packets() begins with a keyframe.
    bool joinable() const { return joinable_; }
    const std::vector<PacketRef>& packets() const { return packets_; }
    void clear();

private:
    bool too_old() const;
    void forget_before_picture();

    guint clock_rate_; // Hz
    Limits limits_;
    std::vector<PacketRef> packets_;
    size_t picture_ = 0; // where the newest picture begins
    size_t bytes_ = 0;   // of payload
    bool joinable_ = false;
};

} // namespace rtc
