#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include "tests/support/sametext.hpp"

#include <memory>

using namespace rtc;

static int ref_count(gpointer object) {
    return int(G_OBJECT(object)->ref_count);
}

static void test_adopt_and_retain() {
    auto* raw = G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr));
    auto first = adopt(raw);
    g_assert_cmpint(ref_count(raw), ==, 1);
    {
        auto second = retain(raw);
        auto third = second;
        g_assert_cmpint(ref_count(raw), ==, 3);
        auto moved = std::move(third);
        g_assert_null(third.get());
        g_assert_cmpint(ref_count(raw), ==, 3);
    }
    g_assert_cmpint(ref_count(raw), ==, 1);
}

static void test_assignment() {
    auto* raw = G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr));
    gpointer weak = raw;
    g_object_add_weak_pointer(raw, &weak);
    auto ref = adopt(raw);
    auto& same = ref;
    ref = same;
    g_assert_cmpint(ref_count(raw), ==, 1);
    ref = adopt(G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr)));
    g_assert_null(weak);
}

static void test_release_and_out() {
    auto* raw = G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr));
    gpointer weak = raw;
    g_object_add_weak_pointer(raw, &weak);
    auto ref = adopt(raw);
    auto* given = ref.release();
    g_assert_false(bool(ref));
    *ref.out() = given;
    g_assert_true(ref.get() == raw);
    *ref.out() = G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr));
    g_assert_null(weak);
}

static void test_sink_floating() {
    auto element = sink(gst_element_factory_make("identity", nullptr));
    g_assert_false(g_object_is_floating(element.get()));
    g_assert_cmpint(ref_count(element.get()), ==, 1);
}

static void test_other_kinds() {
    auto caps = adopt(gst_caps_new_empty_simple("video/x-raw"));
    auto more = caps;
    g_assert_cmpint(GST_MINI_OBJECT_REFCOUNT_VALUE(caps.get()), ==, 2);
    Owned<char> text{g_strdup("x")};
    Owned<GstStructure> structure{gst_structure_new_empty("x")};
    g_assert_cmpstr(gst_structure_get_name(structure.get()), ==, text.get());
}

static void test_result() {
    Result<int> good = 4;
    g_assert_true(bool(good));
    g_assert_cmpint(*good, ==, 4);
    Result<std::string> bad = Error{"no port is free"};
    g_assert_false(bool(bad));
    RTC_ASSERT_TEXT(bad.error().message, "no port is free");
    Result<std::unique_ptr<int>> moved = std::make_unique<int>(3);
    auto inside = std::move(*moved);
    g_assert_cmpint(*inside, ==, 3);
    Result<void> nothing;
    g_assert_true(bool(nothing));
    Result<void> failed = Error{"x"};
    g_assert_false(bool(failed));
}

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/refs/adopt-and-retain", test_adopt_and_retain);
    g_test_add_func("/refs/assignment", test_assignment);
    g_test_add_func("/refs/release-and-out", test_release_and_out);
    g_test_add_func("/refs/sink-floating", test_sink_floating);
    g_test_add_func("/refs/other-kinds", test_other_kinds);
    g_test_add_func("/refs/result", test_result);
    return g_test_run();
}
