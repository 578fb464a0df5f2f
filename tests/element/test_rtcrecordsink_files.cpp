// What stands beside the media: names, permissions, manifests; and limits.
#include "tests/element/recording_rig.hpp"

#include "plugins/record/digest.hpp"
#include "plugins/record/manifestfile.hpp"
#include "tests/support/sametext.hpp"

#include <cstring>
#include <glib/gstdio.h>
#include <set>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <utime.h>

using namespace rtc;
using namespace rtc::test;

// What is free on the disk is what a test says: this one is found before the C library's.
static std::atomic<guint64> free_bytes = G_MAXUINT32;
extern "C" __attribute__((visibility("default"))) int statvfs(const char*, struct statvfs* system) {
    *system = {};
    system->f_frsize = 1;
    system->f_bavail = free_bytes;
    return 0;
}

static guint permissions(const std::string& path) {
    struct stat status {};
    g_assert_cmpint(stat(path.c_str(), &status), ==, 0);
    return status.st_mode & 0777;
}

static std::string sha256_of(const std::string& path) {
    std::atomic<bool> stop = false;
    return *sha256_of_file(path, stop);
}

static const GstStructure* item(GstMessage* message, const char* list, guint index) {
    const auto* values = gst_structure_get_value(gst_message_get_structure(message), list);
    g_assert_cmpuint(gst_value_array_get_size(values), >, index);
    return gst_value_get_structure(gst_value_array_get_value(values, index));
}

static JsonObject* element(const Ref<JsonObject>& manifest, const char* list, guint index) {
    auto* array = json_object_get_array_member(manifest.get(), list);
    g_assert_cmpuint(json_array_get_length(array), >, index);
    return json_array_get_object_element(array, index);
}

// --- manifest ---

static void manifest_and_message() {
    Folder folder;
    Rig rig(folder.file("{room}/{session}.mkv"));
    Feed video(rig, "vp8", 7, "s1/1", "s1", "bob", "green");
    Feed audio(rig, "opus", 7, "s1/0", "s1", "bob", "green");
    video.push(0, 60);
    video.lose();
    video.push(60, 90);
    audio.push_all();
    video.end("hangup");
    audio.end("hangup");
    auto message = rig.wait_for("rtc-recording-finished");
    auto file = folder.file("green/s1.mkv");
    auto sum = sha256_of(file);
    RTC_ASSERT_TEXT(text_of(message.get(), "room"), "green");
    RTC_ASSERT_TEXT(gst_structure_get_string(item(message.get(), "segments", 0), "sha256"), sum);
    guint64 losses = 0;
    gst_structure_get_uint64(item(message.get(), "tracks", 0), "losses", &losses);
    g_assert_cmpuint(losses, ==, 1);

    auto manifest = read_manifest(folder.file("green/s1.json"));
    for (auto [member, expected] : {std::pair("session", "s1"),
                                    {"peer", "bob"},
                                    {"room", "green"},
                                    {"state", "finished"},
                                    {"reason", "hangup"}})
        g_assert_cmpstr(json_object_get_string_member(manifest.get(), member), ==, expected);
    RTC_ASSERT_TEXT(text_of(message.get(), "id"),
                    json_object_get_string_member(manifest.get(), "id"));
    g_assert_true(g_uuid_string_is_valid(json_object_get_string_member(manifest.get(), "id")));
    auto* segment = element(manifest, "segments", 0);
    RTC_ASSERT_TEXT(json_object_get_string_member(segment, "sha256"), sum);
    g_assert_true(json_object_get_boolean_member(segment, "whole"));
    RTC_ASSERT_NEAR(json_object_get_int_member(segment, "duration_ns"),
                    seconds_of_media * GST_SECOND, 100 * GST_MSECOND);
    g_assert_cmpint(json_object_get_int_member(element(manifest, "tracks", 0), "losses"), ==, 1);
    g_assert_cmpint(json_object_get_int_member(element(manifest, "tracks", 1), "losses"), ==, 0);
}

