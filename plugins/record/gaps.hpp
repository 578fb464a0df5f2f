// Counts where a track's media is missing. Pure.
//
// Media is missing where a buffer that is marked as coming after a loss stands later than its
// forerunner's end by more than half of what that lasted, and where nothing came for a second,
// marked or not: a muted microphone, a camera switched off.
#pragma once

#include "plugins/record/timeline.hpp"

namespace rtc {

class Gaps {
public:
    static constexpr gint64 silence = GST_SECOND;

    // Each buffer of the track, in order. discont: it is marked as coming after a loss.
    void add(const Stamp& stamp, bool discont);
    guint64 count() const { return count_; }
    gint64 missing() const { return missing_; } // nanoseconds

private:
    std::optional<Stamp> last_;
    gint64 usual_ = 0; // what a buffer lasts that doesn't say so itself
    guint64 count_ = 0;
    gint64 missing_ = 0;
};

} // namespace rtc
