#include "plugins/receive/runningtime.hpp"

namespace rtc {

void RunningTime::set_segment(const GstSegment& segment) {
    gst_segment_init(&segment_, GST_FORMAT_TIME);
    if (segment.format == GST_FORMAT_TIME)
        gst_segment_copy_into(&segment, &segment_);
    plain_ =
        segment_.rate == 1.0 && segment_.start == 0 && segment_.base == 0 && segment_.offset == 0;
}

GstClockTime RunningTime::apply(GstClockTime timestamp) const {
    if (plain_ || !GST_CLOCK_TIME_IS_VALID(timestamp))
        return timestamp;
    guint64 time = 0;
    auto sign = gst_segment_to_running_time_full(&segment_, GST_FORMAT_TIME, timestamp, &time);
    return sign > 0 ? time : 0;
}

Ref<GstBuffer> RunningTime::apply(Ref<GstBuffer> buffer) const {
    if (plain_)
        return buffer;
    auto result = adopt(gst_buffer_make_writable(buffer.release()));
    GST_BUFFER_PTS(result.get()) = apply(GST_BUFFER_PTS(result.get()));
    GST_BUFFER_DTS(result.get()) = apply(GST_BUFFER_DTS(result.get()));
    return result;
}

} // namespace rtc
