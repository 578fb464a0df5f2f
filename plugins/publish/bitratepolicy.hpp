// Which bit rate an encoder gets that several viewers share, by what each of their networks
// carries. Pure; time is an argument. Not for use by two threads at once.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <vector>

namespace rtc {

enum class BitratePolicy {
    lowest, // nobody gets more than their network carries
    most,   // a quarter of the viewers may, and who has least takes no more than three quarters
    median, // half of them do
    best,   // the best network sets it
};

class SharedBitrate {
public:
    struct Settings {
        BitratePolicy policy = BitratePolicy::most;
        guint minimum = 50'000;    // bit/s
        guint maximum = 2'500'000; // bit/s
    };
    explicit SharedBitrate(const Settings& settings)
        : settings_(settings)
        , bitrate_(settings.maximum) {}

    // estimates: of each viewer that has one, in bit/s; without any it is the maximum. A value when
    // the encoder is to be set anew: at once for less and for much more, at most twice a second for
    // a little more, and not for a few per cent.
    std::optional<guint> update(std::vector<guint> estimates, GstClockTime now);
    guint bitrate() const { return bitrate_; } // bit/s

private:
    guint choose(std::vector<guint>& estimates) const;

    Settings settings_;
    guint bitrate_;
    std::optional<GstClockTime> raised_;
};

} // namespace rtc
