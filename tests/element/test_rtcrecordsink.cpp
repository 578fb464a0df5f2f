// What becomes of calls: their files, judged by ffprobe and by decoding every frame.
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

#include <cstring>
#include <glib/gstdio.h>

using namespace rtc;
using namespace rtc::test;

// --- containers and codecs ---

struct ContainerRow {
    const char* name; // of the test, and "video audio ending"
    const char* video;
    const char* audio;
    const char* ending;
    const char* video_codec; // as ffprobe calls it
    const char* audio_codec;
};

static const ContainerRow container_rows[] = {
    {"h264-opus-mkv", "h264", "opus", "mkv", "h264", "opus"},
    {"h264-opus-mp4", "h264", "opus", "mp4", "h264", "opus"},
    {"b-frames-mkv", "h264-b-frames", "opus", "mkv", "h264", "opus"},
    {"b-frames-mp4", "h264-b-frames", "opus", "mp4", "h264", "opus"},
    {"h265-opus-mkv", "h265", "opus", "mkv", "hevc", "opus"},
    {"h265-opus-mp4", "h265", "opus", "mp4", "hevc", "opus"},
    {"vp8-opus-mkv", "vp8", "opus", "mkv", "vp8", "opus"},
    {"vp8-opus-webm", "vp8", "opus", "webm", "vp8", "opus"},
    {"vp9-opus-mkv", "vp9", "opus", "mkv", "vp9", "opus"},
    {"vp9-opus-webm", "vp9", "opus", "webm", "vp9", "opus"},
    {"vp9-opus-mp4", "vp9", "opus", "mp4", "vp9", "opus"},
    {"vp8-pcmu-mkv", "vp8", "pcmu", "mkv", "vp8", "pcm_mulaw"},
    {"h264-pcma-mkv", "h264", "pcma", "mkv", "h264", "pcm_alaw"},
};

// Encapsulation of Opus in ISOBMFF, 4.3.2: the input rate stands in big endian.
static guint32 opus_rate_in_mp4(const std::string& path) {
    char* bytes = nullptr;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path.c_str(), &bytes, &size, nullptr));
    Owned<char> owned{bytes};
    auto at = std::string_view(bytes, size).rfind("dOps");
    g_assert_true(at != std::string_view::npos && at + 12 <= size);
    guint32 rate;
    memcpy(&rate, bytes + at + 8, sizeof rate);
    return GUINT32_FROM_BE(rate);
}

// Where its chroma samples lie, VP9 from RTP does not tell, and mp4mux must not ask.
static void vp9_of_peers() {
    Folder folder;
    Rig rig(folder.file("s1.mp4"));
    Feed video(rig, "vp9-rtp", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push_all();
    video.push_all();
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    auto probed = judge(folder.file("s1.mp4"));
    g_assert_cmpuint(probed.find("vp9")->frames, >=, video_frames - 1);
}

static void both_media(gconstpointer data) {
    const auto& row = *static_cast<const ContainerRow*>(data);
    if (g_str_equal(row.video, "h265") && !adopt(gst_element_factory_find("x265enc"))) {
        g_test_skip("x265enc is not among the plugins here");
        return;
    }
    Folder folder;
    auto location = folder.file(std::string("{session}.") + row.ending);
    Rig rig(location);
    Feed video(rig, row.video, 7, "s1/1", "s1", "bob");
    Feed audio(rig, row.audio, 7, "s1/0", "s1", "bob");
    video.push_all();
    audio.push_all();
    auto started = rig.wait_for("rtc-recording-started");
    auto file = folder.file(std::string("s1.") + row.ending);
    RTC_ASSERT_TEXT(text_of(started.get(), "location"), file);
    RTC_ASSERT_TEXT(text_of(started.get(), "session"), "s1");
    RTC_ASSERT_TEXT(text_of(started.get(), "peer"), "bob");
    video.end();
    g_assert_true(folder.has(std::string("s1.") + row.ending + ".part"));
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "ended");
    RTC_ASSERT_NEAR(number_of(finished.get(), "duration"), seconds_of_media * GST_SECOND,
                    100 * GST_MSECOND);
    g_assert_false(folder.has(std::string("s1.") + row.ending + ".part"));

    auto probed = judge(file);
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_nonnull(probed.find(row.video_codec));
    g_assert_cmpuint(probed.find(row.video_codec)->frames, ==, video_frames);
    g_assert_nonnull(probed.find(row.audio_codec));
    RTC_ASSERT_NEAR(probed.find(row.audio_codec)->start, probed.find(row.video_codec)->start, 0.05);
    RTC_ASSERT_TEXT(manifest_text(folder.file("s1.json"), "state"), "finished");
    if (g_str_equal(row.ending, "mp4"))
        g_assert_cmpuint(opus_rate_in_mp4(file), ==, 48000);
}

