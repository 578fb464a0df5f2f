// What goes into one recording: a track, a call, a room.
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

static void name(Feed& feed, const char* session, const char* peer, const char* room) {
    auto tags = make_call_tags(session, peer, room);
    feed.tell(adopt(gst_event_new_tag(tags.release())));
}

// Two callers of a room in one file, the second a second later; one elsewhere in one of their own.
static void a_room(gconstpointer data) {
    auto ending = std::string(static_cast<const char*>(data));
    Folder folder;
    Rig rig(folder.file("{room}-{peer}." + ending),
            [](GstElement* sink) { gst_util_set_object_arg(G_OBJECT(sink), "group", "room"); });
    Feed ann_video(rig, "h264", 7, "s1/video_0");
    Feed ann_audio(rig, "opus", 7, "s1/audio_1");
    for (auto* feed : {&ann_video, &ann_audio})
        name(*feed, "s1", "ann", "den");
    ann_video.push(0, 30);
    ann_audio.push(0, 50);
    rig.wait_for("rtc-recording-started");
    Feed cat(rig, "opus", 8, "s3/audio_0");
    name(cat, "s3", "cat", "");
    cat.push(0, 50);
    cat.end();
    Feed bob_video(rig, "h264-large", 9, "s2/video_2");
    Feed bob_audio(rig, "opus", 9, "s2/audio_3");
    for (auto* feed : {&bob_video, &bob_audio})
        name(*feed, "s2", "bob", "den");
    bob_audio.push(50, 100);
    bob_video.push(30, 60);
    ann_video.push(30, 60);
    ann_audio.push(50, 100);
    for (auto* feed : {&ann_video, &ann_audio}) // she leaves, he goes on
        feed->end();
    bob_audio.push(100, 150);
    bob_video.push(60, 90);
    for (auto* feed : {&bob_video, &bob_audio})
        feed->end();
    for (int i = 0; i < 2; i++)
        rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    auto both = judge(folder.file("den-ann." + ending));
    RTC_ASSERT_NEAR(both.duration, seconds_of_media, 0.1);
    guint late = 0;
    guint pictures = 0;
    for (const auto& stream : both.streams) {
        late += stream.start > 0.9;
        pictures += stream.codec == "h264";
        g_assert_cmpuint(stream.frames, ==, stream.codec == "h264" ? 60 : 100);
    }
    g_assert_cmpuint(both.streams.size(), ==, 4);
    g_assert_cmpuint(pictures, ==, 2);
    g_assert_cmpuint(late, ==, 2);
    RTC_ASSERT_TEXT(manifest_text(folder.file("den-ann.json"), "room"), "den");
    RTC_ASSERT_NEAR(judge(folder.file("none-cat." + ending)).duration, 1, 0.1);
}

// Each track in a file of its own; the manifests tell where they lie on one clock.
static void a_file_a_track() {
    Folder folder;
    Rig rig(folder.file("{session}-{track}.mkv"));
    Feed video(rig, "vp8", 7, "s1/video_0", "s1", "ann");
    Feed audio(rig, "opus", 7, "s1/audio_1", "s1", "ann");
    video.push(0, 60);
    audio.push(25, 150); // half a second later
    video.end();
    rig.wait_for("rtc-recording-finished"); // each by itself
    audio.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_true((folder.list() == std::vector<std::string>{"s1-audio_1.json", "s1-audio_1.mkv",
                                                             "s1-video_0.json", "s1-video_0.mkv"}));
    g_assert_cmpuint(judge(folder.file("s1-video_0.mkv")).find("vp8")->frames, ==, 60);
    g_assert_cmpuint(judge(folder.file("s1-audio_1.mkv")).find("opus")->frames, ==, 125);
    auto first = read_manifest(folder.file("s1-video_0.json"));
    auto second = read_manifest(folder.file("s1-audio_1.json"));
    auto clock = [](JsonObject* manifest) {
        return json_object_get_int_member(manifest, "clock_ns");
    };
    RTC_ASSERT_NEAR(clock(second.get()) - clock(first.get()), GST_SECOND / 2, 10 * GST_MSECOND);
    RTC_ASSERT_TEXT(json_object_get_string_member(second.get(), "track"), "audio_1");
}

// A codec that the container has no place for: what follows goes into another one.
static void late_track_does_not_fit() {
    Folder folder;
    Rig rig(folder.file("call.webm"),
            [](GstElement* sink) { g_object_set(sink, "track-timeout", 0, nullptr); });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 25);
    rig.wait_for("rtc-recording-started");
    Feed video(rig, "h264", 7, "s1/1", "s1");
    video.push(30, 60);
    // A call goes on, and the next file begins with what comes once it is known to be needed.
    guint said = 50;
    do {
        g_assert_cmpuint(said, <, 2000);
        audio.push(said, said + 10);
        said += 10;
    } while (!rig.comes("rtc-recording-segment", 200 * GST_MSECOND));
    video.push(60, 90);
    audio.push(said, said + 50);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto whole = judge(folder.file("call.webm")).find("opus")->frames;
    g_assert_cmpuint(whole, >=, 25);
    auto second = judge(folder.file("call-2.mkv"));
    g_assert_cmpuint(second.find("h264")->frames, ==, 60);
    g_assert_cmpuint(second.find("opus")->frames + whole, ==, said + 50 - 25);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const char* ending : {"mkv", "mp4"})
        g_test_add_data_func((std::string("/recording/a-room/") + ending).c_str(), ending, a_room);
    g_test_add_func("/recording/a-file-a-track", a_file_a_track);
    g_test_add_func("/recording/late-track-does-not-fit", late_track_does_not_fit);
    return g_test_run();
}
