#include "plugins/receive/runningtime.hpp"

using namespace rtc;

static Ref<GstBuffer> buffer(GstClockTime pts, GstClockTime dts = GST_CLOCK_TIME_NONE) {
    auto result = adopt(gst_buffer_new());
    GST_BUFFER_PTS(result.get()) = pts;
    GST_BUFFER_DTS(result.get()) = dts;
    return result;
}

static GstSegment segment(GstClockTime start, GstClockTime base) {
    GstSegment result;
    gst_segment_init(&result, GST_FORMAT_TIME);
    result.start = start;
    result.base = base;
    return result;
}

static void plain_stays() {
    RunningTime time;
    auto one = buffer(5 * GST_SECOND);
    auto* same = one.get();
    auto keep = one;
    g_assert_true(time.apply(std::move(one)).get() == same);
    g_assert_cmpuint(GST_BUFFER_PTS(same), ==, 5 * GST_SECOND);
    time.set_segment(segment(0, 0));
    g_assert_true(time.apply(std::move(keep)).get() == same);
}

static void shifted() {
    RunningTime time;
    time.set_segment(segment(2 * GST_SECOND, 10 * GST_SECOND));
    auto original = buffer(3 * GST_SECOND, 2 * GST_SECOND);
    auto mapped = time.apply(original);
    g_assert_cmpuint(GST_BUFFER_PTS(mapped.get()), ==, 11 * GST_SECOND);
    g_assert_cmpuint(GST_BUFFER_DTS(mapped.get()), ==, 10 * GST_SECOND);
    g_assert_cmpuint(GST_BUFFER_PTS(original.get()), ==, 3 * GST_SECOND); // somebody else's
    g_assert_cmpuint(time.apply(GstClockTime(2 * GST_SECOND)), ==, 10 * GST_SECOND);
}

static void before_the_start() {
    RunningTime time;
    time.set_segment(segment(20 * GST_SECOND, 10 * GST_SECOND));
    auto mapped = time.apply(buffer(5 * GST_SECOND));
    g_assert_cmpuint(GST_BUFFER_PTS(mapped.get()), ==, 0);
    g_assert_false(GST_BUFFER_DTS_IS_VALID(mapped.get()));
}

static void other_format() {
    RunningTime time;
    GstSegment bytes;
    gst_segment_init(&bytes, GST_FORMAT_BYTES);
    bytes.start = 77;
    time.set_segment(bytes);
    g_assert_cmpuint(time.apply(GstClockTime(GST_SECOND)), ==, GST_SECOND);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/runningtime/plain-stays", plain_stays);
    g_test_add_func("/runningtime/shifted", shifted);
    g_test_add_func("/runningtime/before-the-start", before_the_start);
    g_test_add_func("/runningtime/other-format", other_format);
    return g_test_run();
}
