// What is done to a call while it is recorded: segments, pauses, snapshots; and losses.
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

#include <algorithm>
#include <cstring>

using namespace rtc;
using namespace rtc::test;

static guint act(const Rig& rig, const char* action, const char* session) {
    guint count = 0;
    g_signal_emit_by_name(rig.sink(), action, session, &count);
    return count;
}

static guint64 segment_count(GstMessage* finished) {
    return gst_value_array_get_size(
        gst_structure_get_value(gst_message_get_structure(finished), "locations"));
}

// --- segments ---

// Feeds both media second by second.
static void push_both(Feed& video, Feed& audio, guint from, guint to) {
    for (guint second = from; second < to; second++) {
        video.push(second * 30, second * 30 + 30);
        audio.push(second * 50, second * 50 + 50);
    }
}

// Every frame and every packet is in one of the files, none in two.
static void expect_all(const std::vector<std::string>& files, const char* codec) {
    guint pictures = 0;
    guint packets = 0;
    for (const auto& file : files) {
        auto probed = judge(file);
        g_assert_cmpuint(probed.streams.size(), ==, 2);
        pictures += probed.find(codec)->frames;
        packets += probed.find("opus")->frames;
    }
    g_assert_cmpuint(pictures, ==, video_frames);
    RTC_ASSERT_NEAR(packets, audio_frames, files.size()); // a decoder may swallow a file's first
}

struct SegmentRow {
    const char* name;
    const char* video;
    const char* codec;
    const char* ending;
    const char* property;
    guint64 limit;
};
static const SegmentRow segment_rows[] = {
    {"duration-mkv", "vp8", "vp8", "mkv", "segment-duration", 900},
    {"duration-mp4", "h264", "h264", "mp4", "segment-duration", 900},
    {"size-mkv", "h264", "h264", "mkv", "segment-size", 1000},
};

// Longer than 0.9 s, and a keyframe each second: three files of a second.
static void segments(gconstpointer data) {
    const auto& row = *static_cast<const SegmentRow*>(data);
    Folder folder;
    auto name = [&](guint number) {
        return folder.file("s1-" + std::to_string(number) + "." + row.ending);
    };
    Rig rig(folder.file(std::string("{session}-{seq}.") + row.ending),
            [&](GstElement* sink) { g_object_set(sink, row.property, row.limit, nullptr); });
    Feed video(rig, row.video, 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    push_both(video, audio, 0, 1);
    rig.wait_for("rtc-recording-started");
    push_both(video, audio, 1, 2);
    rig.wait_for("rtc-recording-segment");
    push_both(video, audio, 2, 3);
    auto segment = rig.wait_for("rtc-recording-segment");
    RTC_ASSERT_TEXT(text_of(segment.get(), "location"), name(3));
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    g_assert_cmpuint(segment_count(finished.get()), ==, 3);
    expect_all({name(1), name(2), name(3)}, row.codec);
    RTC_ASSERT_NEAR(judge(name(2)).duration, 1, 0.1);
}

static void split_on_request() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    g_assert_cmpuint(act(rig, "split-now", nullptr), ==, 0);
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    push_both(video, audio, 0, 1);
    rig.wait_for("rtc-recording-started");
    video.push(30, 40);
    g_assert_cmpuint(act(rig, "split-now", "another"), ==, 0);
    g_assert_cmpuint(act(rig, "split-now", "s1"), ==, 1);
    video.push(40, 70);
    g_assert_cmpuint(video.keyframe_requests(), ==, 1);
    audio.push(50, 150);
    rig.wait_for("rtc-recording-segment");
    video.push(70, 90);
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    g_assert_cmpuint(segment_count(finished.get()), ==, 2);
    expect_all({folder.file("s1.mkv"), folder.file("s1-2.mkv")}, "vp8");
}

