#include "plugins/record/timeline.hpp"

#include "signaling/base/refs.hpp"

using namespace rtc;

static constexpr GstClockTime ms = GST_MSECOND;

static Ref<GstBuffer> buffer(GstClockTime pts, GstClockTime dts = GST_CLOCK_TIME_NONE,
                             GstClockTime duration = GST_CLOCK_TIME_NONE) {
    auto result = adopt(gst_buffer_new());
    GST_BUFFER_PTS(result.get()) = pts;
    GST_BUFFER_DTS(result.get()) = dts;
    GST_BUFFER_DURATION(result.get()) = duration;
    return result;
}

static GstSegment segment(GstClockTime start = 0) {
    GstSegment result;
    gst_segment_init(&result, GST_FORMAT_TIME);
    result.start = result.position = start;
    return result;
}

static void running_time() {
    Timeline line;
    auto from = segment(1000 * GST_SECOND);
    auto stamp = line.place(from, buffer(1000 * GST_SECOND + 40 * ms).get());
    g_assert_cmpint(stamp->pts, ==, 40 * ms);
    g_assert_false(stamp->dts.has_value());
    // B-frames: the DTS of the first lies before the segment.
    Timeline reordered;
    auto first = reordered.place(from, buffer(1000 * GST_SECOND, 999960 * ms).get());
    g_assert_cmpint(first->pts, ==, 0);
    g_assert_cmpint(*first->dts, ==, -gint64(40 * ms));
    auto second =
        reordered.place(from, buffer(1000 * GST_SECOND + 80 * ms, 1000 * GST_SECOND).get());
    g_assert_cmpint(second->pts, ==, 80 * ms);
    auto third = reordered.place(
        from, buffer(1000 * GST_SECOND + 40 * ms, 1000 * GST_SECOND + 40 * ms).get());
    g_assert_cmpint(third->pts, ==, 40 * ms); // before the one before it, and rightly so
    g_assert_cmpuint(reordered.moved(), ==, 0);
}

static void forward_only() {
    Timeline line;
    auto from = segment();
    const GstClockTime times[] = {100, 120, 90, 95, 140, 140, 160};
    const gint64 expected[] = {100, 120, 122, 124, 140, 142, 160};
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        g_assert_cmpint(line.place(from, buffer(times[i] * ms).get())->pts, ==,
                        expected[i] * gint64(ms));
    g_assert_cmpuint(line.moved(), ==, 3);
}

static void behind_a_gap() {
    Timeline line;
    auto from = segment();
    line.advance(50 * ms); // before anything came: nothing to stand behind
    line.place(from, buffer(100 * ms).get());
    line.advance(300 * ms);
    line.advance(200 * ms);
    g_assert_cmpint(line.place(from, buffer(250 * ms).get())->pts, ==, 302 * ms);
    g_assert_cmpint(line.place(from, buffer(320 * ms).get())->pts, ==, 320 * ms);
}

static void without_timestamps() {
    Timeline line;
    auto from = segment();
    g_assert_false(line.place(from, buffer(GST_CLOCK_TIME_NONE).get()).has_value());
    line.place(from, buffer(100 * ms, GST_CLOCK_TIME_NONE, 20 * ms).get());
    g_assert_cmpint(line.place(from, buffer(GST_CLOCK_TIME_NONE).get())->pts, ==, 120 * ms);
    g_assert_cmpint(line.place(from, buffer(GST_CLOCK_TIME_NONE, 200 * ms).get())->pts, ==,
                    200 * ms);
}

static void applied() {
    auto target = buffer(0);
    apply_stamp(target.get(), {gint64(500 * ms), gint64(460 * ms), 20 * ms}, 480 * ms);
    g_assert_cmpuint(GST_BUFFER_PTS(target.get()), ==, 20 * ms);
    g_assert_cmpuint(GST_BUFFER_DTS(target.get()), ==, 0);
    g_assert_cmpuint(GST_BUFFER_DURATION(target.get()), ==, 20 * ms);
    apply_stamp(target.get(), {gint64(500 * ms), {}, GST_CLOCK_TIME_NONE}, 0);
    g_assert_cmpuint(GST_BUFFER_DTS(target.get()), ==, GST_CLOCK_TIME_NONE);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/timeline/running-time", running_time);
    g_test_add_func("/timeline/forward-only", forward_only);
    g_test_add_func("/timeline/behind-a-gap", behind_a_gap);
    g_test_add_func("/timeline/without-timestamps", without_timestamps);
    g_test_add_func("/timeline/applied", applied);
    return g_test_run();
}
