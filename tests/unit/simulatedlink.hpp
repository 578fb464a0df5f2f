// A link in simulated time, shared by flows that each follow an estimator: a queue of limited
// length that is emptied at a rate which may change, then delay, jitter without reordering and
// random loss. Deterministic: the same seed gives the same run.
#pragma once

#include "plugins/bandwidth/estimator.hpp"
#include "plugins/bandwidth/pacer.hpp"
#include "plugins/bandwidth/ratemeter.hpp"

#include <functional>
#include <random>
#include <vector>

namespace rtc::test {

struct LinkSettings {
    // bit/s from a time on, in order
    std::vector<std::pair<GstClockTime, double>> rates;
    GstClockTime delay = 25 * GST_MSECOND;  // one way
    GstClockTime jitter = 0;                // at most
    double loss = 0;                        // 0 to 1
    GstClockTime queue = 300 * GST_MSECOND; // what it holds, at its present rate
    guint seed = 1;
};

struct FlowSettings {
    GstClockTime begin = 0;
    double most = 1e9;          // bit/s that the source can make
    bool feedback = true;       // transport-wide; else receiver reports each second
    GstClockTime encoder = 0;   // time constant with which what is made follows the target
    GstClockTime keyframes = 0; // between pictures of several times the size; 0: none
    bool repairs = false;       // what was lost goes again, and is taken off what is made
    BandwidthEstimator::Settings estimator;
};

// What became of one flow: a row for each 100 ms.
struct Sample {
    GstClockTime at;
    double target;    // bit/s
    double delivered; // bit/s
    double queued;    // ms that packets waited at the link, p95
};

class Simulation {
public:
    explicit Simulation(LinkSettings link)
        : link_(std::move(link))
        , random_(link_.seed) {}

    size_t add_flow(const FlowSettings& settings);
    void run(GstClockTime until);

    const std::vector<Sample>& samples(size_t flow) const { return flows_[flow].samples; }
    // Mean over [from, to).
    double delivered(size_t flow, GstClockTime from, GstClockTime to) const;
    // Share of packets' waits at the link, ms, over [from, to).
    double queueing(GstClockTime from, GstClockTime to, double share) const;
    // When the flow first delivers this on average over a second beginning then, from `from` on.
    GstClockTime reaches(size_t flow, double bitrate, GstClockTime from) const;
    double rate_at(GstClockTime time) const;
    size_t probes() const { return probes_; }

private:
    struct Packet {
        gint64 sequence;
        guint size;
        GstClockTime sent;
        GstClockTime arrives; // none: lost
    };
    struct Flow {
        explicit Flow(const FlowSettings& flow_settings)
            : settings(flow_settings)
            , estimator(flow_settings.estimator) {}

        FlowSettings settings;
        BandwidthEstimator estimator;
        Pacer pacer;
        std::deque<guint> waiting; // sizes
        guint64 waiting_bytes = 0;
        double made = 0; // bit/s
        GstClockTime next_keyframe = 0;
        RateMeter repair;
        GstClockTime next_frame = 0;
        gint64 sequence = 0;
        std::deque<Packet> under_way; // not yet reported
        GstClockTime last_arrival = 0;
        GstClockTime next_feedback = 0;
        std::deque<std::pair<GstClockTime, std::vector<PacketReport>>> feedback; // on its way back
        guint64 delivered_bytes = 0;
        guint lost = 0, expected = 0;
        std::vector<double> waits;
        std::vector<Sample> samples;
    };
    struct Wait {
        GstClockTime at;
        double ms;
    };

    void make_frame(Flow& flow, GstClockTime now);
    void send(Flow& flow, GstClockTime now);
    void transmit(Flow& flow, guint size, GstClockTime now);
    void repair(Flow& flow, guint size, GstClockTime now);
    void report(Flow& flow, GstClockTime now);
    void take_feedback(Flow& flow, GstClockTime now);
    void sample(Flow& flow, GstClockTime now);
    double random() { return std::uniform_real_distribution<>(0, 1)(random_); }

    LinkSettings link_;
    std::mt19937 random_;
    std::vector<Flow> flows_;
    GstClockTime free_at_ = 0;
    GstClockTime now_ = 0;
    std::vector<Wait> waits_;
    size_t probes_ = 0;
};

} // namespace rtc::test
