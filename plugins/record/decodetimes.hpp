// Decoding times for pictures that come in decoding order and know only when they are shown, as
// Matroska stores them. Pure.
//
// The n-th picture to be decoded gets the n-th smallest time of those shown, put off by as many
// pictures as the stream reorders, so that none is decoded after it is shown.
#pragma once

#include <glib.h>

#include <functional>
#include <queue>
#include <span>
#include <vector>

namespace rtc {

class DecodeTimes {
public:
    // How many pictures may precede one that is shown before them: 0 without B-frames.
    static size_t depth_of(std::span<const gint64> shown);

    explicit DecodeTimes(size_t depth)
        : depth_(depth) {}
    // Strictly increasing, in nanoseconds, from 0 at the least.
    gint64 next(gint64 shown);

private:
    const size_t depth_;
    gint64 last_ = -step;
    std::priority_queue<gint64, std::vector<gint64>, std::greater<>> waiting_;

    static constexpr gint64 step = 1000000;
};

} // namespace rtc
