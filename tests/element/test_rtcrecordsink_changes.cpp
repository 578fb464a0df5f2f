// What changes while a call goes on, and several calls at once.
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

// --- changes within a call ---

struct ChangeRow {
    const char* name;
    const char* from;
    const char* to;
    const char* ending;
    const char* codec;
};
static const ChangeRow change_rows[] = {
    {"h264-mkv", "h264", "h264-large", "mkv", "h264"},
    {"h264-mp4", "h264", "h264-large", "mp4", "h264"},
    {"vp8-mkv", "vp8", "vp8-large", "mkv", "vp8"},
    {"vp8-webm", "vp8", "vp8-large", "webm", "vp8"},
};

static void picture_size_changes(gconstpointer data) {
    const auto& row = *static_cast<const ChangeRow*>(data);
    Folder folder;
    auto file = folder.file(std::string("s1.") + row.ending);
    Rig rig(file);
    Feed video(rig, row.from, 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    video.push(0, 30);
    video.change(row.to);
    video.push(30, 60);
    audio.push(50, 150);
    video.change(row.from);
    video.push(60, 90);
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    auto probed = judge(file);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_cmpuint(probed.find(row.codec)->frames, ==, video_frames);
    g_assert_true((picture_widths(file) == std::vector<int>{320, 640, 320}));
}

static void codec_changes() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    video.push(0, 30);
    rig.wait_for("rtc-recording-started");
    video.change("h264");
    audio.push(50, 60);
    video.push(30, 60);
    rig.wait_for("rtc-recording-segment");
    audio.push(60, 100);
    audio.end();
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    const auto* locations =
        gst_structure_get_value(gst_message_get_structure(finished.get()), "locations");
    g_assert_cmpuint(gst_value_array_get_size(locations), ==, 2);
    g_assert_cmpuint(judge(folder.file("s1.mkv")).find("vp8")->frames, ==, 30);
    auto second = judge(folder.file("s1-2.mkv"));
    g_assert_cmpuint(second.find("h264")->frames, ==, 30);
    RTC_ASSERT_NEAR(second.duration, 1, 0.1);
}

// A camera switched off and on again: a new pad goes on in the place of the old one.
// What a file's elements can't take costs its own track alone, and that for a while. It comes again
// and again: no more files come of it than the rest allows.
static void broken_media_rests() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    video.push(0, 30);
    rig.wait_for("rtc-recording-started");
    // Of that form h264parse wants parameter sets beside the stream.
    auto broken = adopt(gst_caps_from_string("video/x-h264,stream-format=avc,alignment=au"));
    guint sound = 50, seconds = 1;
    for (int i = 0; i < 6; i++, seconds++) {
        video.tell(adopt(gst_event_new_caps(broken.get())));
        video.push(0, 30, seconds * GST_SECOND);
        audio.push(0, 50, seconds * GST_SECOND);
        sound += 50;
    }
    rig.wait_for_type(GST_MESSAGE_WARNING);
    // Good pictures, until they have a file: that which broke had one, too.
    int segments = 0;
    for (int i = 0; i < 100 && segments < 2; i++, seconds++) {
        video.change("h264");
        video.push(0, 30, seconds * GST_SECOND);
        audio.push(0, 50, seconds * GST_SECOND);
        sound += 50;
        while (rig.comes("rtc-recording-segment", 100 * GST_MSECOND))
            segments++;
    }
    g_assert_cmpint(segments, ==, 2);
    video.push(0, 30, seconds * GST_SECOND);
    audio.push(0, 50, seconds * GST_SECOND);
    sound += 50;
    audio.end();
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "ended");
    guint heard = 0, seen = 0;
    for (const auto& name : folder.list()) {
        if (!name.ends_with(".mkv"))
            continue;
        auto probed = judge(folder.file(name));
        if (const auto* stream = probed.find("opus"))
            heard += stream->frames;
        if (const auto* stream = probed.find("h264"))
            seen += stream->frames;
    }
    g_assert_cmpuint(heard, ==, sound);
    g_assert_cmpuint(seen, >=, 90);
}

static void track_replaced() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    auto camera = std::make_unique<Feed>(rig, "vp8", 7, "s1/1", "s1");
    audio.push(0, 50);
    camera->push(0, 30);
    rig.wait_for("rtc-recording-started");
    camera->end();
    camera->release();
    audio.push(50, 100);
    Feed again(rig, "vp8-large", 7, "s1/2", "s1");
    again.push(60, 90);
    audio.push(100, 150);
    audio.end();
    again.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", "s1.mkv"}));
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.find("vp8")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
}

// The one that takes its place may bring another codec: a second file begins.
static void track_replaced_by_another_codec() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    Feed camera(rig, "vp8", 7, "s1/1", "s1");
    audio.push(0, 50);
    camera.push(0, 30);
    rig.wait_for("rtc-recording-started");
    camera.end();
    Feed other(rig, "h264", 7, "s1/2", "s1");
    other.push(30, 60);
    audio.push(50, 100);
    rig.wait_for("rtc-recording-segment");
    audio.end();
    other.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_cmpuint(judge(folder.file("s1.mkv")).find("vp8")->frames, ==, 30);
    auto second = judge(folder.file("s1-2.mkv"));
    g_assert_cmpuint(second.streams.size(), ==, 2);
    g_assert_cmpuint(second.find("h264")->frames, ==, 30);
    RTC_ASSERT_NEAR(second.duration, 1, 0.1);
}