// The sum of a file is in the manifest while the call goes on in the next one.
static void manifest_of_segments() {
    Folder folder;
    Rig rig(folder.file("{session}-{seq}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "segment-duration", 900, nullptr); });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    for (guint second = 0; second < 2; second++) {
        video.push(second * 30, second * 30 + 30);
        audio.push(second * 50, second * 50 + 50);
        rig.wait_for(second ? "rtc-recording-segment" : "rtc-recording-started");
    }
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!json_object_has_member(element(read_manifest(folder.file("s1-1.json")), "segments", 0),
                                   "sha256")) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto manifest = read_manifest(folder.file("s1-1.json"));
    for (guint i = 0; i < 2; i++)
        RTC_ASSERT_TEXT(json_object_get_string_member(element(manifest, "segments", i), "sha256"),
                        sha256_of(folder.file("s1-" + std::to_string(i + 1) + ".mkv")));
}

static void without_checksum() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "checksum", FALSE, nullptr); });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push_all();
    audio.end();
    auto message = rig.wait_for("rtc-recording-finished");
    g_assert_false(gst_structure_has_field(item(message.get(), "segments", 0), "sha256"));
}

// --- permissions ---

static void file_mode() {
    Folder folder;
    Rig rig(folder.file("private/{session}.mp4"), [](GstElement* sink) {
        g_object_set(sink, "file-mode", "0640", "track-timeout", 0, nullptr);
    });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    rig.wait_for("rtc-recording-started");
    g_assert_cmpuint(permissions(folder.file("private/s1.mp4.part")), ==, 0640);
    Feed video(rig, "h264", 7, "s1/1", "s1"); // late: the file is composed
    video.push_all();
    if (adopt(gst_element_factory_find("jpegenc"))) {
        guint count = 0;
        g_signal_emit_by_name(rig.sink(), "snapshot", nullptr, nullptr, &count);
        auto snapshot = rig.wait_for("rtc-recording-snapshot");
        g_assert_cmpuint(permissions(text_of(snapshot.get(), "location")), ==, 0640);
    }
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_cmpuint(permissions(folder.file("private/s1.mp4")), ==, 0640);
    g_assert_cmpuint(permissions(folder.file("private/s1.json")), ==, 0640);
    g_assert_cmpuint(permissions(folder.file("private")) & 0707, ==, 0700);
}

// --- limits ---

// Both tracks end where the limit is, whichever comes first; the call brings more, for nothing.
static void max_duration() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"), [](GstElement* sink) {
        g_object_set(sink, "max-duration", 2000, "stall-timeout", 20000, nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 1);
    video.push_all();
    audio.push(1, audio_frames);
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "max-duration");
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.find("vp8")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.find("opus")->frames, 100, 2);
    Feed late(rig, "opus", 7, "s1/2", "s1");
    for (auto* feed : {&late, &audio})
        feed->push_all();
    for (auto* feed : {&video, &audio, &late})
        feed->end();
    // The next call is another matter.
    Feed next(rig, "vp8", 8, "s2/1", "s2");
    next.push(0, 30);
    next.end();
    auto second = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(second.get(), "reason"), "ended");
    g_assert_true(
        (folder.list() == std::vector<std::string>{"s1.json", "s1.mkv", "s2.json", "s2.mkv"}));
}

// The picture stops before the limit: it is not waited for.
static void max_duration_of_one_track() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "max-duration", 2000, nullptr); });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push(0, 30);
    audio.push_all();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "max-duration");
    RTC_ASSERT_NEAR(judge(folder.file("s1.mkv")).duration, 2, 0.1);
}

static void max_size() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"), [](GstElement* sink) {
        g_object_set(sink, "max-size", guint64(20000), "track-timeout", 0, nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "max-size");
    auto manifest = read_manifest(folder.file("s1.json"));
    auto bytes = json_object_get_int_member(element(manifest, "tracks", 0), "bytes");
    g_assert_cmpint(bytes, <=, 20000);
    g_assert_cmpint(bytes, >, 10000);
    judge(folder.file("s1.mkv"));
}

static std::string warning_of(Rig& rig) {
    auto message = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    return error->message;
}

