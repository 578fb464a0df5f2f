#include "plugins/transport/expectedloss.hpp"

#include <cmath>

using namespace rtc;

static bool near(double value, double expected) {
    return std::abs(value - expected) < 1e-6;
}

static void rises() {
    ExpectedLoss loss;
    auto now = 5 * GST_SECOND;
    g_assert_cmpfloat(loss.at(now), ==, 0);
    loss.report(0.2, 100, now);
    g_assert_true(near(loss.at(now), 0.1));
    loss.report(0.2, 100, now);
    g_assert_true(near(loss.at(now), 0.15));
    for (int i = 0; i < 20; i++)
        loss.report(0.2, 100, now += GST_SECOND / 10);
    g_assert_true(loss.at(now) > 0.19 && loss.at(now) < 0.2);
}

static void fades() {
    ExpectedLoss loss;
    loss.report(0.4, 100, 0);
    for (int second = 1; second <= 20; second++)
        loss.report(0, 100, second * GST_SECOND);
    g_assert_true(near(loss.at(20 * GST_SECOND), 0.05));
    // A report of less than is expected anyway changes nothing.
    loss.report(0.01, 100, 20 * GST_SECOND);
    g_assert_true(near(loss.at(30 * GST_SECOND), 0.025));
}

// A report of a few packets decides little, one of many nearly all.
static void weighs_reports() {
    ExpectedLoss few, many;
    few.report(0.5, 4, 0);
    g_assert_true(few.at(0) < 0.02);
    many.report(0.5, 800, 0);
    g_assert_true(many.at(0) > 0.49);
    many.report(0.9, 0, 0);
    g_assert_true(many.at(0) < 0.5);
}

static void nonsense() {
    ExpectedLoss loss;
    loss.report(7, 100, 10 * GST_SECOND);
    g_assert_true(near(loss.at(10 * GST_SECOND), 0.5));
    g_assert_true(near(loss.at(9 * GST_SECOND), 0.5)); // a clock that goes back
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/expected-loss/rises", rises);
    g_test_add_func("/expected-loss/fades", fades);
    g_test_add_func("/expected-loss/weighs-reports", weighs_reports);
    g_test_add_func("/expected-loss/nonsense", nonsense);
    return g_test_run();
}
