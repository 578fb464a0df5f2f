// What a stream takes, measured: lately, and at most. Pure; time is an argument. For one thread.
#pragma once

#include <gst/gst.h>

#include <deque>
#include <optional>

namespace rtc {

class RateMeter {
public:
    void add(size_t bytes, GstClockTime now);
    // Of the last two seconds, in bit/s.
    guint rate(GstClockTime now) const;
    // The most in any two seconds of the last ten: what a network has to carry of a picture that
    // moves now and then.
    guint peak(GstClockTime now) const;

private:
    struct Slot {
        guint64 number; // of the slot's length since 0
        guint64 bytes;
    };
    guint mean(guint64 first, guint64 end) const;

    std::deque<Slot> slots_; // without those in which nothing came
    std::optional<guint64> begun_;
};

} // namespace rtc
