// The estimator on simulated links. Rates are in bit/s; a second flow's share counts as used.
#include "tests/unit/simulatedlink.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr GstClockTime s = GST_SECOND;
constexpr GstClockTime ms = GST_MSECOND;
const std::vector<std::pair<GstClockTime, double>> fall_and_rise = {
    {0, 3e6}, {30 * s, 1e6}, {60 * s, 3e6}};

// A sender as it is: its encoder takes a third of a second to follow, and what was lost goes again.
const FlowSettings sender = {.encoder = 300 * ms, .repairs = true};

// What a link is held against; each over so many seeds.
struct Row {
    const char* name;
    LinkSettings link;
    double queueing = 100;      // ms, p95 of its calm parts, at most
    GstClockTime keyframes = 0; // between them
};
constexpr guint seeds = 9;

struct Seen {
    std::vector<double> fall, rise; // s until nine tenths of the link are used again
    std::vector<double> queueing;   // ms, p95, of the worst calm part
    std::vector<double> used;       // share of the link, in the worst calm part
};

double median(std::vector<double> values) {
    auto middle = values.begin() + ptrdiff_t(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

// From a time on: until a second in which nine tenths of the link are used, and the queue is short.
double settles(const Simulation& run, double bitrate, GstClockTime from) {
    for (auto at = from; at + s <= from + 25 * s; at += 100 * ms)
        if (run.delivered(0, at, at + s) >= 0.9 * bitrate && run.queueing(at, at + s, 0.5) < 100)
            return double(at - from) / double(s);
    return HUGE_VAL;
}

// What a link loses at random can't be had.
void see(const Row& row, FlowSettings flow, guint seed, Seen& seen) {
    auto link = row.link;
    link.rates = fall_and_rise;
    link.seed = seed;
    Simulation run(link);
    flow.keyframes = row.keyframes;
    run.add_flow(flow);
    run.run(100 * s);
    double carries = 1 - link.loss;
    seen.fall.push_back(settles(run, carries * 1e6, 30 * s));
    seen.rise.push_back(settles(run, carries * 3e6, 60 * s));
    // The link is left in peace 5 s after its fall.
    seen.queueing.push_back(
        std::max(run.queueing(35 * s, 60 * s, 0.95), run.queueing(72 * s, 100 * s, 0.95)));
    seen.used.push_back(std::min(run.delivered(0, 40 * s, 60 * s) / carries / 1e6,
                                 run.delivered(0, 75 * s, 100 * s) / carries / 3e6));
}

void links() {
    const Row rows[] = {
        {"plain", {}},
        {"keyframes", {}, 130, 10 * s},
        {"2 % loss", {.loss = 0.02}},
        {"10 % loss", {.loss = 0.1}},
        {"150 ms round trip", {.delay = 75 * ms}},
        {"50 ms queue", {.queue = 50 * ms}},
        {"50 ms jitter", {.jitter = 50 * ms}, 130},
        {"30 ms jitter, 5 % loss", {.jitter = 30 * ms, .loss = 0.05}, 130},
    };
    for (const auto& row : rows) {
        Seen seen;
        for (guint seed = 1; seed <= seeds; seed++)
            see(row, sender, seed, seen);
        g_test_message("%s: fall %.1f s, rise %.1f s, queue %.0f ms, used %.2f", row.name,
                       median(seen.fall), median(seen.rise), median(seen.queueing),
                       median(seen.used));
        g_assert_cmpfloat(median(seen.fall), <=, 5);
        g_assert_cmpfloat(median(seen.rise), <=, 10);
        g_assert_cmpfloat(std::ranges::max(seen.fall), <=, 10);
        g_assert_cmpfloat(std::ranges::max(seen.rise), <=, 15);
        g_assert_cmpfloat(median(seen.queueing), <, row.queueing);
        g_assert_cmpfloat(median(seen.used), >, 0.83);
    }
}

// A source that follows at once, and asks for nothing again: each seed holds.
void immediate_sources() {
    const Row rows[] = {
        {"plain", {}},
        {"2 % loss", {.loss = 0.02}},
        {"10 % loss", {.loss = 0.1}},
        {"150 ms round trip", {.delay = 75 * ms}},
        {"50 ms queue", {.queue = 50 * ms}},
        {"50 ms jitter", {.jitter = 50 * ms}, 250},
    };
    for (const auto& row : rows) {
        Seen seen;
        for (guint seed = 1; seed <= 3; seed++)
            see(row, {}, seed, seen);
        g_test_message("%s: fall %.1f s, rise %.1f s, queue %.0f ms, used %.2f at worst", row.name,
                       std::ranges::max(seen.fall), std::ranges::max(seen.rise),
                       std::ranges::max(seen.queueing), std::ranges::min(seen.used));
        g_assert_cmpfloat(std::ranges::max(seen.fall), <=, 5);
        g_assert_cmpfloat(std::ranges::max(seen.rise), <=, 10);
        g_assert_cmpfloat(std::ranges::max(seen.queueing), <, row.queueing);
        g_assert_cmpfloat(std::ranges::min(seen.used), >, 0.85);
    }
}

// Two peers behind one bottleneck, the second five seconds later: within 20 % of each other on
// average, and never far.
void shares_a_bottleneck() {
    for (const auto& flow : {FlowSettings{}, sender}) {
        for (auto delay : {25 * ms, 75 * ms}) {
            std::vector<double> ratios;
            for (guint seed = 1; seed <= seeds; seed++) {
                Simulation run({.rates = {{0, 3e6}}, .delay = delay, .seed = seed});
                run.add_flow(flow);
                auto later = flow;
                later.begin = 5 * s;
                run.add_flow(later);
                run.run(100 * s);
                double first = run.delivered(0, 50 * s, 100 * s);
                double second = run.delivered(1, 50 * s, 100 * s);
                ratios.push_back(std::max(first, second) / std::min(first, second));
                g_assert_cmpfloat(first + second, >, 0.85 * 3e6);
            }
            double mean = std::accumulate(ratios.begin(), ratios.end(), 0.0) / seeds;
            g_test_message("%s, %" G_GUINT64_FORMAT " ms: one has %.2f times what the other has",
                           flow.encoder ? "encoders" : "immediate", delay / ms, mean);
            g_assert_cmpfloat(mean, <, 1.2);
            g_assert_cmpfloat(std::ranges::max(ratios), <, 1.5);
        }
    }
}

void starts_fast() {
    Simulation run({.rates = {{0, 20e6}}});
    run.add_flow({});
    run.run(10 * s);
    g_assert_cmpuint(run.reaches(0, 18e6, 0), <=, 6 * s);
}

void works_on_slow_links() {
    Simulation run({.rates = {{0, 300e3}, {30 * s, 150e3}}});
    run.add_flow({});
    run.run(60 * s);
    g_assert_cmpfloat(run.delivered(0, 10 * s, 30 * s), >, 0.85 * 300e3);
    g_assert_cmpfloat(run.delivered(0, 40 * s, 60 * s), >, 0.85 * 150e3);
}

// A source that can't fill the link does not make the estimate grow without end.
void a_limited_source_keeps_it_bounded() {
    Simulation run({.rates = {{0, 10e6}}});
    run.add_flow({.most = 800e3});
    run.run(60 * s);
    g_assert_cmpfloat(run.samples(0).back().target, >, 800e3);
    g_assert_cmpfloat(run.samples(0).back().target, <, 4e6);
}

void receiver_reports_do() {
    Simulation run({.rates = fall_and_rise});
    run.add_flow({.feedback = false});
    run.run(100 * s);
    g_assert_cmpfloat(run.delivered(0, 40 * s, 60 * s), >, 0.8e6);
    g_assert_cmpfloat(run.delivered(0, 80 * s, 100 * s), >, 2.4e6);
    g_assert_cmpfloat(run.queueing(45 * s, 60 * s, 0.95), <, 300);
}

void remb_bounds() {
    BandwidthEstimator estimator({.start = 1'000'000});
    estimator.on_remb(400e3, s);
    g_assert_cmpuint(estimator.target(), ==, 400'000);
    estimator.on_remb(2e6, 2 * s);
    g_assert_cmpuint(estimator.target(), ==, 2'000'000);
}

// Packets go out and nothing comes back.
void a_dead_link_lowers_it() {
    BandwidthEstimator estimator({.start = 1'000'000, .minimum = 50'000});
    const PacketReport report{0, s, 5 * s, 1000};
    estimator.on_packet_sent(1000, s);
    estimator.on_feedback({&report, 1}, s + 50 * ms);
    auto before = estimator.target();
    g_assert_true(estimator.hears());
    for (auto now = s; now < 9 * s; now += 100 * ms) {
        estimator.on_packet_sent(1000, now);
        estimator.tick(now);
    }
    g_assert_cmpuint(before, >=, 1'000'000);
    g_assert_cmpuint(estimator.target(), ==, 50'000);
    g_assert_false(estimator.hears());
    const PacketReport later{1, 8 * s, 12 * s, 1000};
    estimator.on_feedback({&later, 1}, 9 * s);
    g_assert_true(estimator.hears());
}

void sequence_numbers_wrap() {
    SequenceUnwrapper unwrapper;
    g_assert_cmpint(unwrapper.unwrap(65534), ==, 65534);
    g_assert_cmpint(unwrapper.unwrap(2), ==, 65538);
    g_assert_cmpint(unwrapper.unwrap(65535), ==, 65535);
    g_assert_cmpint(unwrapper.unwrap(3), ==, 65539);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/estimator/links", links);
    g_test_add_func("/estimator/immediate-sources", immediate_sources);
    g_test_add_func("/estimator/shares", shares_a_bottleneck);
    g_test_add_func("/estimator/starts-fast", starts_fast);
    g_test_add_func("/estimator/slow-links", works_on_slow_links);
    g_test_add_func("/estimator/limited-source", a_limited_source_keeps_it_bounded);
    g_test_add_func("/estimator/receiver-reports", receiver_reports_do);
    g_test_add_func("/estimator/remb", remb_bounds);
    g_test_add_func("/estimator/dead-link", a_dead_link_lowers_it);
    g_test_add_func("/estimator/sequence", sequence_numbers_wrap);
    return g_test_run();
}
