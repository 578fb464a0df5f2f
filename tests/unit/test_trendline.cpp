#include "plugins/bandwidth/trendline.hpp"

using namespace rtc;

namespace {

// Groups every 20 ms, of which each is delayed by `growth` ms more than the one before.
Usage feed(Trendline& trend, int groups, double growth) {
    static GstClockTime at;
    for (int i = 0; i < groups; i++) {
        at += 20 * GST_MSECOND;
        trend.update({20, 20 + growth, at});
    }
    return trend.usage();
}

void table() {
    struct Row {
        double growth; // ms a group
        Usage usage;
    };
    for (const auto& row : {Row{0, Usage::normal}, Row{0.1, Usage::normal}, Row{3, Usage::over},
                            Row{10, Usage::over}, Row{-3, Usage::under}}) {
        Trendline trend;
        feed(trend, 30, 0);
        g_assert_cmpint(int(feed(trend, 20, row.growth)), ==, int(row.usage));
    }
}

// An overuse is found within a dozen groups.
void is_quick() {
    Trendline trend;
    feed(trend, 30, 0);
    int groups = 0;
    while (feed(trend, 1, 5) != Usage::over)
        g_assert_cmpint(++groups, <, 12);
}

// The threshold follows a slow growth, such as a competing flow makes.
void threshold_adapts() {
    Trendline calm;
    feed(calm, 400, 0);
    g_assert_cmpfloat_with_epsilon(calm.threshold(), 6, 0.1);
    Trendline competing;
    feed(competing, 30, 0);
    double before = competing.threshold();
    feed(competing, 200, 1.5);
    g_assert_cmpfloat(competing.threshold(), >, before);
}

void ends_with_the_queue() {
    Trendline trend;
    feed(trend, 30, 0);
    g_assert_true(feed(trend, 20, 5) == Usage::over);
    feed(trend, 20, -5);
    g_assert_true(feed(trend, 60, 0) == Usage::normal);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/trendline/table", table);
    g_test_add_func("/trendline/is-quick", is_quick);
    g_test_add_func("/trendline/threshold-adapts", threshold_adapts);
    g_test_add_func("/trendline/ends-with-the-queue", ends_with_the_queue);
    return g_test_run();
}
