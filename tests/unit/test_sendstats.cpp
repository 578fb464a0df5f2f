#include "plugins/rtc/sendstats.hpp"

#include <json-glib/json-glib.h>

using namespace rtc;

namespace {

SinkStatistics two() {
    ViewerStatistics one{"a", "Ann \"A\" \\ \n", 1.5, 1, 2};
    one.sent.packets = G_GUINT64_CONSTANT(5'000'000'000);
    one.sent.estimate = 300'000;
    one.sent.loss = 0.25;
    Encoding encoding{"video_0", find_codec("VP8"), 1, "vp8enc", true, 640, 360, 700'000};
    encoding.viewers = 3;
    return {{one, {"b", ""}}, {encoding}};
}

void as_structure() {
    auto stats = to_structure(two());
    const auto* list = gst_structure_get_value(stats.get(), "viewers");
    g_assert_cmpuint(gst_value_list_get_size(list), ==, 2);
    const auto* one = gst_value_get_structure(gst_value_list_get_value(list, 0));
    guint64 packets = 0;
    double loss = 0;
    g_assert_true(gst_structure_get(one, "packets", G_TYPE_UINT64, &packets, "loss", G_TYPE_DOUBLE,
                                    &loss, nullptr));
    g_assert_cmpuint(packets, ==, G_GUINT64_CONSTANT(5'000'000'000));
    g_assert_cmpfloat(loss, ==, 0.25);
    const auto* encodings = gst_structure_get_value(stats.get(), "encodings");
    g_assert_cmpuint(gst_value_list_get_size(encodings), ==, 1);
    const auto* encoding = gst_value_get_structure(gst_value_list_get_value(encodings, 0));
    g_assert_cmpstr(gst_structure_get_string(encoding, "codec"), ==, "VP8");
    g_assert_cmpuint(
        gst_value_list_get_size(gst_structure_get_value(to_structure({}).get(), "viewers")), ==, 0);
}

void as_json() {
    g_assert_true(to_json({}) == "{\"viewers\":[],\"encodings\":[]}");
    auto parser = adopt(json_parser_new());
    GError* error = nullptr;
    json_parser_load_from_data(parser.get(), to_json(two()).c_str(), -1, &error);
    g_assert_no_error(error);
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    auto* list = json_object_get_array_member(root, "viewers");
    g_assert_cmpuint(json_array_get_length(list), ==, 2);
    auto* one = json_array_get_object_element(list, 0);
    g_assert_cmpstr(json_object_get_string_member(one, "peer"), ==, "Ann \"A\" \\ \n");
    g_assert_cmpint(json_object_get_int_member(one, "packets"), ==, 5'000'000'000);
    g_assert_cmpint(json_object_get_int_member(one, "rung"), ==, 1);
    g_assert_cmpint(json_object_get_int_member(one, "temporal-layer"), ==, 2);
    g_assert_cmpfloat(json_object_get_double_member(one, "seconds"), ==, 1.5);
    auto* encodings = json_object_get_array_member(root, "encodings");
    auto* encoding = json_array_get_object_element(encodings, 0);
    g_assert_cmpstr(json_object_get_string_member(encoding, "encoder"), ==, "vp8enc");
    g_assert_true(json_object_get_boolean_member(encoding, "running"));
    g_assert_cmpint(json_object_get_int_member(encoding, "height"), ==, 360);
    g_assert_cmpint(json_object_get_int_member(encoding, "viewers"), ==, 3);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sendstats/as-structure", as_structure);
    g_test_add_func("/sendstats/as-json", as_json);
    return g_test_run();
}
