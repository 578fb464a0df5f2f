#include "plugins/bandwidth/ratecontrol.hpp"

#include "plugins/bandwidth/throughput.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime s = GST_SECOND;
constexpr GstClockTime ms = GST_MSECOND;
constexpr GstClockTime start = 100 * GST_SECOND;
constexpr GstClockTime step = 50 * GST_MSECOND;

void feed(RateControl& rate, Usage usage, double throughput, double seconds, GstClockTime& now) {
    for (auto end = now + GstClockTime(seconds * double(GST_SECOND)); now < end; now += step)
        rate.update(usage, throughput, now);
}

void grows_by_a_share_far_from_the_limit() {
    RateControl rate(1e6);
    auto now = start;
    feed(rate, Usage::normal, 1e7, 1, now);
    rate.update(Usage::normal, 1e7, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1.08e6, 1e3);
}

void never_far_above_what_arrives() {
    RateControl rate(1e6);
    auto now = start;
    feed(rate, Usage::normal, 4e5, 60, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1e6, 1);
    RateControl slow(1e5);
    feed(slow, Usage::normal, 4e5, 60, now);
    g_assert_cmpfloat_with_epsilon(slow.bitrate(), 5.5e5, 1);
}

void overuse_takes_a_share_of_what_arrived() {
    RateControl rate(3e6);
    rate.set_rtt(50 * GST_MSECOND);
    auto now = start;
    rate.update(Usage::over, 2e6, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1.8e6, 1);
    // Not again before it can have had an effect,
    rate.update(Usage::over, 1.5e6, now + 20 * GST_MSECOND);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1.8e6, 1);
    // unless it is far off.
    rate.update(Usage::over, 5e5, now + 30 * GST_MSECOND);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 4.5e5, 1);
    rate.update(Usage::over, 4e5, now + 90 * GST_MSECOND);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 3.6e5, 1);
}

void waits_while_the_queue_empties() {
    RateControl rate(1e6);
    auto now = start;
    feed(rate, Usage::under, 1e6, 5, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1e6, 1);
}

void grows_by_packets_near_the_limit() {
    RateControl rate(1.2e6);
    rate.set_rtt(100 * GST_MSECOND);
    auto now = start;
    rate.update(Usage::over, 8.5e5 / 0.9, now);
    g_assert_true(rate.capacity().estimate().has_value());
    double before = rate.bitrate();
    feed(rate, Usage::normal, 8.5e5, 1, now);
    g_assert_cmpfloat(rate.bitrate() - before, >, 60e3);
    g_assert_cmpfloat(rate.bitrate() - before, <, 0.15 * 1e6);
}

void forgets_a_limit_that_is_gone() {
    RateControl rate(1.2e6);
    auto now = start;
    rate.update(Usage::over, 1e6, now);
    rate.update(Usage::normal, 2e6, now + GST_SECOND);
    g_assert_false(rate.capacity().estimate().has_value());
}

void limits() {
    RateControl rate(1e6);
    rate.set_limits(5e5, 1.05e6);
    auto now = start;
    feed(rate, Usage::normal, 1e7, 5, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 1.05e6, 1);
    feed(rate, Usage::over, 1e5, 5, now);
    g_assert_cmpfloat_with_epsilon(rate.bitrate(), 5e5, 1);
}

void throughput() {
    Throughput rate;
    g_assert_false(rate.bitrate().has_value());
    for (guint i = 0; i < 100; i++)
        rate.add({i, 0, 5 * s + i * 10 * ms, 1250});
    g_assert_cmpfloat_with_epsilon(*rate.bitrate(), 1e6, 1);
    for (guint i = 0; i < 100; i++)
        rate.add({100 + i, 0, 6 * s + i * 20 * ms, 1250});
    g_assert_cmpfloat_with_epsilon(*rate.bitrate(), 5e5, 1);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/ratecontrol/far", grows_by_a_share_far_from_the_limit);
    g_test_add_func("/ratecontrol/what-arrives", never_far_above_what_arrives);
    g_test_add_func("/ratecontrol/overuse", overuse_takes_a_share_of_what_arrived);
    g_test_add_func("/ratecontrol/under", waits_while_the_queue_empties);
    g_test_add_func("/ratecontrol/near", grows_by_packets_near_the_limit);
    g_test_add_func("/ratecontrol/forgets", forgets_a_limit_that_is_gone);
    g_test_add_func("/ratecontrol/limits", limits);
    g_test_add_func("/throughput/window", throughput);
    return g_test_run();
}
