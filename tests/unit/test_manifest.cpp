#include "plugins/record/manifest.hpp"

#include "plugins/record/messages.hpp"

#include <json-glib/json-glib.h>

using namespace rtc;

static Manifest example() {
    Manifest manifest;
    manifest.session = "a1";
    manifest.peer = "Zoë \"\\ \n\xff";
    manifest.started = adopt(g_date_time_new_utc(2026, 11, 21, 7, 42, 5.25));
    manifest.room = "green";
    manifest.snapshots = {"calls/a1.jpg"};
    TrackSummary audio{"a1/0", find_codec("opus"), 0, 0, 0, GST_SECOND, 50, 4000, 0, 2};
    TrackSummary video{"a1/1",
                       find_codec("VP8"),
                       640,
                       360,
                       gint64(200 * GST_MSECOND),
                       gint64(1500 * GST_MSECOND),
                       30,
                       90000,
                       7,
                       0};
    video.from = find_codec("H264");
    video.before_encoder = 3;
    TrackSummary silent{"a1/2", nullptr};
    manifest.tracks = {audio, video, silent};
    manifest.segments = {
        {"calls/a1.mkv", "mkv", 0, gint64(GST_SECOND), 60000, true, "5ea", manifest.started},
        {"calls/a1-2.mkv", "mkv", gint64(GST_SECOND), gint64(GST_SECOND / 2), 30000, false}};
    return manifest;
}

static Ref<JsonParser> parse(const Manifest& manifest) {
    auto parser = adopt(json_parser_new());
    GError* error = nullptr;
    auto text = to_json(manifest);
    json_parser_load_from_data(parser.get(), text.c_str(), -1, &error);
    g_assert_no_error(error);
    return parser;
}

static void running() {
    auto manifest = example();
    auto parser = parse(manifest);
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    g_assert_cmpstr(json_object_get_string_member(root, "state"), ==, "recording");
    g_assert_cmpstr(json_object_get_string_member(root, "started"), ==, "2026-11-21T07:42:05.250Z");
    g_assert_false(json_object_has_member(root, "stopped"));
    g_assert_false(json_object_has_member(root, "reason"));
}

static void finished() {
    auto manifest = example();
    manifest.stopped = adopt(g_date_time_new_utc(2026, 11, 21, 7, 42, 7));
    manifest.reason = "ended";
    auto parser = parse(manifest);
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    g_assert_cmpstr(json_object_get_string_member(root, "session"), ==, "a1");
    g_assert_true(g_str_has_prefix(json_object_get_string_member(root, "peer"), "Zoë \"\\ \n"));
    g_assert_cmpstr(json_object_get_string_member(root, "state"), ==, "finished");
    g_assert_cmpint(json_object_get_int_member(root, "duration_ns"), ==, 1500 * GST_MSECOND);
    g_assert_cmpint(json_object_get_int_member(root, "bytes"), ==, 90000);
    auto* tracks = json_object_get_array_member(root, "tracks");
    g_assert_cmpuint(json_array_get_length(tracks), ==, 3);
    auto* video = json_array_get_object_element(tracks, 1);
    g_assert_cmpstr(json_object_get_string_member(video, "codec"), ==, "VP8");
    g_assert_cmpstr(json_object_get_string_member(video, "transcoded_from"), ==, "H264");
    g_assert_cmpint(json_object_get_int_member(video, "dropped_before_encoder"), ==, 3);
    auto* audio = json_array_get_object_element(tracks, 0);
    g_assert_false(json_object_has_member(audio, "transcoded_from"));
    g_assert_false(json_object_has_member(audio, "dropped_before_encoder"));
    g_assert_cmpint(json_object_get_int_member(video, "width"), ==, 640);
    g_assert_cmpint(json_object_get_int_member(video, "first_ns"), ==, 200 * GST_MSECOND);
    g_assert_cmpint(json_object_get_int_member(video, "dropped_before_keyframe"), ==, 7);
    g_assert_false(json_object_has_member(json_array_get_object_element(tracks, 2), "first_ns"));
    auto* second = json_array_get_object_element(json_object_get_array_member(root, "segments"), 1);
    g_assert_cmpstr(json_object_get_string_member(second, "file"), ==, "a1-2.mkv");
    g_assert_false(json_object_get_boolean_member(second, "whole"));
    g_assert_false(json_object_has_member(second, "sha256"));
    g_assert_cmpstr(json_object_get_string_member(root, "room"), ==, "green");
    g_assert_cmpstr(json_object_get_string_member(root, "writer"), ==, "rtcrecordsink");
    auto* first = json_array_get_object_element(json_object_get_array_member(root, "segments"), 0);
    g_assert_cmpstr(json_object_get_string_member(first, "sha256"), ==, "5ea");
    g_assert_cmpstr(json_object_get_string_member(first, "started"), ==,
                    "2026-11-21T07:42:05.250Z");
    auto* snapshots = json_object_get_array_member(root, "snapshots");
    g_assert_cmpstr(json_array_get_string_element(snapshots, 0), ==, "a1.jpg");
}

static void messages() {
    auto manifest = example();
    manifest.reason = "eos";
    Owned<GstStructure> message{finished_message(manifest)};
    g_assert_true(gst_structure_has_name(message.get(), "rtc-recording-finished"));
    g_assert_cmpstr(gst_structure_get_string(message.get(), "location"), ==, "calls/a1.mkv");
    g_assert_cmpstr(gst_structure_get_string(message.get(), "reason"), ==, "eos");
    guint64 duration = 0;
    g_assert_true(gst_structure_get_uint64(message.get(), "duration", &duration));
    g_assert_cmpuint(duration, ==, 1500 * GST_MSECOND);
    const auto* tracks = gst_structure_get_value(message.get(), "tracks");
    g_assert_cmpuint(gst_value_array_get_size(tracks), ==, 2); // the silent one is none
    const auto* locations = gst_structure_get_value(message.get(), "locations");
    g_assert_cmpuint(gst_value_array_get_size(locations), ==, 2);
    Owned<GstStructure> segment{segment_message(manifest)};
    g_assert_cmpstr(gst_structure_get_string(segment.get(), "location"), ==, "calls/a1-2.mkv");
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/manifest/running", running);
    g_test_add_func("/manifest/finished", finished);
    g_test_add_func("/manifest/messages", messages);
    return g_test_run();
}
