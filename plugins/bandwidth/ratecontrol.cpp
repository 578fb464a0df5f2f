#include "plugins/bandwidth/ratecontrol.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rtc {
namespace {

// What is left after an overuse. Section 5.5 has 0.85, between 0.8 and 0.95; with packets that go
// at no more than 1.5 times the rate the queue is short enough for this, and more of the link used.
constexpr double beta = 0.9;
constexpr double growth = 1.08;       // a second
constexpr double acceleration = 0.02; // more a second, each second after
constexpr double calm_seconds = 2;    // without an overuse,
constexpr double most_growth = 1.2;   // up to this
constexpr double least_growth = 1000; // bit/s, each step
// What arrives, times this, bounds growth. Section 5.5 has 1.5; an encoder lags behind its rate,
// and would be taken that much too far. With less, the smaller of two flows grows more slowly.
constexpr double most_above = 1.35;
constexpr double least_additive = 4000; // bit/s a second
constexpr double near_packets = 3;      // a control loop, near the capacity
constexpr double most_near = 0.2;       // of the rate, a second
constexpr double packet_bits = 1200 * 8;
constexpr double frames_a_second = 30;
constexpr GstClockTime response = 100 * GST_MSECOND;

} // namespace

void LinkCapacity::update(double sample, double weight) {
    if (!estimate_)
        estimate_ = sample;
    double error = (*estimate_ - sample) / 1000;
    estimate_ = (1 - weight) * *estimate_ + weight * sample;
    double norm = std::max(*estimate_ / 1000, 1.0);
    variance_ = (1 - weight) * variance_ + weight * error * error / norm;
    variance_ = std::clamp(variance_, 0.4, 2.5);
}

double LinkCapacity::deviation() const {
    return std::sqrt(variance_ * *estimate_ / 1000) * 1000;
}

double LinkCapacity::upper() const {
    return estimate_ ? *estimate_ + 3 * deviation() : HUGE_VAL;
}

double LinkCapacity::lower() const {
    return estimate_ ? std::max(0.0, *estimate_ - 3 * deviation()) : 0;
}

void RateControl::set_limits(double minimum, double maximum) {
    minimum_ = minimum;
    maximum_ = maximum;
    bitrate_ = std::clamp(bitrate_, minimum_, maximum_);
}

void RateControl::set_bitrate(double bitrate, GstClockTime now) {
    bitrate_ = std::clamp(bitrate, minimum_, maximum_);
    last_change_ = now;
}

void RateControl::set_probed(double bitrate, GstClockTime now) {
    if (bitrate > capacity_.upper())
        capacity_.reset();
    set_bitrate(bitrate, now);
}

void RateControl::update(Usage usage, std::optional<double> throughput, GstClockTime now) {
    switch (usage) {
    case Usage::over:
        if (may_decrease(throughput, now))
            decrease(throughput.value_or(bitrate_ / 2 / beta), now);
        return;
    case Usage::under:
        state_ = State::hold; // the queue empties: let it
        last_change_ = now;
        return;
    case Usage::normal:
        if (std::exchange(state_, State::increase) == State::hold)
            last_change_ = now;
        return increase(throughput, now);
    }
}

// An overuse is answered once a round trip: the answer must have had its effect.
bool RateControl::may_decrease(std::optional<double> throughput, GstClockTime now) const {
    if (!GST_CLOCK_TIME_IS_VALID(last_decrease_))
        return true;
    auto interval = std::clamp<GstClockTime>(rtt_, 10 * GST_MSECOND, 200 * GST_MSECOND);
    return now >= last_decrease_ + interval || (throughput && *throughput < bitrate_ / 2);
}

void RateControl::increase(std::optional<double> throughput, GstClockTime now) {
    double seconds = GST_CLOCK_TIME_IS_VALID(last_change_)
                         ? std::clamp(elapsed_s(last_change_, now), 0.0, 1.0)
                         : 0;
    last_change_ = now;
    if (throughput && *throughput > capacity_.upper())
        capacity_.reset();
    // What was never sent can't be known to fit (section 5.5).
    double limit = most_above * throughput.value_or(bitrate_) + 10'000;
    if (bitrate_ >= limit || seconds == 0)
        return;
    double step =
        capacity_.estimate()
            ? additive_step(seconds)
            : std::max(bitrate_ * (std::pow(growth_at(now), seconds) - 1), least_growth * seconds);
    bitrate_ = std::clamp(std::min(bitrate_ + step, limit), minimum_, maximum_);
}

// The longer nothing was in the way, the faster.
double RateControl::growth_at(GstClockTime now) const {
    if (!GST_CLOCK_TIME_IS_VALID(last_decrease_))
        return growth;
    double calm = elapsed_s(last_decrease_, now) - calm_seconds;
    return std::clamp(growth + acceleration * calm, growth, most_growth);
}

// Some packets in the time that the control loop takes.
double RateControl::additive_step(double seconds) const {
    double frame = bitrate_ / frames_a_second;
    double packet = frame / std::ceil(frame / packet_bits);
    double loop = double(rtt_ + response) / double(GST_SECOND);
    double step = std::max(near_packets * packet / loop, least_additive);
    return std::min(step, most_near * bitrate_) * seconds;
}

void RateControl::decrease(double throughput, GstClockTime now) {
    double lowered = beta * throughput;
    if (lowered > bitrate_ && capacity_.estimate())
        lowered = beta * *capacity_.estimate();
    if (throughput < capacity_.lower())
        capacity_.reset();
    capacity_.overused(throughput);
    bitrate_ = std::clamp(std::min(lowered, bitrate_), minimum_, maximum_);
    state_ = State::hold;
    last_change_ = now;
    last_decrease_ = now;
}

} // namespace rtc