static void no_room_to_begin() {
    Folder folder;
    free_bytes = 999999;
    Rig rig(folder.file("{session}/call.mkv"), [](GstElement* sink) {
        g_object_set(sink, "min-free-space", guint64(1000000), nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    g_assert_nonnull(strstr(warning_of(rig).c_str(), "min-free-space"));
    rig.stop();
    g_assert_cmpuint(folder.list().size(), ==, 0);
}

// The disk fills up while a call is recorded.
static void room_gets_scarce() {
    Folder folder;
    free_bytes = 2000000;
    Rig rig(folder.file("{session}.mkv"), [](GstElement* sink) {
        g_object_set(sink, "min-free-space", guint64(1000000), nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    rig.wait_for("rtc-recording-started");
    free_bytes = 999999;
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "min-free-space");
    g_assert_nonnull(strstr(warning_of(rig).c_str(), "min-free-space"));
    g_assert_cmpuint(judge(folder.file("s1.mkv")).find("vp8")->frames, ==, video_frames);
}

// --- retention ---

// A recording as one stands there, of so many bytes.
static void store(const Folder& folder, const std::string& name, const char* stopped, size_t bytes,
                  const char* state = "finished", const char* writer = "rtcrecordsink") {
    auto file = folder.file(name + ".mkv");
    Owned<char> directory{g_path_get_dirname(file.c_str())};
    g_mkdir_with_parents(directory.get(), 0700);
    Owned<char> base{g_path_get_basename(file.c_str())};
    std::string media(bytes, 'x');
    g_assert_true(g_file_set_contents(file.c_str(), media.c_str(), gssize(bytes), nullptr));
    Owned<char> json{g_strdup_printf(
        R"({"writer": "%s", "state": "%s", "stopped": "%s", "segments": [{"file": "%s"}]})", writer,
        state, stopped, base.get())};
    g_assert_true(
        g_file_set_contents(folder.file(name + ".json").c_str(), json.get(), -1, nullptr));
}

static void retention_age() {
    Folder folder;
    store(folder, "ann/old", "2001-01-01T00:00:00Z", 10);
    store(folder, "ann/new", "2999-01-01T00:00:00Z", 10);
    store(folder, "bob/old", "2001-01-02T00:00:00Z", 10);
    store(folder, "running", "2001-01-01T00:00:00Z", 10, "recording");
    auto held = ManifestFile::take_over(folder.file("running.json"));
    store(folder, "theirs", "2001-01-01T00:00:00Z", 10, "finished", "somebody");
    store(folder, "left", "2001-01-01T00:00:00Z", 10);
    g_file_set_contents(folder.file("left.mkv.part").c_str(), "", 0, nullptr);
    Rig rig(folder.file("{peer}/{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "retention-age", 86400, nullptr); });
    for (const char* name : {"ann/old", "bob/old"}) {
        auto deleted = rig.wait_for("rtc-recording-deleted");
        RTC_ASSERT_TEXT(text_of(deleted.get(), "location"), folder.file(name) + ".mkv");
        RTC_ASSERT_TEXT(text_of(deleted.get(), "reason"), "retention-age");
        g_assert_cmpuint(number_of(deleted.get(), "bytes"), ==, 10);
        g_assert_false(folder.has(std::string(name) + ".mkv"));
        g_assert_false(folder.has(std::string(name) + ".json"));
    }
    rig.stop();
    for (const char* kept : {"ann/new", "running", "theirs", "left"})
        g_assert_true(folder.has(std::string(kept) + ".mkv"));
    g_assert_false(g_file_test(folder.file("bob").c_str(), G_FILE_TEST_EXISTS)); // it is empty
}

static void set_written(const std::string& path, time_t time) {
    struct utimbuf times {
        time, time
    };
    g_assert_cmpint(g_utime(path.c_str(), &times), ==, 0);
}

// An earlier process ended before its manifests said so, or could not write them: they do now, with
// what is there, and are as old as what was last written.
static void manifests_left_open() {
    Folder folder;
    store(folder, "whole", "", 10, "recording");
    store(folder, "old", "", 10, "recording");
    store(folder, "gone", "", 10, "recording");
    store(folder, "theirs", "", 10, "recording", "somebody");
    g_unlink(folder.file("gone.mkv").c_str());
    for (const char* name : {"old.mkv", "old.json"})
        set_written(folder.file(name), 1000000000);
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "retention-age", 86400, nullptr); });
    std::set<std::string> told;
    for (guint i = 0; i < 2; i++)
        told.insert(text_of(rig.wait_for("rtc-recording-leftover").get(), "location"));
    g_assert_true((told == std::set{folder.file("old.mkv"), folder.file("whole.mkv")}));
    g_assert_nonnull(strstr(warning_of(rig).c_str(), "gone.mkv"));
    auto deleted = rig.wait_for("rtc-recording-deleted");
    RTC_ASSERT_TEXT(text_of(deleted.get(), "location"), folder.file("old.mkv"));
    rig.stop();
    for (const char* name : {"whole.json", "gone.json"}) {
        RTC_ASSERT_TEXT(manifest_text(folder.file(name), "state"), "finished");
        RTC_ASSERT_TEXT(manifest_text(folder.file(name), "reason"), "interrupted");
    }
    g_assert_cmpint(
        json_object_get_int_member(read_manifest(folder.file("whole.json")).get(), "bytes"), ==,
        10);
    auto gone = read_manifest(folder.file("gone.json"));
    auto* unwritten = json_object_get_array_member(gone.get(), "unwritten");
    g_assert_cmpstr(json_array_get_string_element(unwritten, 0), ==, "gone.mkv");
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(gone.get(), "segments")),
                     ==, 0);
    RTC_ASSERT_TEXT(manifest_text(folder.file("theirs.json"), "state"), "recording");
}

// The oldest goes when a new recording is too much; the new one stays.
static void retention_size() {
    Folder folder;
    store(folder, "first", "2001-01-01T00:00:00Z", 1000000);
    store(folder, "second", "2001-01-02T00:00:00Z", 1000000);
    Rig rig(folder.file("{session}.mkv"), [](GstElement* sink) {
        g_object_set(sink, "retention-size", guint64(2000000), nullptr);
    });
    g_assert_true(folder.has("first.mkv"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push_all();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto deleted = rig.wait_for("rtc-recording-deleted");
    RTC_ASSERT_TEXT(text_of(deleted.get(), "location"), folder.file("first.mkv"));
    RTC_ASSERT_TEXT(text_of(deleted.get(), "reason"), "retention-size");
    rig.stop();
    g_assert_true((folder.list() ==
                   std::vector<std::string>{"s1.json", "s1.mkv", "second.json", "second.mkv"}));
}

struct WrongRow {
    const char* property;
    const char* value;
    bool manifest = true;
};
static const WrongRow wrong_rows[] = {{"file-mode", "0999"},
                                      {"file-mode", "0400"},
                                      {"retention-age", "5", false},
                                      {"retention-size", "5", false}};

static void wrong_settings(gconstpointer data) {
    const auto& row = *static_cast<const WrongRow*>(data);
    auto sink = rtc::sink(gst_element_factory_make("rtcrecordsink", nullptr));
    auto bus = adopt(gst_bus_new());
    gst_element_set_bus(sink.get(), bus.get());
    gst_util_set_object_arg(G_OBJECT(sink.get()), row.property, row.value);
    g_object_set(sink.get(), "manifest", gboolean(row.manifest), nullptr);
    g_assert_cmpint(gst_element_set_state(sink.get(), GST_STATE_PAUSED), ==,
                    GST_STATE_CHANGE_FAILURE);
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(strstr(error->message, row.property));
    gst_element_set_state(sink.get(), GST_STATE_NULL);
    gst_element_set_bus(sink.get(), nullptr); // what is left on it holds the element
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/files/manifest-and-message", manifest_and_message);
    g_test_add_func("/files/manifest-of-segments", manifest_of_segments);
    g_test_add_func("/files/without-checksum", without_checksum);
    g_test_add_func("/files/file-mode", file_mode);
    g_test_add_func("/files/max-duration", max_duration);
    g_test_add_func("/files/max-duration-of-one-track", max_duration_of_one_track);
    g_test_add_func("/files/max-size", max_size);
    g_test_add_func("/files/no-room-to-begin", no_room_to_begin);
    g_test_add_func("/files/room-gets-scarce", room_gets_scarce);
    g_test_add_func("/files/retention-age", retention_age);
    g_test_add_func("/files/retention-size", retention_size);
    g_test_add_func("/files/manifests-left-open", manifests_left_open);
    for (const auto& row : wrong_rows)
        g_test_add_data_func(
            (std::string("/files/wrong/") + row.property + "/" + row.value).c_str(), &row,
            wrong_settings);
    return g_test_run();
}
