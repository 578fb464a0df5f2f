#include "plugins/bandwidth/interarrival.hpp"

#include <utility>

using namespace rtc;

namespace {

constexpr GstClockTime us = GST_USECOND;

struct Step {
    int sent, received; // µs
    std::optional<std::pair<double, double>> delta = {};
};

void run(std::initializer_list<Step> steps) {
    InterArrival groups;
    gint64 sequence = 0;
    for (const auto& step : steps) {
        auto delta = groups.add(
            {sequence++, GST_SECOND + guint(step.sent) * us, guint(step.received) * us, 1000});
        g_assert_cmpint(delta.has_value(), ==, step.delta.has_value());
        if (!delta)
            continue;
        g_assert_cmpfloat_with_epsilon(delta->sent, step.delta->first, 1e-9);
        g_assert_cmpfloat_with_epsilon(delta->received, step.delta->second, 1e-9);
    }
}

// Two groups must be complete before they can be compared.
void groups_by_five_ms() {
    run({{0, 100},
         {4000, 4100},
         {20000, 20100},
         {21000, 23000},
         {40000, 40100, {{17, 18.9}}},
         {60000, 60100, {{19, 17.1}}}});
}

// What a radio held back and let go at once is one group.
void bursts() {
    run({{0, 100000},
         {10000, 101000},
         {20000, 102000},
         {40000, 140000},
         {60000, 160000, {{20, 38}}}});
}

// Every other group is 8 ms late: 8 ms more, then 8 ms less.
void tells_how_irregular_it_is() {
    InterArrival groups;
    for (guint i = 0; i < 50; i++)
        groups.add({i, GST_SECOND + i * 20'000 * us, (i * 20'000) * us, 1000});
    g_assert_cmpfloat(groups.jitter(), <, 1e-9);
    for (guint i = 50; i < 150; i++)
        groups.add({i, GST_SECOND + i * 20'000 * us, (i * 20'000 + i % 2 * 8000) * us, 1000});
    g_assert_cmpfloat_with_epsilon(groups.jitter(), 8, 0.1);
}

void late_packets_are_passed_over() {
    run({{0, 0}, {20000, 20000}, {10000, 21000}, {40000, 40000, {{20, 20}}}});
}

void a_clock_that_jumps_starts_anew() {
    run({{0, 0},
         {20000, 20000},
         {40000, 5040000, {{20, 20}}},
         {60000, 5060000},
         {80000, 5080000},
         {100000, 5100000, {{20, 20}}}});
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/interarrival/groups-by-five-ms", groups_by_five_ms);
    g_test_add_func("/interarrival/bursts", bursts);
    g_test_add_func("/interarrival/jitter", tells_how_irregular_it_is);
    g_test_add_func("/interarrival/late-packets", late_packets_are_passed_over);
    g_test_add_func("/interarrival/clock-jump", a_clock_that_jumps_starts_anew);
    return g_test_run();
}
