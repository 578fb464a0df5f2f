#include "plugins/rtc/sendstats.hpp"

#include <json-glib/json-glib.h>

using namespace rtc;

namespace {

std::vector<ViewerStatistics> two() {
    ViewerStatistics one{"a", "Ann \"A\" \\ \n", 1.5, 1, {}};
    one.sent.packets = G_GUINT64_CONSTANT(5'000'000'000);
    one.sent.estimate = 300'000;
    one.sent.loss = 0.25;
    return {one, {"b", "", 0, 0, {}}};
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
    g_assert_cmpuint(
        gst_value_list_get_size(gst_structure_get_value(to_structure({}).get(), "viewers")), ==, 0);
}

void as_json() {
    g_assert_cmpstr(to_json({}).c_str(), ==, "{\"viewers\":[]}");
    auto parser = adopt(json_parser_new());
    GError* error = nullptr;
    json_parser_load_from_data(parser.get(), to_json(two()).c_str(), -1, &error);
    g_assert_no_error(error);
    auto* list = json_object_get_array_member(
        json_node_get_object(json_parser_get_root(parser.get())), "viewers");
    g_assert_cmpuint(json_array_get_length(list), ==, 2);
    auto* one = json_array_get_object_element(list, 0);
    g_assert_cmpstr(json_object_get_string_member(one, "peer"), ==, "Ann \"A\" \\ \n");
    g_assert_cmpint(json_object_get_int_member(one, "packets"), ==, 5'000'000'000);
    g_assert_cmpint(json_object_get_int_member(one, "rung"), ==, 1);
    g_assert_cmpfloat(json_object_get_double_member(one, "seconds"), ==, 1.5);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sendstats/as-structure", as_structure);
    g_test_add_func("/sendstats/as-json", as_json);
    return g_test_run();
}
