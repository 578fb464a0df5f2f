// Where one track's buffers stand on the recording's timeline. Pure.
//
// Times are running times in nanoseconds, signed, as B-frames may have a DTS before zero. A muxer
// wants each track to go forward only; senders' clock corrections may step back. What steps back
// is placed just behind its forerunner, the rest keeps its time, so that audio and video keep
// their distance.
#pragma once

#include <gst/gst.h>

#include <optional>

namespace rtc {

struct Stamp {
    gint64 pts = 0;
    std::optional<gint64> dts;
    guint64 duration = GST_CLOCK_TIME_NONE;

    // What decides the order in the file.
    gint64 order() const { return dts ? *dts : pts; }
    gint64 end() const { return pts + (GST_CLOCK_TIME_IS_VALID(duration) ? gint64(duration) : 0); }
};

class Timeline {
public:
    // Least distance of two buffers of a track: Matroska counts in milliseconds, and rounds the
    // times of a cluster and of what is in it each for itself.
    static constexpr gint64 step = 2 * GST_MSECOND;

    // The stamp of a buffer, from its own timestamps and the segment in force; without any
    // timestamp it stands right after its forerunner. Nothing where there is neither.
    // shift is taken from the running time: what was left out before.
    std::optional<Stamp> place(const GstSegment& segment, const GstBuffer* buffer,
                               gint64 shift = 0);
    // Something was written up to that time in the track's place: what follows stands behind it.
    void advance(gint64 time);
    // How many buffers had stepped back.
    guint64 moved() const { return moved_; }

private:
    std::optional<Stamp> last_;
    guint64 moved_ = 0;
};

// Writes a stamp, counted from base, into a buffer that may be written to.
void apply_stamp(GstBuffer* buffer, const Stamp& stamp, gint64 base);

} // namespace rtc
