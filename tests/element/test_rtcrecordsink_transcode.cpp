// Tracks that are encoded anew: what the container can't take, or everything.
#include "tests/element/transcoding.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

// --- what a container has no place for ---

struct Row {
    const char* name;
    const char* video;
    const char* audio;
    const char* ending;
    const char* policy;
    const char* profile;
    const char* video_codec; // of the file, as ffprobe names it
    const char* audio_codec;
    const char* video_from; // of the manifest; "" where it is as it came
    const char* audio_from;
};
static const Row rows[] = {
    {"vp8-into-mp4", "vp8", "opus", "mp4", "if-needed", "", "h264", "opus", "VP8", ""},
    {"h264-into-webm", "h264", "opus", "webm", "if-needed", "", "vp8", "opus", "H264", ""},
    {"b-frames-into-webm", "h264-b-frames", "opus", "webm", "if-needed", "VP9:500", "vp9", "opus",
     "H264", ""},
    {"pcmu-into-mp4", "h264", "pcmu", "mp4", "if-needed", "opus:64", "h264", "opus", "", "PCMU"},
    {"pcma-into-webm", "vp8", "pcma", "webm", "if-needed", "", "vp8", "opus", "", "PCMA"},
    {"nothing-needed", "vp8", "pcmu", "mkv", "if-needed", "", "vp8", "pcm_mulaw", "", ""},
    {"always", "h264", "opus", "mkv", "always", "VP8:500, opus:32", "vp8", "opus", "H264", "opus"},
};

static void call_is_transcoded(gconstpointer data) {
    const auto& row = *static_cast<const Row*>(data);
    Folder folder;
    auto file = folder.file(std::string("s1.") + row.ending);
    Rig rig(file, transcode(row.policy, row.profile));
    Feed video(rig, row.video, 7, "s1/1", "s1");
    Feed audio(rig, row.audio, 7, "s1/0", "s1");
    video.push(0, 60);
    audio.push(0, 100);
    video.push(60, 90);
    audio.push(100, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    auto probed = judge(file);
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    const auto* pictures = probed.find(row.video_codec);
    g_assert_nonnull(pictures);
    g_assert_cmpuint(pictures->frames, ==, video_frames);
    g_assert_nonnull(probed.find(row.audio_codec));
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    for (const auto& stream : probed.streams)
        RTC_ASSERT_NEAR(stream.start, 0, 0.05);
    auto manifest = read_manifest(folder.file("s1.json"));
    auto* seen = track_of(manifest.get(), "video");
    RTC_ASSERT_TEXT(text(seen, "transcoded_from"), row.video_from);
    g_assert_cmpint(json_object_get_int_member(seen, "frames"), ==, video_frames);
    auto* heard = track_of(manifest.get(), "audio");
    RTC_ASSERT_TEXT(text(heard, "transcoded_from"), row.audio_from);
    g_assert_cmpint(json_object_get_int_member(heard, "gaps"), ==, 0);
    g_assert_cmpuint(
        json_array_get_length(json_object_get_array_member(manifest.get(), "segments")), ==, 1);
}

// Pictures of another size, and another codec, go on at the size and in the codec of the file.
static void size_and_codec_change() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("always"));
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    video.push(0, 30);
    video.change("h264-large");
    video.push(30, 60);
    audio.push(50, 150);
    video.change("vp8-large");
    video.push(60, 90);
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    auto probed = judge(file);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_cmpuint(probed.find("h264")->frames, ==, video_frames);
    g_assert_true((picture_widths(file) == std::vector<int>{320}));
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", "s1.mp4"}));
}

// --- time ---

// What is lost is missing in the file, too, for as long; what follows keeps its time.
static void losses_stay_gaps() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "pcmu", 7, "s1/0", "s1");
    video.push(0, 30);
    audio.push(0, 50);
    video.lose();
    video.push(40, 90); // the next keyframe is the 60th
    audio.lose();
    audio.push(100, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    auto manifest = read_manifest(folder.file("s1.json"));
    auto* seen = track_of(manifest.get(), "video");
    g_assert_cmpint(json_object_get_int_member(seen, "losses"), ==, 1);
    g_assert_cmpint(json_object_get_int_member(seen, "dropped_after_loss"), ==, 20);
    for (const char* kind : {"video", "audio"}) {
        auto* track = track_of(manifest.get(), kind);
        g_assert_cmpint(json_object_get_int_member(track, "gaps"), ==, 1);
        RTC_ASSERT_NEAR(double(json_object_get_int_member(track, "missing_ns")) / GST_SECOND, 1,
                        0.07);
    }
}

