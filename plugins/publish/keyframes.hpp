// When to ask the encoder for a keyframe. Pure; time is an argument.
//
// Any number of subscribers ask; one request goes out for all who asked until the keyframe comes.
// Requests keep a distance, so that one bad network can't make every picture a keyframe. A request
// that brings nothing is repeated, and told about once.
#pragma once

#include <gst/gst.h>

#include <optional>

namespace rtc {

class Keyframes {
public:
    struct Settings {
        GstClockTime interval = 500 * GST_MSECOND; // least time between two requests
        GstClockTime retry = 1 * GST_SECOND;       // an unanswered request is repeated after this
        GstClockTime unanswered = 5 * GST_SECOND;  // a request counts as unanswered after this
    };

    Keyframes() = default;
    explicit Keyframes(const Settings& settings)
        : settings_(settings) {}

    // Somebody needs a keyframe. True: send a request now.
    bool request(GstClockTime now);
    // Call it with each packet. True: send a request now, one that had to wait or a repeated one.
    bool poll(GstClockTime now);
    // A keyframe came, asked for or not.
    void keyframe();
    // True once, when requests bring nothing.
    bool unanswered(GstClockTime now);
    bool wanted() const { return wanted_.has_value(); }

private:
    Settings settings_;
    std::optional<GstClockTime> wanted_;     // since when somebody has been waiting
    std::optional<GstClockTime> first_sent_; // the first request of this wait
    std::optional<GstClockTime> last_sent_;  // the last request ever
    bool told_ = false;
};

} // namespace rtc