// Without pictures there is no keyframe to wait for.
static void split_sound() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "track-timeout", 0, nullptr); });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    rig.wait_for("rtc-recording-started");
    act(rig, "split-now", nullptr);
    audio.push(50, 150);
    rig.wait_for("rtc-recording-segment");
    audio.end();
    rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_NEAR(judge(folder.file("s1.mkv")).duration, 1, 0.05);
    RTC_ASSERT_NEAR(judge(folder.file("s1-2.mkv")).duration, 2, 0.05);
}

// --- pauses ---

static void paused(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name));
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    push_both(video, audio, 0, 1);
    rig.wait_for("rtc-recording-started");
    g_assert_cmpuint(act(rig, "pause", "s1"), ==, 1);
    push_both(video, audio, 1, 2);
    g_assert_cmpuint(act(rig, "resume", "s1"), ==, 1);
    push_both(video, audio, 2, 3);
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_NEAR(number_of(finished.get(), "duration"), 2 * GST_SECOND, 50 * GST_MSECOND);
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", name}));
    auto probed = judge(folder.file(name));
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.find("opus")->frames, 100, 1);
    RTC_ASSERT_NEAR(probed.duration, 2, 0.05);
    auto manifest = read_manifest(folder.file("s1.json"));
    g_assert_cmpint(json_object_get_int_member(manifest.get(), "pauses"), ==, 1);
    RTC_ASSERT_NEAR(json_object_get_int_member(manifest.get(), "paused_ns"), GST_SECOND,
                    50 * GST_MSECOND);
}

// --- snapshots ---

static guint take_snapshot(const Rig& rig, const char* session, const char* location) {
    guint count = 0;
    g_signal_emit_by_name(rig.sink(), "snapshot", session, location, &count);
    return count;
}

