#include "plugins/bandwidth/probes.hpp"

#include "plugins/bandwidth/pacer.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime start = 100 * GST_SECOND;
constexpr GstClockTime ms = GST_MSECOND;

void asks_when_it_is_calm() {
    ProbeController probes;
    g_assert_false(probes.wanted(0, start).has_value());
    probes.set_target(1e6, 1e8);
    auto probe = probes.wanted(0, start);
    g_assert_cmpfloat_with_epsilon(probe->bitrate, 2e6, 1);
    // One at a time.
    g_assert_false(probes.wanted(0, start + 500 * ms).has_value());
    // One that showed more is followed soon,
    probes.result(1.9e6, start + 600 * ms);
    probes.set_target(1.9e6, 1e8);
    g_assert_true(probes.wanted(0, start + 800 * ms).has_value());
    // one that did not, not so soon,
    probes.result(1.9e6, start + 900 * ms);
    g_assert_false(probes.wanted(0, start + 5800 * ms).has_value());
    g_assert_true(probes.wanted(0, start + 5900 * ms).has_value());
    // nor after an overuse.
    probes.result({}, start + 6000 * ms);
    probes.overused(start + 10000 * ms);
    g_assert_false(probes.wanted(0, start + 13900 * ms).has_value());
    g_assert_true(probes.wanted(0, start + 14000 * ms).has_value());
}

void lasts_longer_where_arrivals_vary() {
    for (auto [jitter, bytes] : {std::pair{1.0, 7500u}, {10.0, 20'000u}, {50.0, 30'000u}}) {
        ProbeController probes;
        probes.set_target(2e6, 1e8);
        g_assert_cmpuint(probes.wanted(jitter, start)->bytes, ==, bytes);
    }
}

void goes_no_further_than_is_wanted() {
    ProbeController probes;
    probes.set_target(1e6, 1.5e6);
    g_assert_cmpfloat_with_epsilon(probes.wanted(0, start)->bitrate, 1.65e6, 1);
    probes.result(1.5e6, start);
    probes.set_target(1.5e6, 1.5e6);
    g_assert_false(probes.wanted(0, start + 60 * GST_SECOND).has_value());
}

// Ten packets of 1000 bytes, 4 ms apart (2 Mbit/s), that arrive `distance` µs apart.
std::optional<double> outcome(guint distance, guint lost = 0, double jitter = 0) {
    ProbeEstimator estimator;
    estimator.sent({start, start + 36 * ms, 10000, 10});
    for (guint i = 0; i < 10; i++) {
        auto received = i > 0 && i <= lost ? GST_CLOCK_TIME_NONE : i * distance * GST_USECOND;
        g_assert_false(estimator.take(jitter).has_value());
        estimator.add({i, start + i * 4 * ms, received, 1000});
    }
    auto result = estimator.take(jitter);
    g_assert_true(result.has_value());
    g_assert_false(estimator.take(jitter).has_value());
    return result->bitrate;
}

void what_a_probe_shows() {
    g_assert_cmpfloat_with_epsilon(*outcome(4000), 2e6, 1);
    g_assert_cmpfloat_with_epsilon(*outcome(4200), 2e6 / 1.05, 10);
    g_assert_cmpfloat_with_epsilon(*outcome(8000), 0.95e6, 1); // the link is full
    g_assert_cmpfloat_with_epsilon(*outcome(2500), 2e6, 1);    // bunched on the way
    g_assert_false(outcome(1000).has_value());                 // too much so
    g_assert_true(outcome(4000, 2).has_value());
    g_assert_false(outcome(4000, 3).has_value());
    // 36 ms that may have been 54 ms.
    g_assert_cmpfloat_with_epsilon(*outcome(4000, 0, 9), 0.95 * 72'000 / 0.054, 1);
}

void pacer_spreads() {
    Pacer pacer(2);
    pacer.set_target(500'000); // 1000 bytes in 8 ms
    auto now = start;
    g_assert_cmpuint(pacer.next(now), <=, now);
    for (int i = 0; i < 10; i++) {
        g_assert_false(pacer.sent(1000, now).has_value());
        now = MAX(now, pacer.next(now));
    }
    // 10 packets, less what was unused before the first.
    g_assert_cmpuint(now - start, ==, 75 * ms);
}

void pacer_empties_in_time() {
    Pacer pacer(2);
    pacer.set_target(500'000);
    pacer.set_queued(500'000, 500 * ms);
    g_assert_cmpfloat_with_epsilon(pacer.bitrate(), 8e6, 1);
    pacer.set_queued(1000, 500 * ms);
    g_assert_cmpfloat_with_epsilon(pacer.bitrate(), 1e6, 1);
}

void pacer_probes() {
    Pacer pacer;
    pacer.set_target(1e6);
    pacer.begin_probe({4e6, 5000}, start); // 1000 bytes in 2 ms
    auto now = start;
    for (int i = 0; i < 4; i++) {
        g_assert_false(pacer.sent(1000, now).has_value());
        now = pacer.next(now);
    }
    g_assert_cmpuint(pacer.probe_rest(), ==, 1000);
    auto probe = pacer.sent(1000, now);
    g_assert_true(probe.has_value());
    g_assert_cmpuint(probe->first, ==, start);
    g_assert_cmpuint(probe->last, ==, now);
    g_assert_cmpuint(probe->bytes, ==, 5000);
    g_assert_cmpuint(probe->packets, ==, 5);
    g_assert_false(pacer.probing());
    // One that ran out of packets ends with those that went.
    pacer.begin_probe({4e6, 5000}, now);
    g_assert_false(pacer.sent(1000, now).has_value());
    g_assert_cmpuint(pacer.end_probe()->packets, ==, 1);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/probes/when", asks_when_it_is_calm);
    g_test_add_func("/probes/how-far", goes_no_further_than_is_wanted);
    g_test_add_func("/probes/how-long", lasts_longer_where_arrivals_vary);
    g_test_add_func("/probes/outcome", what_a_probe_shows);
    g_test_add_func("/pacer/spreads", pacer_spreads);
    g_test_add_func("/pacer/empties", pacer_empties_in_time);
    g_test_add_func("/pacer/probes", pacer_probes);
    return g_test_run();
}