// A pause is cut out of both, whatever is in the encoders at that time.
static void pause_is_left_out() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "pcmu", 7, "s1/0", "s1");
    video.push(0, 30);
    audio.push(0, 50);
    guint calls = 0;
    g_signal_emit_by_name(rig.sink(), "pause", "s1", &calls);
    g_assert_cmpuint(calls, ==, 1);
    video.push(30, 60);
    audio.push(50, 100);
    g_signal_emit_by_name(rig.sink(), "resume", "s1", &calls);
    video.push(60, 90);
    audio.push(100, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.duration, 2, 0.1);
}

// Cut where the encoder makes a keyframe, which it is asked for; nothing is lost between two files.
static void segments() {
    Folder folder;
    Rig rig(folder.file("s1.mp4"), [](GstElement* sink) {
        transcode("if-needed")(sink);
        g_object_set(sink, "segment-duration", 1200, nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    for (guint i = 0; i < 30; i++) {
        video.push(3 * i, 3 * i + 3);
        audio.push(5 * i, 5 * i + 5);
    }
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    const auto* locations =
        gst_structure_get_value(gst_message_get_structure(finished.get()), "locations");
    auto count = gst_value_array_get_size(locations);
    g_assert_cmpuint(count, >=, 2);
    guint pictures = 0;
    guint sounds = 0;
    for (guint i = 0; i < count; i++) {
        auto probed = judge(g_value_get_string(gst_value_array_get_value(locations, i)));
        if (const auto* stream = probed.find("h264"))
            pictures += stream->frames;
        if (const auto* stream = probed.find("opus"))
            sounds += stream->frames;
    }
    g_assert_cmpuint(pictures, ==, video_frames);
    g_assert_cmpuint(sounds, ==, audio_frames);
}

// A camera that is switched on late has its place behind what was there before.
static void late_track() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed audio(rig, "pcmu", 7, "s1/0", "s1");
    audio.push(0, 50);
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(30, 90);
    audio.push(50, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.find("h264")->start, 1, 0.1);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
}

// To READY: what is in the encoders is in the file.
static void shutdown_keeps_everything() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    rig.stop();
    g_assert_cmpuint(judge(file).find("h264")->frames, ==, video_frames);
    RTC_ASSERT_TEXT(manifest_text(folder.file("s1.json"), "reason"), "shutdown");
}

static void snapshot() {
    Folder folder;
    Rig rig(folder.file("s1.mp4"), transcode("if-needed"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(0, 60);
    guint calls = 0;
    g_signal_emit_by_name(rig.sink(), "snapshot", "s1", nullptr, &calls);
    video.push(60, 90);
    auto taken = rig.wait_for("rtc-recording-snapshot");
    judge(text_of(taken.get(), "location"));
    video.end();
    rig.wait_for("rtc-recording-finished");
}

// A caller who comes back goes on in the same file, in the same size; also one who has gone again
// before all of the first part is encoded.
static void caller_comes_back() {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, [](GstElement* sink) {
        transcode("always")(sink);
        g_object_set(sink, "reconnect-timeout", 60000, nullptr);
    });
    {
        Feed video(rig, "vp8", 7, "s1/1", "s1", "ann");
        Feed audio(rig, "opus", 7, "s1/0", "s1", "ann");
        audio.push(0, 100);
        video.push(0, 60);
        rig.wait_for("rtc-recording-started");
        audio.end("lost");
        video.end("lost");
    }
    {
        Feed video(rig, "h264-large", 9, "s3/1", "s3", "ann");
        Feed audio(rig, "opus", 9, "s3/0", "s3", "ann");
        audio.push(100, 150);
        video.push(60, 90);
        audio.end("lost");
        video.end("lost");
    }
    rig.stop();
    auto probed = judge(file);
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpuint(probed.find("h264")->frames, ==, video_frames);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_true((picture_widths(file) == std::vector<int>{320}));
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const auto& row : rows)
        g_test_add_data_func((std::string("/transcoding/") + row.name).c_str(), &row,
                             call_is_transcoded);
    g_test_add_func("/transcoding/size-and-codec-change", size_and_codec_change);
    g_test_add_func("/transcoding/losses-stay-gaps", losses_stay_gaps);
    g_test_add_func("/transcoding/pause", pause_is_left_out);
    g_test_add_func("/transcoding/segments", segments);
    g_test_add_func("/transcoding/late-track", late_track);
    g_test_add_func("/transcoding/shutdown", shutdown_keeps_everything);
    g_test_add_func("/transcoding/snapshot", snapshot);
    g_test_add_func("/transcoding/caller-comes-back", caller_comes_back);
    return g_test_run();
}
