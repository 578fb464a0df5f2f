#include "plugins/bandwidth/reportcontrol.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

constexpr double little_loss = 0.02;
constexpr double much_loss = 0.1;
constexpr double growth = 1.08; // a second
constexpr double most_growth_seconds = 2;
constexpr double beta = 0.85;
constexpr GstClockTime window = 30 * GST_SECOND;
constexpr GstClockTime most_queueing = 100 * GST_MSECOND;

} // namespace

void ReportControl::set_limits(double minimum, double maximum) {
    minimum_ = minimum;
    maximum_ = maximum;
    bitrate_ = std::clamp(bitrate_, minimum_, maximum_);
}

bool ReportControl::queueing(GstClockTime rtt, GstClockTime now) {
    if (!GST_CLOCK_TIME_IS_VALID(rtt))
        return false;
    while (!round_trips_.empty() && round_trips_.front().at + window < now)
        round_trips_.pop_front();
    round_trips_.push_back({now, rtt});
    auto least = std::ranges::min_element(round_trips_, {}, &RoundTrip::rtt)->rtt;
    return rtt > least + most_queueing;
}

void ReportControl::on_report(const ReceiverReport& report, double sent, GstClockTime now) {
    double seconds = GST_CLOCK_TIME_IS_VALID(last_report_)
                         ? std::clamp(elapsed_s(last_report_, now), 0.0, most_growth_seconds)
                         : 0;
    last_report_ = now;
    double arrived = sent * (1 - report.loss);
    if (queueing(report.rtt, now))
        bitrate_ = std::min(bitrate_, beta * arrived);
    else if (report.loss > much_loss)
        bitrate_ = std::min(bitrate_, bitrate_ * (1 - 0.5 * report.loss));
    else if (report.loss < little_loss)
        bitrate_ = std::max(bitrate_, std::min(bitrate_ * std::pow(growth, seconds),
                                               std::max(1.5 * sent + 10'000, wanted_)));
    bitrate_ = std::clamp(bitrate_, minimum_, maximum_);
}

} // namespace rtc
