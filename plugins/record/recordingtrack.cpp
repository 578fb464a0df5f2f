#include "plugins/record/recordingtrack.hpp"

#include "plugins/record/opuslength.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr gint64 least_rest = G_USEC_PER_SEC;
constexpr gint64 longest_rest = 60 * G_USEC_PER_SEC;

} // namespace

void RecordingTrack::Rest::begin(gint64 now) {
    bool soon = length_ > 0 && now < until_ + longest_rest;
    length_ = soon ? std::min(2 * length_, longest_rest) : least_rest;
    until_ = now + length_;
}

bool is_keyframe(Kind kind, const GstBuffer* buffer) {
    return kind == Kind::video && !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

void complete_duration(const Codec& codec, Stamp& stamp, GstBuffer* buffer) {
    guint8 head[2] = {};
    if (GST_CLOCK_TIME_IS_VALID(stamp.duration) || !codec.is("opus"))
        return;
    auto size = gst_buffer_extract(buffer, 0, head, sizeof head);
    if (auto length = opus_length({head, size}))
        stamp.duration = GstClockTime(length);
}

} // namespace rtc
