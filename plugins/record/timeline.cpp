#include "plugins/record/timeline.hpp"

#include <algorithm>

namespace rtc {
namespace {

std::optional<gint64> running_time(const GstSegment& segment, GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return std::nullopt;
    guint64 magnitude = 0;
    switch (gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, time, &magnitude)) {
    case 1:
        return gint64(magnitude);
    case -1:
        return -gint64(magnitude);
    default:
        return std::nullopt;
    }
}

} // namespace

std::optional<Stamp> Timeline::place(const GstSegment& segment, const GstBuffer* buffer,
                                     gint64 shift) {
    auto pts = running_time(segment, GST_BUFFER_PTS(buffer));
    auto dts = running_time(segment, GST_BUFFER_DTS(buffer));
    if (!pts && !dts && !last_)
        return std::nullopt;
    for (auto* time : {&pts, &dts})
        if (*time)
            **time -= shift;
    Stamp stamp;
    stamp.duration = GST_BUFFER_DURATION(buffer);
    stamp.pts = pts ? *pts : dts ? *dts : last_->end();
    // A DTS that says the same as the PTS says nothing.
    if (dts && *dts < stamp.pts)
        stamp.dts = dts;
    // Once a track has a DTS of its own, all are ordered by it.
    if (last_ && last_->dts && !stamp.dts)
        stamp.dts = stamp.pts;
    if (last_ && stamp.order() < last_->order() + step) {
        bool back = stamp.order() <= last_->order();
        auto forward = last_->order() + step;
        if (back)
            moved_++;
        if (stamp.dts)
            stamp.dts = forward;
        stamp.pts = stamp.dts ? std::max(stamp.pts, forward) : forward;
    }
    last_ = stamp;
    return stamp;
}

void Timeline::advance(gint64 time) {
    if (!last_ || time <= last_->order())
        return;
    bool has_dts = last_->dts.has_value();
    last_ = Stamp{time, has_dts ? std::optional(time) : std::nullopt, 0};
}

void apply_stamp(GstBuffer* buffer, const Stamp& stamp, gint64 base) {
    auto from_base = [&](gint64 time) { return GstClockTime(std::max(time - base, gint64(0))); };
    GST_BUFFER_PTS(buffer) = from_base(stamp.pts);
    GST_BUFFER_DTS(buffer) = stamp.dts ? from_base(*stamp.dts) : GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(buffer) = stamp.duration;
}

} // namespace rtc
