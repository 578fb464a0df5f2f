#include "plugins/bandwidth/estimator.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr GstClockTime sent_window = GST_SECOND;
// Feedback comes some ten times a second; a pause of this length starts the filters anew,
constexpr GstClockTime stale = 2 * GST_SECOND;
// and while packets go out, the rate is halved each time that it has stayed away so long.
constexpr GstClockTime silence = GST_SECOND;
constexpr GstClockTime remb_valid = 30 * GST_SECOND;
constexpr double rtt_smoothing = 0.125; // RFC 6298

} // namespace

BandwidthEstimator::BandwidthEstimator(const Settings& settings)
    : settings_(settings)
    , target_(settings.start)
    , delay_(settings.start)
    , reports_(settings.start) {
    set_limits(settings.minimum, settings.maximum);
}

void BandwidthEstimator::set_limits(guint minimum, guint maximum) {
    settings_.minimum = minimum;
    settings_.maximum = std::max(minimum, maximum);
    delay_.set_limits(settings_.minimum, settings_.maximum);
    reports_.set_limits(settings_.minimum, settings_.maximum);
    target_ = std::clamp<double>(target_, settings_.minimum, settings_.maximum);
}

void BandwidthEstimator::on_packet_sent(guint size, GstClockTime now) {
    sent_.push_back({now, size});
    sent_bytes_ += size;
    while (sent_.front().at + sent_window < now) {
        sent_bytes_ -= sent_.front().size;
        sent_.pop_front();
    }
}

double BandwidthEstimator::sent() const {
    return double(sent_bytes_) * 8 * double(GST_SECOND) / double(sent_window);
}

double BandwidthEstimator::loss() const {
    return seen_feedback() ? loss_.loss() : last_report_.loss;
}

void BandwidthEstimator::take_report(const PacketReport& report) {
    bool again = report.sequence <= highest_;
    highest_ = std::max(highest_, report.sequence);
    if (!again)
        loss_.add(report);
    if (!report.arrived())
        return;
    throughput_.add(report);
    // A probe makes a queue of its own, which says nothing of the target.
    if (probe_estimator_.contains(report.sent))
        return;
    if (auto delta = inter_arrival_.add(report))
        trendline_.update(*delta);
}

void BandwidthEstimator::on_feedback(std::span<const PacketReport> reports, GstClockTime now) {
    if (seen_feedback() && now > last_feedback_ + stale) {
        inter_arrival_.reset();
        trendline_.reset();
        throughput_.reset();
    }
    last_feedback_ = now;
    for (const auto& report : reports) {
        take_report(report);
        probe_estimator_.add(report);
    }
    update_rtt(reports, now);
    update_delay(now);
    loss_.update(delay_.bitrate(), carried());
    apply(now);
}

// The newest packet that arrived, with the time that the feedback waited for others at the peer.
void BandwidthEstimator::update_rtt(std::span<const PacketReport> reports, GstClockTime now) {
    GstClockTime newest = 0;
    for (const auto& report : reports)
        if (report.arrived())
            newest = std::max(newest, report.sent);
    if (newest == 0 || newest > now)
        return;
    auto sample = now - newest;
    rtt_ = rtt_ ? GstClockTime(double(*rtt_) * (1 - rtt_smoothing) + double(sample) * rtt_smoothing)
                : sample;
    delay_.set_rtt(*rtt_);
}

// What was sent of what arrived: the link carried that, too, and lost it elsewhere.
std::optional<double> BandwidthEstimator::carried() const {
    auto arrived = throughput_.bitrate();
    return arrived ? std::optional(*arrived / (1 - loss_.inherent())) : std::nullopt;
}

void BandwidthEstimator::update_delay(GstClockTime now) {
    auto usage = trendline_.usage();
    std::optional<double> probed;
    while (auto outcome = probe_estimator_.take(inter_arrival_.jitter())) {
        probed = outcome->bitrate;
        if (probed)
            probed = *probed / (1 - loss_.inherent());
        probes_.result(probed, now);
    }
    if (usage == Usage::over)
        probes_.overused(now);
    if (usage != Usage::over && probed && *probed > delay_.bitrate()) {
        // Larger pictures take longer: the step that follows is no queue that grows.
        trendline_.reset();
        return delay_.set_probed(*probed, now);
    }
    delay_.update(usage, carried(), now);
}

void BandwidthEstimator::on_receiver_report(const ReceiverReport& report, GstClockTime now) {
    last_report_ = report;
    if (seen_feedback())
        return;
    if (GST_CLOCK_TIME_IS_VALID(report.rtt))
        rtt_ = report.rtt;
    reports_.on_report(report, sent(), now);
    apply(now);
}

void BandwidthEstimator::on_remb(double bitrate, GstClockTime now) {
    remb_ = bitrate;
    last_remb_ = now;
    // The peer's own estimate: better than what loss alone tells.
    if (!seen_feedback())
        reports_.set_bitrate(bitrate);
    apply(now);
}

void BandwidthEstimator::tick(GstClockTime now) {
    auto since = std::max(last_feedback_, last_backoff_);
    if (!seen_feedback() || now < since + silence || sent_.empty() ||
        sent_.back().at < last_feedback_)
        return;
    last_backoff_ = now;
    delay_.set_bitrate(delay_.bitrate() / 2, now);
    apply(now);
}

void BandwidthEstimator::apply(GstClockTime now) {
    double target = reports_.bitrate();
    if (seen_feedback()) {
        target = delay_.bitrate();
        if (auto loss = loss_.bitrate())
            target = std::min(target, *loss);
    }
    if (GST_CLOCK_TIME_IS_VALID(last_remb_) && now < last_remb_ + remb_valid)
        target = std::min(target, remb_);
    target_ = std::clamp<double>(target, settings_.minimum, settings_.maximum);
    double most = wanted_ ? std::min(wanted_, settings_.maximum) : settings_.maximum;
    probes_.set_target(target_, most);
}

} // namespace rtc
