#include "plugins/bandwidth/trendline.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

constexpr size_t window = 20; // groups
constexpr double smoothing = 0.9;
constexpr double gain = 4;
constexpr int most_deltas = 60;
constexpr double over_ms = 10; // an overuse lasts at least so long
// draft-ietf-rmcat-gcc-02, section 5.4: the threshold rises slowly and falls quickly, per ms.
constexpr double rise = 0.0087;
constexpr double fall = 0.039;
constexpr double least_threshold = 6;
constexpr double greatest_threshold = 600;
constexpr double outlier_ms = 15; // further above the threshold, it does not adapt
constexpr double longest_step_ms = 100;

} // namespace

void Trendline::reset() {
    *this = Trendline();
}

double Trendline::slope() const {
    double mean_at = 0, mean_delay = 0;
    for (const auto& point : points_) {
        mean_at += point.at;
        mean_delay += point.delay;
    }
    mean_at /= double(points_.size());
    mean_delay /= double(points_.size());
    double numerator = 0, denominator = 0;
    for (const auto& point : points_) {
        numerator += (point.at - mean_at) * (point.delay - mean_delay);
        denominator += (point.at - mean_at) * (point.at - mean_at);
    }
    return denominator == 0 ? previous_slope_ : numerator / denominator;
}

Usage Trendline::update(const InterArrival::Delta& delta) {
    if (!GST_CLOCK_TIME_IS_VALID(first_))
        first_ = delta.at;
    deltas_ = std::min(deltas_ + 1, most_deltas);
    delay_ += delta.received - delta.sent;
    smoothed_ = smoothing * smoothed_ + (1 - smoothing) * delay_;
    double now = elapsed_ms(first_, delta.at);
    points_.push_back({now, smoothed_});
    if (points_.size() > window)
        points_.pop_front();
    detect(points_.size() == window ? slope() : previous_slope_, delta.sent);
    adapt(now);
    return usage_;
}

void Trendline::detect(double slope, double sent) {
    modified_trend_ = double(deltas_) * slope * gain;
    if (deltas_ >= 2 && modified_trend_ > threshold_) {
        // How long it has been over is not known for the first: half its distance.
        over_for_ = over_for_ < 0 ? sent / 2 : over_for_ + sent;
        over_count_++;
        if (over_for_ > over_ms && over_count_ > 1 && slope >= previous_slope_) {
            over_for_ = 0;
            over_count_ = 0;
            usage_ = Usage::over;
        }
    } else {
        over_for_ = -1;
        over_count_ = 0;
        usage_ = deltas_ >= 2 && modified_trend_ < -threshold_ ? Usage::under : Usage::normal;
    }
    previous_slope_ = slope;
}

void Trendline::adapt(double now) {
    double trend = std::abs(modified_trend_);
    double step = last_adapted_ < 0 ? 0 : std::min(now - last_adapted_, longest_step_ms);
    last_adapted_ = now;
    if (trend > threshold_ + outlier_ms)
        return;
    threshold_ += (trend < threshold_ ? fall : rise) * (trend - threshold_) * step;
    threshold_ = std::clamp(threshold_, least_threshold, greatest_threshold);
}

} // namespace rtc
