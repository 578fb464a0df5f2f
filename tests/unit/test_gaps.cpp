#include "plugins/record/gaps.hpp"

using namespace rtc;

static constexpr gint64 ms = GST_MSECOND;

static Stamp at(gint64 time, guint64 duration = GST_CLOCK_TIME_NONE) {
    return Stamp{time * ms, std::nullopt, duration};
}

// Pictures don't say how long they last: the distance of the two before is taken.
static void pictures() {
    Gaps gaps;
    for (gint64 i = 0; i < 10; i++)
        gaps.add(at(i * 40), i == 0);
    gaps.add(at(400), true); // marked, and in time
    g_assert_cmpuint(gaps.count(), ==, 0);
    gaps.add(at(640), true); // five are lost
    g_assert_cmpuint(gaps.count(), ==, 1);
    g_assert_cmpint(gaps.missing(), ==, 200 * ms);
    gaps.add(at(840), false); // the sender's own pace
    g_assert_cmpuint(gaps.count(), ==, 1);
}

static void sound() {
    constexpr guint64 packet = 20 * GST_MSECOND;
    Gaps gaps;
    gaps.add(at(0, packet), true);
    gaps.add(at(20, packet), false);
    gaps.add(at(60, packet), true); // one is lost
    g_assert_cmpuint(gaps.count(), ==, 1);
    g_assert_cmpint(gaps.missing(), ==, 20 * ms);
    gaps.add(at(460, packet), false); // sent now and then while nobody speaks (DTX)
    g_assert_cmpuint(gaps.count(), ==, 1);
    gaps.add(at(2480, packet), false); // muted
    g_assert_cmpuint(gaps.count(), ==, 2);
    g_assert_cmpint(gaps.missing(), ==, 2020 * ms);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/gaps/pictures", pictures);
    g_test_add_func("/gaps/sound", sound);
    return g_test_run();
}
