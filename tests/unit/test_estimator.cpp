// The estimator on simulated links. Rates are in bit/s; a second flow's share counts as used.
#include "tests/unit/simulatedlink.hpp"

#include <algorithm>
#include <string>

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr GstClockTime s = GST_SECOND;
constexpr GstClockTime ms = GST_MSECOND;
const std::vector<std::pair<GstClockTime, double>> fall_and_rise = {
    {0, 3e6}, {30 * s, 1e6}, {60 * s, 3e6}};

struct Row {
    const char* name;
    LinkSettings link;
    double share;    // of the link, least, once settled
    double queueing; // ms, p95, at most, once settled
};

// 90 % of the link is used within 5 s of its fall and 10 s of its rise. What a link loses at random
// can't be had.
void check(const Row& row, guint seed) {
    auto link = row.link;
    link.rates = fall_and_rise;
    link.seed = seed;
    Simulation run(link);
    run.add_flow({});
    run.run(100 * s);
    double carries = 0.9 * (1 - link.loss);
    auto text = std::string(row.name) + ", seed " + std::to_string(seed);
    g_test_message("%s", text.c_str());
    g_assert_cmpuint(run.reaches(0, carries * 1e6, 30 * s), <=, 5 * s);
    g_assert_cmpuint(run.reaches(0, carries * 3e6, 60 * s), <=, 10 * s);
    // The link is left in peace 5 s after its fall.
    g_assert_cmpfloat(run.queueing(35 * s, 60 * s, 0.95), <, row.queueing);
    g_assert_cmpfloat(run.queueing(72 * s, 100 * s, 0.95), <, row.queueing);
    g_assert_cmpfloat(run.delivered(0, 40 * s, 60 * s), >, row.share * (1 - link.loss) * 1e6);
    g_assert_cmpfloat(run.delivered(0, 75 * s, 100 * s), >, row.share * (1 - link.loss) * 3e6);
}

void links() {
    const Row rows[] = {
        {"plain", {}, 0.85, 100},
        {"2 % loss", {.loss = 0.02}, 0.85, 100},
        {"10 % loss", {.loss = 0.1}, 0.85, 100},
        {"150 ms round trip", {.delay = 75 * ms}, 0.85, 100},
        {"50 ms queue", {.queue = 50 * ms}, 0.85, 100},
        {"50 ms jitter", {.jitter = 50 * ms}, 0.85, 250},
    };
    for (const auto& row : rows)
        for (guint seed : {1u, 2u, 3u})
            check(row, seed);
}

// Two peers behind one bottleneck, the second five seconds later: within 20 % of each other on
// average, and never far.
void shares_a_bottleneck() {
    for (auto delay : {25 * ms, 75 * ms}) {
        double sum = 0;
        constexpr guint seeds = 8;
        for (guint seed = 1; seed <= seeds; seed++) {
            Simulation run({.rates = {{0, 3e6}}, .delay = delay, .seed = seed});
            run.add_flow({});
            run.add_flow({.begin = 5 * s});
            run.run(100 * s);
            double first = run.delivered(0, 50 * s, 100 * s);
            double second = run.delivered(1, 50 * s, 100 * s);
            double ratio = std::max(first, second) / std::min(first, second);
            g_assert_cmpfloat(ratio, <, 1.5);
            g_assert_cmpfloat(first + second, >, 0.85 * 3e6);
            sum += ratio;
        }
        g_assert_cmpfloat(sum / seeds, <, 1.2);
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
    for (auto now = s; now < 9 * s; now += 100 * ms) {
        estimator.on_packet_sent(1000, now);
        estimator.tick(now);
    }
    g_assert_cmpuint(before, >=, 1'000'000);
    g_assert_cmpuint(estimator.target(), ==, 50'000);
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