// A caller who is lost and comes back goes on in the same recording; another one doesn't.
static void caller_comes_back(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(std::string("{session}.") + static_cast<const char*>(ending)),
            [](GstElement* sink) { g_object_set(sink, "reconnect-timeout", 60000, nullptr); });
    {
        Feed video(rig, "h264", 7, "s1/1", "s1", "ann");
        Feed audio(rig, "opus", 7, "s1/0", "s1", "ann");
        audio.push(0, 50);
        video.push(0, 30);
        rig.wait_for("rtc-recording-started");
        audio.end("lost");
        video.end("lost");
    }
    Feed other(rig, "vp8", 8, "s2/0", "s2", "bob");
    other.push(0, 10);
    {
        Feed video(rig, "h264-large", 9, "s3/1", "s3", "ann");
        Feed audio(rig, "opus", 9, "s3/0", "s3", "ann");
        audio.push(100, 150);
        video.push(60, 90);
        audio.end("lost");
        video.end("lost");
    }
    rig.stop();
    auto probed = judge(folder.file(name));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.05);
    g_assert_false(folder.has(std::string("s3.") + static_cast<const char*>(ending)));
    auto manifest = read_manifest(folder.file("s1.json"));
    g_assert_cmpint(json_object_get_int_member(manifest.get(), "reconnects"), ==, 1);
}

// Nobody comes: the recording ends for the reason that the call had.
static void caller_stays_away() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "reconnect-timeout", 300, nullptr); });
    Feed video(rig, "vp8", 7, "s1/1", "s1", "ann");
    video.push(0, 30);
    video.end("lost");
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "lost");
}

// --- several calls ---

static void two_calls_at_once() {
    Folder folder;
    Rig rig(folder.file("{session}-{peer}.mkv"));
    Feed first_video(rig, "vp8", 7, "s1/1", "s1", "ann");
    Feed second_video(rig, "h264", 8, "s2/1", "s2", "bob");
    Feed second_audio(rig, "opus", 8, "s2/0", "s2", "bob");
    Feed first_audio(rig, "opus", 7, "s1/0", "s1", "ann");
    for (auto* video : {&first_video, &second_video})
        video->push(0, 30);
    for (auto* audio : {&first_audio, &second_audio})
        audio->push(0, 50);
    first_video.end();
    first_audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "peer"), "ann");
    first_video.release();
    first_audio.release();
    second_video.push(30, 90);
    second_audio.push(50, 150);
    g_assert_false(rig.is_waiting(GST_MESSAGE_EOS));
    second_video.end();
    second_audio.release(); // without EOS
    rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_NEAR(judge(folder.file("s1-ann.mkv")).duration, 1, 0.1);
    RTC_ASSERT_NEAR(judge(folder.file("s2-bob.mkv")).duration, seconds_of_media, 0.1);
}

static void same_name_twice() {
    Folder folder;
    Rig rig(folder.file("call.mkv"));
    for (guint group : {7, 8}) {
        Feed video(rig, "vp8", group, "s/1", "s");
        video.push(0, 30);
        video.end();
        rig.wait_for("rtc-recording-finished");
    }
    g_assert_true((folder.list() ==
                   std::vector<std::string>{"call-2.json", "call-2.mkv", "call.json", "call.mkv"}));
    judge(folder.file("call.mkv"));
    judge(folder.file("call-2.mkv"));
}

static void hostile_names() {
    Folder folder;
    Rig rig(folder.file("calls/{peer}/{session}.mkv"));
    Feed video(rig, "vp8", 7, "s/1", "../../escaped", "../../../etc");
    video.push(0, 30);
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    auto location = text_of(finished.get(), "location");
    RTC_ASSERT_TEXT(location, folder.file("calls/_._.._.._etc/_._.._escaped.mkv"));
    RTC_ASSERT_TEXT(text_of(finished.get(), "peer"), "../../../etc");
    judge(location);
    g_assert_true((folder.list() == std::vector<std::string>{"calls"}));
}

// A source that isn't a call: named by its stream id, and on request all pads are one recording.
static void plain_sources() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "single-call", TRUE, nullptr); });
    Feed video(rig, "vp8", 7, "abc/video:0");
    Feed audio(rig, "opus", 0, "abc/audio:0");
    video.push(0, 30);
    audio.push(0, 50);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_cmpuint(judge(folder.file("abc_video_0.mkv")).streams.size(), ==, 2);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const auto& row : change_rows)
        g_test_add_data_func((std::string("/recording/picture-size/") + row.name).c_str(), &row,
                             picture_size_changes);
    g_test_add_func("/recording/codec-changes", codec_changes);
    g_test_add_func("/recording/broken-media-rests", broken_media_rests);
    g_test_add_func("/recording/track-replaced", track_replaced);
    g_test_add_func("/recording/track-replaced-by-another-codec", track_replaced_by_another_codec);
    for (const char* ending : {"mkv", "mp4"})
        g_test_add_data_func((std::string("/recording/caller-comes-back/") + ending).c_str(),
                             ending, caller_comes_back);
    g_test_add_func("/recording/caller-stays-away", caller_stays_away);
    g_test_add_func("/recording/two-calls-at-once", two_calls_at_once);
    g_test_add_func("/recording/same-name-twice", same_name_twice);
    g_test_add_func("/recording/hostile-names", hostile_names);
    g_test_add_func("/recording/plain-sources", plain_sources);
    return g_test_run();
}
