#include "plugins/transport/linkcontrol.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

// What waits is gone after this, whatever the estimate says; while nothing is known of the network,
// soon, so that a viewer's first picture is not held up.
constexpr GstClockTime longest_wait = 400 * GST_MSECOND;
constexpr GstClockTime longest_first_wait = 50 * GST_MSECOND;
constexpr double pace = 1.5;                    // times the estimate: a keyframe queues here
constexpr double first_pace = 2.5;              // what a viewer who joins is given to catch up
constexpr GstClockTime burst = 5 * GST_MSECOND; // so much goes at once
constexpr size_t probe_packets = 5;             // that wait: enough for a probe
constexpr double of_interest = 2;               // times what is sent; more is not asked for
constexpr double least_of_interest = 1'000'000; // bit/s
constexpr double above_wanted = 1.15;           // a probe shows a little less than what it was
constexpr GstClockTime settling = 2 * GST_SECOND;
constexpr double told_change = 0.02;         // of what was told last
constexpr guint least_for_pictures = 10'000; // bit/s

} // namespace

LinkControl::LinkControl(const BandwidthEstimator::Settings& settings)
    : estimator_(settings)
    , pacer_(first_pace, burst)
    , start_(estimator_.target()) {
    pacer_.set_target(estimator_.target());
}

void LinkControl::sent(std::optional<guint16> number, guint size, Traffic traffic,
                       GstClockTime now) {
    estimator_.on_packet_sent(size, now);
    if (number)
        packets_.sent(*number, size, now);
    if (traffic == Traffic::sound)
        return sound_.add({0, now, now, size});
    if (traffic == Traffic::repair)
        repair_.add(size, now);
    if (auto probe = pacer_.sent(size, now))
        estimator_.on_probe_sent(*probe);
}

void LinkControl::answer(const rtcp::Feedback& feedback, GstClockTime now) {
    std::vector<SentPackets::Arrival> arrivals;
    for (const auto& packet : feedback.packets) {
        arrivals.push_back({packet.sequence, std::nullopt});
        if (packet.received)
            arrivals.back().at = GstClockTime(packet.at) * GST_USECOND;
    }
    if (auto reports = packets_.report(arrivals); !reports.empty())
        estimator_.on_feedback(reports, now);
    follow(now);
}

void LinkControl::answer(const rtcp::Remb& remb, GstClockTime now) {
    estimator_.on_remb(double(remb.bitrate), now);
    follow(now);
}

void LinkControl::report(const ReceiverReport& report, GstClockTime now) {
    estimator_.on_receiver_report(report, now);
    follow(now);
}

void LinkControl::tick(GstClockTime now) {
    estimator_.tick(now);
    pacer_.set_target(estimator_.target());
    told_ = 0;
}

void LinkControl::follow(GstClockTime now) {
    if (!GST_CLOCK_TIME_IS_VALID(first_answer_))
        first_answer_ = now;
    pacer_.set_target(estimator_.target());
    double better = wanted_ > 0 ? wanted_ * above_wanted + sound_.bitrate().value_or(0) : 0;
    estimator_.set_wanted(
        guint(std::max({of_interest * estimator_.sent(), least_of_interest, better})));
}

// The network has had time to show what it carries.
bool LinkControl::settled(GstClockTime now) const {
    return GST_CLOCK_TIME_IS_VALID(first_answer_) && now >= first_answer_ + settling;
}

GstClockTime LinkControl::next(size_t packets, guint64 bytes, bool can_pad, GstClockTime now) {
    if (!pacer_.probing() && (packets >= probe_packets || (can_pad && packets > 0)))
        if (auto probe = estimator_.probe(now))
            pacer_.begin_probe(*probe, now);
    pacer_.set_factor(settled(now) ? pace : first_pace);
    pacer_.set_queued(bytes, estimator_.seen_feedback() ? longest_wait : longest_first_wait);
    return pacer_.next(now);
}

void LinkControl::end_probe() {
    if (auto probe = pacer_.end_probe())
        estimator_.on_probe_sent(*probe);
}

std::optional<guint> LinkControl::changed(GstClockTime now) {
    if (!GST_CLOCK_TIME_IS_VALID(first_answer_) || (!settled(now) && target() >= start_))
        return {};
    // Repair on top of pictures would fill the queue that loses more of them. What was repaired
    // before a fall is not held against the lower target.
    auto repair = std::min<double>(repair_.rate(now), repair_budget());
    auto others = sound_.bitrate().value_or(0) + repair;
    auto pictures = std::max(guint(std::max(target() - others, 0.0)), least_for_pictures);
    if (std::abs(double(pictures) - told_) <= told_change * told_)
        return {};
    return told_ = pictures;
}

} // namespace rtc