static void audio_only() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "track-timeout", 50, nullptr); });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push_all();
    rig.wait_for("rtc-recording-started");
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.streams.size(), ==, 1);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
}

// Ended before the track timeout has passed: what is held becomes the file.
static void short_video_only() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed video(rig, "vp8", 7, "s1/0", "s1");
    video.push(0, 30);
    video.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.streams.size(), ==, 1);
    g_assert_cmpuint(probed.find("vp8")->frames, ==, 30);
    RTC_ASSERT_NEAR(probed.duration, 1, 0.1);
}

static void no_media_no_file() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    {
        Feed video(rig, "vp8", 7, "s1/0", "s1");
        video.end();
        Feed audio(rig, "opus", 8, "s2/0", "s2");
    }
    rig.stop();
    g_assert_cmpuint(folder.list().size(), ==, 0);
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
}

// --- one timeline ---

// Audio comes first; video joins while the file still waits for it, and keeps its distance.
static void video_a_little_later(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name));
    constexpr auto start = 100 * GST_SECOND; // running time when the call comes
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 40, start);
    Feed video(rig, "h264", 7, "s1/1", "s1");
    video.push(0, 60, start + 800 * GST_MSECOND);
    audio.push(40, 140, start);
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file(name));
    RTC_ASSERT_NEAR(probed.duration, 2.8, 0.1);
    RTC_ASSERT_NEAR(probed.find("h264")->start - probed.find("opus")->start, 0.8, 0.03);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
}

struct LateRow {
    const char* name;
    const char* ending;
    const char* first; // media of the track that is there from the start
    const char* late;
    const char* first_codec; // as ffprobe calls it
    const char* late_codec;
};
static const LateRow late_rows[] = {
    {"camera-mkv", "mkv", "opus", "vp8", "opus", "vp8"},
    {"camera-webm", "webm", "opus", "vp9", "opus", "vp9"},
    {"camera-mp4", "mp4", "opus", "h264", "opus", "h264"},
    {"camera-h264-mkv", "mkv", "opus", "h264", "opus", "h264"},
    {"sound-mkv", "mkv", "vp8", "opus", "vp8", "opus"},
    {"sound-mp4", "mp4", "h264", "opus", "h264", "opus"},
};

