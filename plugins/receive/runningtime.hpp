// Timestamps rewritten as running time, so that one plain segment (TIME, from 0, rate 1) does for
// all that a track ever sends. Pure.
#pragma once

#include "signaling/base/refs.hpp"

namespace rtc {

class RunningTime {
public:
    RunningTime() { gst_segment_init(&segment_, GST_FORMAT_TIME); }
    // A segment of another format than TIME is taken for a plain one.
    void set_segment(const GstSegment& segment);
    // The buffer itself where its timestamps are running times already, as is usual with live
    // sources. A time before running time 0 becomes 0.
    Ref<GstBuffer> apply(Ref<GstBuffer> buffer) const;
    GstClockTime apply(GstClockTime timestamp) const;

private:
    GstSegment segment_;
    bool plain_ = true;
};

} // namespace rtc
