// A stream's ladder: several encodings of one picture, its rungs, which of them a viewer gets, and
// up to which of its temporal layers. Pure; time is an argument.
#pragma once

#include "plugins/publish/thinner.hpp"
#include "signaling/base/result.hpp"

#include <gst/gst.h>

#include <optional>
#include <string_view>
#include <vector>

namespace rtc {

struct Rung {
    guint height = 0;  // lines; 0: as the input has
    guint bitrate = 0; // bit/s
    // Of it, what the lowest temporal layer takes, the two lowest… without the uppermost; empty
    // where there are none, or it is not known.
    std::vector<double> shares{};

    bool operator==(const Rung&) const = default;
};
using Ladder = std::vector<Rung>; // best first; never empty
// Of a rung that can't be had now.
constexpr guint no_bitrate = G_MAXUINT;

// "1080p:4000,540p:1200,270p:300": lines and kbit/s. An error says what is wrong.
Result<Ladder> parse_ladder(std::string_view text);
// For a picture of so many lines, the best rung at so many bit/s.
Ladder make_ladder(guint height, guint bitrate);
// Without the rungs that are larger than the picture; the smallest stays.
Ladder fit_ladder(Ladder ladder, guint height);
// The size of a rung's picture: the height's share of the width, both even.
guint rung_width(guint width, guint height, guint rung_height);

// What a viewer gets.
struct Quality {
    size_t rung = 0;
    guint8 layer = all_layers; // the highest temporal layer

    bool operator==(const Quality&) const = default;
};

// Which quality a network carries: the best rung that does so with some of its temporal layers, and
// as many of them as it carries. Down is quick, for a queue is growing meanwhile; up only once the
// estimate has been well above what is needed for a while, and later each time it went wrong.
class RungChoice {
public:
    explicit RungChoice(const Ladder& ladder) { set_ladder(ladder); }

    // What the rungs take has changed.
    void set_ladder(const Ladder& ladder);
    // The rung to begin with, where no network has been seen yet.
    size_t start() const;
    // estimate: bit/s for this stream. Some times a second. limit: no better rung than this one.
    Quality choose(const Quality& current, guint estimate, GstClockTime now, size_t limit = 0);
    // The estimate with which it would go up; 0 where it would not.
    guint wanted(const Quality& current, size_t limit = 0) const;

private:
    struct Step {
        Quality quality;
        guint bitrate = 0; // bit/s
        bool whole() const { return quality.layer == all_layers; }
    };
    size_t best(double estimate) const;
    size_t find(const Quality& quality) const;
    size_t choose_step(size_t current, guint estimate, GstClockTime now, size_t limit);
    double headroom() const;

    static constexpr GstClockTime shortest_hold = 2 * GST_SECOND, longest_hold = 60 * GST_SECOND;
    std::vector<Step> steps_; // best first
    size_t rungs_ = 0;
    std::optional<GstClockTime> low_since_, high_since_, went_up_;
    GstClockTime hold_ = shortest_hold;
};

} // namespace rtc
