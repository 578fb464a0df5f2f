#include "plugins/transport/expectedloss.hpp"

#include <cmath>

using namespace rtc;

static bool near(double value, double expected) {
    return std::abs(value - expected) < 1e-6;
}

static void rises_at_once() {
    ExpectedLoss loss;
    g_assert_cmpfloat(loss.at(5 * GST_SECOND), ==, 0);
    loss.report(0.02, 5 * GST_SECOND);
    g_assert_true(near(loss.at(5 * GST_SECOND), 0.02));
    loss.report(0.2, 6 * GST_SECOND);
    g_assert_true(near(loss.at(6 * GST_SECOND), 0.2));
}

static void fades() {
    ExpectedLoss loss;
    loss.report(0.2, 0);
    for (int second = 1; second <= 20; second++)
        loss.report(0, second * GST_SECOND);
    g_assert_true(near(loss.at(20 * GST_SECOND), 0.05));
    // A report of less than is expected anyway changes nothing.
    loss.report(0.01, 20 * GST_SECOND);
    g_assert_true(near(loss.at(30 * GST_SECOND), 0.025));
}

static void nonsense() {
    ExpectedLoss loss;
    loss.report(7, 10 * GST_SECOND);
    g_assert_true(near(loss.at(10 * GST_SECOND), 1));
    g_assert_true(near(loss.at(9 * GST_SECOND), 1)); // a clock that goes back
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/expected-loss/rises-at-once", rises_at_once);
    g_test_add_func("/expected-loss/fades", fades);
    g_test_add_func("/expected-loss/nonsense", nonsense);
    return g_test_run();
}