// A track that comes long after the file has begun: one file has both, each at its time.
static void track_much_later(gconstpointer data) {
    const auto& row = *static_cast<const LateRow*>(data);
    Folder folder;
    auto name = std::string("s1.") + row.ending;
    Rig rig(folder.file(name),
            [](GstElement* sink) { g_object_set(sink, "track-timeout", 0, nullptr); });
    Feed first(rig, row.first, 7, "s1/0", "s1");
    auto rate = [](const char* media_name) {
        return g_str_equal(media_name, "opus") ? audio_frames : video_frames;
    };
    first.push(0, rate(row.first) / 3);
    rig.wait_for("rtc-recording-started");
    Feed late(rig, row.late, 7, "s1/1", "s1");
    late.push(0, rate(row.late) / 3, 1200 * GST_MSECOND);
    first.push(rate(row.first) / 3, rate(row.first));
    late.push(rate(row.late) / 3, rate(row.late), 1200 * GST_MSECOND);
    first.end();
    late.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", name}));
    auto probed = judge(folder.file(name));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media + 1.2, 0.05);
    RTC_ASSERT_NEAR(number_of(finished.get(), "duration"), 4200 * GST_MSECOND, 50 * GST_MSECOND);
    RTC_ASSERT_NEAR(probed.find(row.late_codec)->start - probed.find(row.first_codec)->start, 1.2,
                    0.015);
    g_assert_cmpuint(probed.streams.front().width, >, 0); // the picture comes first
    for (const auto* codec : {row.first_codec, row.late_codec}) {
        bool audio = g_str_equal(codec, "opus");
        if (!audio)
            g_assert_cmpuint(probed.find(codec)->frames, ==, video_frames);
        else
            RTC_ASSERT_NEAR(probed.find(codec)->frames, audio_frames, 1);
    }
}

static goffset size_of(const std::string& path) {
    GStatBuf status{};
    return g_stat(path.c_str(), &status) == 0 ? goffset(status.st_size) : 0;
}

static goffset bytes_of(const char* media_name, guint from, guint to) {
    goffset sum = 0;
    for (guint i = from; i < to; i++)
        sum += goffset(gst_buffer_get_size(gst_sample_get_buffer(media(media_name).at(i).get())));
    return sum;
}

static void wait_for_size(const std::string& path, goffset size) {
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (size_of(path) < size) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10000);
    }
}

// A muted track doesn't hold up the other: the file grows while it is silent.
static void muted_audio(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name),
            [](GstElement* sink) { g_object_set(sink, "stall-timeout", 100, nullptr); });
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push(0, 10);
    audio.push(0, 15);
    rig.wait_for("rtc-recording-started");
    video.push(10, 75);
    wait_for_size(folder.file(name + ".part"), bytes_of("h264", 0, 60));
    audio.push(125, 150);
    video.push(75, 90);
    audio.end();
    video.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file(name));
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_cmpuint(probed.find("h264")->frames, ==, video_frames);
}

// A camera that pauses: one file, with the pause in it.
static void paused_camera(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name),
            [](GstElement* sink) { g_object_set(sink, "stall-timeout", 100, nullptr); });
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 20);
    video.push(0, 12);
    rig.wait_for("rtc-recording-started");
    audio.push(20, 140);
    wait_for_size(folder.file(name + ".part"), bytes_of("h264", 0, 12) + bytes_of("opus", 0, 90));
    video.push(60, 90, 800 * GST_MSECOND);
    audio.push(140, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", name}));
    auto probed = judge(folder.file(name));
    g_assert_cmpuint(probed.find("h264")->frames, ==, 42);
    RTC_ASSERT_NEAR(probed.duration, 3.8, 0.1);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const auto& row : container_rows)
        g_test_add_data_func((std::string("/recording/containers/") + row.name).c_str(), &row,
                             both_media);
    g_test_add_func("/recording/vp9-of-peers-as-mp4", vp9_of_peers);
    g_test_add_func("/recording/audio-only", audio_only);
    g_test_add_func("/recording/short-video-only", short_video_only);
    g_test_add_func("/recording/no-media-no-file", no_media_no_file);
    for (const char* ending : {"mkv", "mp4"}) {
        g_test_add_data_func((std::string("/recording/video-a-little-later/") + ending).c_str(),
                             ending, video_a_little_later);
        g_test_add_data_func((std::string("/recording/muted-audio/") + ending).c_str(), ending,
                             muted_audio);
        g_test_add_data_func((std::string("/recording/paused-camera/") + ending).c_str(), ending,
                             paused_camera);
    }
    for (const auto& row : late_rows)
        g_test_add_data_func((std::string("/recording/much-later/") + row.name).c_str(), &row,
                             track_much_later);
    return g_test_run();
}