static void snapshot(gconstpointer media_name) {
    Folder folder;
    Rig rig(folder.file("s1.mkv"));
    Feed video(rig, static_cast<const char*>(media_name), 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    push_both(video, audio, 0, 1);
    rig.wait_for("rtc-recording-started");
    g_assert_cmpuint(take_snapshot(rig, "s1", nullptr), ==, 1);
    push_both(video, audio, 1, 2);
    auto taken = rig.wait_for("rtc-recording-snapshot");
    auto location = text_of(taken.get(), "location");
    RTC_ASSERT_TEXT(location, folder.file("s1.jpg"));
    auto picture = judge(location);
    g_assert_cmpuint(picture.streams.size(), ==, 1);
    RTC_ASSERT_TEXT(picture.streams[0].codec, "mjpeg");
    g_assert_cmpint(picture.streams[0].width, ==, 320);
    // No keyframe comes any more: the last one has to do. What is there stays.
    g_assert_cmpuint(take_snapshot(rig, nullptr, location.c_str()), ==, 1);
    auto again = rig.wait_for("rtc-recording-snapshot");
    RTC_ASSERT_TEXT(text_of(again.get(), "location"), folder.file("s1-2.jpg"));
    judge(folder.file("s1-2.jpg"));
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
}

static void snapshot_without_picture() {
    Folder folder;
    Rig rig(folder.file("s1.mkv"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push_all();
    take_snapshot(rig, "s1", nullptr);
    auto warning = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(warning.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(strstr(error->message, "no picture"));
}

// --- losses ---

static void lost_picture(gconstpointer data) {
    bool keep = GPOINTER_TO_INT(data);
    Folder folder;
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        gst_util_set_object_arg(G_OBJECT(sink), "loss-policy",
                                keep ? "keep" : "drop-until-keyframe");
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push(0, 35);
    video.lose(); // 35 to 39
    video.push(40, 90);
    g_assert_cmpuint(video.keyframe_requests(), ==, keep ? 0 : 1);
    audio.push_all();
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file("s1.mkv"), keep); // decoders may complain of what was kept
    g_assert_cmpuint(probed.find("vp8")->frames, ==, keep ? 85 : 65);
    auto manifest = read_manifest(folder.file("s1.json"));
    auto* tracks = json_object_get_array_member(manifest.get(), "tracks");
    auto* track = json_array_get_object_element(tracks, 0);
    g_assert_cmpint(json_object_get_int_member(track, "gaps"), ==, keep ? 1 : 0);
    g_assert_cmpint(json_object_get_int_member(track, "dropped_after_loss"), ==, keep ? 0 : 20);
}

// A track that falls silent is told of, and that it is there again; the other one goes on
// meanwhile.
static void stalled() {
    Folder folder;
    Rig rig(folder.file("call.mkv"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    push_both(video, audio, 0, 1);
    rig.wait_for("rtc-recording-started");
    auto is_stalled = [](GstMessage* message) {
        gboolean value = -1;
        gst_structure_get_boolean(gst_message_get_structure(message), "stalled", &value);
        return value;
    };
    std::vector<std::string> kinds;
    for (int i = 0; i < 2; i++) {
        auto told = rig.wait_for("rtc-recording-stalled");
        g_assert_true(is_stalled(told.get()));
        kinds.push_back(text_of(told.get(), "kind"));
    }
    std::sort(kinds.begin(), kinds.end());
    g_assert_true((kinds == std::vector<std::string>{"audio", "video"}));
    audio.push(50, 100);
    auto told = rig.wait_for("rtc-recording-stalled");
    RTC_ASSERT_TEXT(text_of(told.get(), "kind"), "audio");
    RTC_ASSERT_TEXT(text_of(told.get(), "track"), "s1/0");
    g_assert_false(is_stalled(told.get()));
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_cmpuint(judge(folder.file("call.mkv")).find("opus")->frames, ==, 100);
    auto manifest = read_manifest(folder.file("call.json"));
    auto* tracks = json_object_get_array_member(manifest.get(), "tracks");
    for (guint i = 0; i < 2; i++)
        g_assert_cmpint(
            json_object_get_int_member(json_array_get_object_element(tracks, i), "stalls"), ==, 1);
}

// What the source knows of the sender's clock is in the manifest.
static void sender_clock() {
    Folder folder;
    Rig rig(folder.file("call.mkv"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    audio.tell(make_sender_clock({200 * GST_SECOND, 10 * GST_MSECOND, -2 * GST_MSECOND}));
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto manifest = read_manifest(folder.file("call.json"));
    auto* tracks = json_object_get_array_member(manifest.get(), "tracks");
    auto* track = json_array_get_object_element(tracks, 0);
    g_assert_cmpint(json_object_get_int_member(track, "clock_watched_ns"), ==, 200 * GST_SECOND);
    g_assert_cmpint(json_object_get_int_member(track, "clock_drift_ns"), ==, 10 * GST_MSECOND);
    RTC_ASSERT_NEAR(json_object_get_double_member(track, "clock_drift_ppm"), 50, 0.001);
    g_assert_cmpint(json_object_get_int_member(track, "sync_error_ns"), ==, -2 * GST_MSECOND);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const auto& row : segment_rows)
        g_test_add_data_func((std::string("/recording/segments/") + row.name).c_str(), &row,
                             segments);
    g_test_add_func("/recording/split-on-request", split_on_request);
    g_test_add_func("/recording/split-sound", split_sound);
    g_test_add_func("/recording/stalled", stalled);
    g_test_add_func("/recording/sender-clock", sender_clock);
    for (const char* ending : {"mkv", "mp4"})
        g_test_add_data_func((std::string("/recording/paused/") + ending).c_str(), ending, paused);
    for (const char* codec : {"h264", "vp8", "vp9"})
        g_test_add_data_func((std::string("/recording/snapshot/") + codec).c_str(), codec,
                             snapshot);
    g_test_add_func("/recording/snapshot-without-picture", snapshot_without_picture);
    g_test_add_data_func("/recording/loss/drop-until-keyframe", GINT_TO_POINTER(FALSE),
                         lost_picture);
    g_test_add_data_func("/recording/loss/keep", GINT_TO_POINTER(TRUE), lost_picture);
    return g_test_run();
}
