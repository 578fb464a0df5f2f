#include "plugins/bandwidth/ratemeter.hpp"

namespace rtc {
namespace {

constexpr GstClockTime length = 500 * GST_MSECOND; // of a slot
constexpr guint64 window = 4, memory = 20;         // slots

} // namespace

void RateMeter::add(size_t bytes, GstClockTime now) {
    auto number = now / length;
    if (!begun_)
        begun_ = number;
    if (slots_.empty() || slots_.back().number != number)
        slots_.push_back({number, 0});
    slots_.back().bytes += bytes;
    while (slots_.front().number + memory < number)
        slots_.pop_front();
}

// Over whole slots, of those in which there was a stream.
guint RateMeter::mean(guint64 first, guint64 end) const {
    first = MAX(first, *begun_);
    guint64 bytes = 0;
    for (const auto& slot : slots_)
        if (slot.number >= first && slot.number < end)
            bytes += slot.bytes;
    return end > first ? guint(gst_util_uint64_scale(bytes * 8, GST_SECOND, (end - first) * length))
                       : 0;
}

guint RateMeter::rate(GstClockTime now) const {
    auto end = now / length;
    return begun_ ? mean(end > window ? end - window : 0, end) : 0;
}

guint RateMeter::peak(GstClockTime now) const {
    auto end = now / length;
    guint most = 0;
    for (guint64 back = 0; begun_ && back + window <= memory && end > *begun_ + back; back++) {
        auto until = end - back;
        bool whole = until >= *begun_ + window;
        if (whole || back == 0)
            most = MAX(most, mean(until > window ? until - window : 0, until));
    }
    return most;
}

} // namespace rtc
