#include "plugins/record/decodetimes.hpp"

#include <array>

using namespace rtc;

static constexpr gint64 ms = 1000000;

// I0 P4 B2 b1 b3, as they are decoded: each is decoded before it is shown, and in order.
static void reordered() {
    constexpr std::array<gint64, 9> shown{0, 160, 80, 40, 120, 320, 240, 200, 280};
    std::array<gint64, 9> times{};
    for (size_t i = 0; i < shown.size(); i++)
        times[i] = shown[i] * ms;
    auto depth = DecodeTimes::depth_of(times);
    g_assert_cmpuint(depth, ==, 2);
    DecodeTimes decode(depth);
    gint64 last = -1;
    for (auto time : times) {
        auto decoded = decode.next(time);
        g_assert_cmpint(decoded, >, last);
        g_assert_cmpint(decoded, <=, time + gint64(depth) * ms); // the start has no room before 0
        last = decoded;
    }
    g_assert_cmpint(last, ==, 240 * ms);
}

static void in_order() {
    constexpr std::array<gint64, 3> shown{0, 33 * ms, 66 * ms};
    g_assert_cmpuint(DecodeTimes::depth_of(shown), ==, 0);
    DecodeTimes decode(0);
    for (auto time : shown)
        g_assert_cmpint(decode.next(time), ==, time);
    // Two of the same time still follow each other.
    g_assert_cmpint(decode.next(66 * ms), ==, 67 * ms);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/decodetimes/reordered", reordered);
    g_test_add_func("/decodetimes/in-order", in_order);
    return g_test_run();
}
