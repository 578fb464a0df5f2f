// Whether the queue at the bottleneck grows: the slope of the one-way delay over the last groups,
// against a threshold that adapts to the noise of the path and to competing flows.
//
// draft-ietf-rmcat-gcc-02 estimates the gradient with a Kalman filter (section 5.3). libwebrtc has
// replaced that by a least-squares line through the smoothed delay
// (modules/congestion_controller/goog_cc/trendline_estimator.cc), which has fewer parameters and
// answers sooner; that is what this does. The threshold is that of section 5.4, after Carlucci et
// al., "Analysis and design of the Google congestion control for WebRTC", 2016.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/interarrival.hpp"

#include <deque>

namespace rtc {

enum class Usage { normal, over, under };

class Trendline {
public:
    Usage update(const InterArrival::Delta& delta);
    Usage usage() const { return usage_; }
    double threshold() const { return threshold_; } // ms
    // Slope times gain, what is held against the threshold; ms.
    double trend() const { return modified_trend_; }
    // The queue is neither growing nor at its threshold.
    void reset();

private:
    struct Point {
        double at;    // ms since the first group
        double delay; // smoothed, ms
    };
    double slope() const;
    void detect(double slope, double sent);
    void adapt(double now);

    std::deque<Point> points_;
    GstClockTime first_ = GST_CLOCK_TIME_NONE;
    int deltas_ = 0;
    double delay_ = 0;    // accumulated, ms
    double smoothed_ = 0; // ms
    double previous_slope_ = 0;
    double modified_trend_ = 0;
    double threshold_ = 12.5;
    double last_adapted_ = -1; // ms
    double over_for_ = -1;     // ms
    int over_count_ = 0;
    Usage usage_ = Usage::normal;
};

} // namespace rtc
