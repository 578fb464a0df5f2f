#include "tests/unit/simulatedlink.hpp"

#include <algorithm>
#include <cmath>

namespace rtc::test {
namespace {

constexpr GstClockTime step = GST_MSECOND;
constexpr GstClockTime frame_distance = GST_SECOND / 30;
constexpr GstClockTime feedback_distance = 60 * GST_MSECOND;
constexpr GstClockTime report_distance = GST_SECOND;
constexpr GstClockTime sample_distance = 100 * GST_MSECOND;
constexpr guint mtu = 1200;
constexpr double usable = 0.95;       // of the target, as an encoder gets it
constexpr double keyframe_size = 4.5; // pictures
constexpr double repair_share = 0.25;
constexpr GstClockTime peer_clock = 12345 * GST_SECOND; // ahead of ours

} // namespace

double Simulation::rate_at(GstClockTime time) const {
    double rate = 0;
    for (const auto& [from, value] : link_.rates)
        if (time >= from)
            rate = value;
    return rate;
}

size_t Simulation::add_flow(const FlowSettings& settings) {
    Flow flow(settings);
    // Flows don't tick together.
    flow.next_frame = settings.begin + GstClockTime(random() * double(frame_distance));
    flow.next_feedback = settings.begin + GstClockTime(random() * double(feedback_distance));
    flows_.push_back(std::move(flow));
    return flows_.size() - 1;
}

void Simulation::run(GstClockTime until) {
    for (; now_ < until; now_ += step) {
        for (auto& flow : flows_) {
            if (now_ < flow.settings.begin)
                continue;
            make_frame(flow, now_);
            send(flow, now_);
            report(flow, now_);
            take_feedback(flow, now_);
            if (now_ % sample_distance == 0)
                sample(flow, now_);
        }
    }
}

// Pictures vary by a third.
void Simulation::make_frame(Flow& flow, GstClockTime now) {
    if (now < flow.next_frame)
        return;
    flow.next_frame += frame_distance;
    double target = flow.estimator.target();
    double repair = std::min<double>(flow.repair.rate(now), repair_share * target);
    double wanted = (flow.settings.encoder > 0 ? usable : 1) * (target - repair);
    double lag = elapsed_s(0, flow.settings.encoder);
    double share = lag > 0 && flow.made > 0 ? 1 - std::exp(-1 / (30 * lag)) : 1;
    flow.made += share * (std::min(wanted, flow.settings.most) - flow.made);
    auto bytes = guint(flow.made / 8 / 30 * (0.67 + 0.66 * random()));
    if (flow.settings.keyframes && now >= flow.next_keyframe) {
        flow.next_keyframe = now + flow.settings.keyframes;
        bytes = guint(bytes * keyframe_size);
    }
    guint packets = bytes / mtu + 1;
    for (guint i = 0; i < packets; i++) {
        flow.waiting.push_back(bytes / packets);
        flow.waiting_bytes += bytes / packets;
    }
    if (flow.waiting.size() < 5)
        return;
    if (auto probe = flow.estimator.probe(now)) {
        flow.pacer.begin_probe(*probe, now);
        probes_++;
    }
}

void Simulation::send(Flow& flow, GstClockTime now) {
    flow.estimator.tick(now);
    flow.pacer.set_target(flow.estimator.target());
    flow.pacer.set_queued(flow.waiting_bytes, 500 * GST_MSECOND);
    while (!flow.waiting.empty() && flow.pacer.next(now) <= now) {
        auto size = flow.waiting.front();
        flow.waiting.pop_front();
        flow.waiting_bytes -= size;
        transmit(flow, size, now);
        if (auto probe = flow.pacer.sent(size, now))
            flow.estimator.on_probe_sent(*probe);
    }
    if (flow.waiting.empty() && flow.pacer.probing())
        if (auto probe = flow.pacer.end_probe())
            flow.estimator.on_probe_sent(*probe);
}

void Simulation::transmit(Flow& flow, guint size, GstClockTime now) {
    flow.estimator.on_packet_sent(size, now);
    flow.expected++;
    Packet packet{flow.sequence++, size, now, GST_CLOCK_TIME_NONE};
    double wait = free_at_ > now ? elapsed_ms(now, free_at_) : 0;
    bool fits = wait <= elapsed_ms(0, link_.queue);
    if (fits) {
        waits_.push_back({now, wait});
        flow.waits.push_back(wait);
        free_at_ = std::max(free_at_, now) +
                   GstClockTime(double(size) * 8 / rate_at(now) * double(GST_SECOND));
    }
    if (fits && random() >= link_.loss) {
        auto arrives = free_at_ + link_.delay + GstClockTime(random() * double(link_.jitter));
        flow.last_arrival = std::max(flow.last_arrival, arrives);
        packet.arrives = flow.last_arrival;
    } else {
        flow.lost++;
    }
    flow.under_way.push_back(packet);
}

// Within a budget, as transport/retransmissions.hpp has it.
void Simulation::repair(Flow& flow, guint size, GstClockTime now) {
    if (!flow.settings.repairs || flow.repair.rate(now) > repair_share * flow.estimator.target())
        return;
    transmit(flow, size, now);
    flow.repair.add(size, now);
}

void Simulation::report(Flow& flow, GstClockTime now) {
    if (now < flow.next_feedback)
        return;
    flow.next_feedback += flow.settings.feedback ? feedback_distance : report_distance;
    // Up to the last packet that has arrived: what is missing before it counts as lost.
    size_t count = 0;
    for (size_t i = 0; i < flow.under_way.size(); i++)
        if (GST_CLOCK_TIME_IS_VALID(flow.under_way[i].arrives) && flow.under_way[i].arrives <= now)
            count = i + 1;
    std::vector<PacketReport> reports;
    for (; count > 0; count--) {
        const auto& packet = flow.under_way.front();
        PacketReport report{packet.sequence, packet.sent, GST_CLOCK_TIME_NONE, packet.size};
        if (GST_CLOCK_TIME_IS_VALID(packet.arrives)) {
            // In units of 250 µs, as the feedback has it.
            constexpr auto unit = 250 * GST_USECOND;
            report.received = (packet.arrives + peer_clock) / unit * unit;
            flow.delivered_bytes += packet.size;
        }
        reports.push_back(report);
        flow.under_way.pop_front();
    }
    if (!reports.empty())
        flow.feedback.emplace_back(now + link_.delay, std::move(reports));
}

void Simulation::take_feedback(Flow& flow, GstClockTime now) {
    while (!flow.feedback.empty() && flow.feedback.front().first <= now) {
        const auto& reports = flow.feedback.front().second;
        if (flow.settings.feedback) {
            flow.estimator.on_feedback(reports, now);
            for (const auto& packet : reports)
                if (!packet.arrived())
                    repair(flow, packet.size, now);
        } else {
            auto rtt = now - reports.back().sent;
            double loss = flow.expected ? double(flow.lost) / flow.expected : 0;
            flow.estimator.on_receiver_report({loss, rtt}, now);
            flow.lost = flow.expected = 0;
        }
        flow.feedback.pop_front();
    }
}

void Simulation::sample(Flow& flow, GstClockTime now) {
    double delivered = double(flow.delivered_bytes) * 8 / elapsed_s(0, sample_distance);
    flow.delivered_bytes = 0;
    double queued = 0;
    if (!flow.waits.empty()) {
        std::ranges::sort(flow.waits);
        queued = flow.waits[flow.waits.size() * 95 / 100];
    }
    flow.waits.clear();
    flow.samples.push_back({now, double(flow.estimator.target()), delivered, queued});
}

double Simulation::delivered(size_t flow, GstClockTime from, GstClockTime to) const {
    double sum = 0;
    size_t count = 0;
    for (const auto& sample : flows_[flow].samples)
        if (sample.at >= from && sample.at < to)
            sum += sample.delivered, count++;
    return count ? sum / double(count) : 0;
}

double Simulation::queueing(GstClockTime from, GstClockTime to, double share) const {
    std::vector<double> waits;
    for (const auto& wait : waits_)
        if (wait.at >= from && wait.at < to)
            waits.push_back(wait.ms);
    if (waits.empty())
        return 0;
    std::ranges::sort(waits);
    return waits[size_t(double(waits.size() - 1) * share)];
}

GstClockTime Simulation::reaches(size_t flow, double bitrate, GstClockTime from) const {
    for (auto at = from; at + GST_SECOND <= now_; at += sample_distance)
        if (delivered(flow, at, at + GST_SECOND) >= bitrate)
            return at - from;
    return GST_CLOCK_TIME_NONE;
}

} // namespace rtc::test
