// What a stream takes: lately, and at most.
#include "plugins/bandwidth/ratemeter.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime ms = GST_MSECOND;
constexpr GstClockTime start = 100 * GST_SECOND;

// A packet each 10 ms, from one time to another, in ms.
void run(RateMeter& meter, guint from, guint to, guint bitrate) {
    for (guint at = from; at < to; at += 10)
        meter.add(bitrate / 800, start + at * ms);
}

void measures() {
    RateMeter meter;
    g_assert_cmpuint(meter.rate(start), ==, 0);
    g_assert_cmpuint(meter.peak(start), ==, 0);
    run(meter, 0, 400, 800'000);
    g_assert_cmpuint(meter.rate(start + 400 * ms), ==, 0); // not yet
    // From the first half second on, and over two seconds at most.
    run(meter, 400, 1000, 800'000);
    g_assert_cmpuint(meter.rate(start + 1000 * ms), ==, 800'000);
    g_assert_cmpuint(meter.peak(start + 1000 * ms), ==, 800'000);
    run(meter, 1000, 3000, 800'000);
    g_assert_cmpuint(meter.rate(start + 3000 * ms), ==, 800'000);
    run(meter, 3000, 4000, 400'000);
    g_assert_cmpuint(meter.rate(start + 4000 * ms), ==, 600'000);
    run(meter, 4000, 5000, 400'000);
    g_assert_cmpuint(meter.rate(start + 5000 * ms), ==, 400'000);
}

void remembers_the_most() {
    RateMeter meter;
    run(meter, 0, 1000, 8'000'000); // the first keyframe
    run(meter, 1000, 5000, 800'000);
    // What is short does not count for long times.
    g_assert_cmpuint(meter.peak(start + 5000 * ms), ==, 4'400'000);
    run(meter, 5000, 13'000, 800'000);
    g_assert_cmpuint(meter.peak(start + 13'000 * ms), ==, 800'000);
}

void a_silent_stream_takes_nothing() {
    RateMeter meter;
    run(meter, 0, 3000, 800'000);
    g_assert_cmpuint(meter.rate(start + 4000 * ms), ==, 400'000);
    g_assert_cmpuint(meter.rate(start + 6000 * ms), ==, 0);
    g_assert_cmpuint(meter.peak(start + 6000 * ms), ==, 800'000);
    g_assert_cmpuint(meter.peak(start + 20'000 * ms), ==, 0);
    meter.add(100, start + 21'000 * ms); // it goes on
    g_assert_cmpuint(meter.rate(start + 22'000 * ms), ==, 400);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/ratemeter/measures", measures);
    g_test_add_func("/ratemeter/remembers-the-most", remembers_the_most);
    g_test_add_func("/ratemeter/silent", a_silent_stream_takes_nothing);
    return g_test_run();
}
