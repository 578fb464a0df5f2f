// How recordings end, and what becomes of faults.
#include "tests/element/recording_rig.hpp"

#include "plugins/record/partmark.hpp"
#include "tests/support/sametext.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <thread>

using namespace rtc;
using namespace rtc::test;

// --- ends ---

// gst-launch-1.0 goes to NULL on Ctrl-C, without EOS.
static void stopped_without_eos(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name));
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    rig.stop();
    g_assert_true((folder.list() == std::vector<std::string>{"s1.json", name}));
    auto probed = judge(folder.file(name));
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
    g_assert_cmpuint(probed.find("h264")->frames, ==, video_frames);
    RTC_ASSERT_TEXT(manifest_text(folder.file("s1.json"), "reason"), "shutdown");
}

// gst-launch-1.0 -e: the pipeline gets EOS and ends by itself, calls or none.
static void eos_without_calls() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    gst_element_send_event(rig.pipeline(), gst_event_new_eos());
    rig.wait_for_type(GST_MESSAGE_EOS);
}

static void eos_with_open_call() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "finalize-timeout", 300, nullptr); });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    gst_element_send_event(rig.pipeline(), gst_event_new_eos());
    rig.wait_for_type(GST_MESSAGE_EOS);
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "eos");
    g_assert_cmpuint(judge(folder.file("s1.mkv")).find("vp8")->frames, ==, video_frames);
}

// Upstream still has frames to give when EOS is sent: they are waited for.
static void eos_behind_the_last_data() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"),
            [](GstElement* sink) { g_object_set(sink, "finalize-timeout", 30000, nullptr); });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(0, 30);
    gst_element_send_event(rig.pipeline(), gst_event_new_eos());
    video.push(30, 90);
    g_assert_false(rig.is_waiting(GST_MESSAGE_EOS));
    video.end();
    rig.wait_for_type(GST_MESSAGE_EOS);
    g_assert_cmpuint(judge(folder.file("s1.mkv")).find("vp8")->frames, ==, video_frames);
}

// A pipeline as one writes it: what ends is its media, so the pipeline ends.
static void ordinary_pipeline() {
    Folder folder;
    GError* error = nullptr;
    auto text = "rtcrecordsink name=r single-call=true location=" + folder.file("{time:x}.mkv") +
                " videotestsrc num-buffers=30 ! vp8enc deadline=1 cpu-used=16 ! r. "
                "audiotestsrc num-buffers=50 samplesperbuffer=960 ! opusenc ! queue ! r.";
    auto pipeline = sink(gst_parse_launch(text.c_str(), &error));
    g_assert_no_error(error);
    auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto message = adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    g_assert_true(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    auto probed = judge(folder.file("x.mkv"));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpuint(probed.find("vp8")->frames, ==, 30);
}

// With single-call, a pad that is linked belongs to the call before it has brought anything: sound
// that ends before the picture's encoder has given a frame does not end the recording.
static void sound_ends_before_the_picture_begins() {
    Folder folder;
    Rig rig(folder.file("call.mkv"),
            [](GstElement* sink) { g_object_set(sink, "single-call", TRUE, nullptr); });
    Feed video(rig, "vp8");
    Feed audio(rig, "opus", 7, "audio");
    audio.push_all();
    audio.end();
    video.begin(8, "video");
    video.push_all();
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "ended");
    g_assert_true((folder.list() == std::vector<std::string>{"call.json", "call.mkv"}));
    auto probed = judge(folder.file("call.mkv"));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpuint(probed.find("vp8")->frames, ==, video_frames);
}

// gst-launch's ":" links pads as they come, by templates alone.
static void links_pads_that_come() {
    Folder folder;
    {
        Rig rig(folder.file("in.mkv"));
        Feed video(rig, "vp8", 7, "s1/1", "s1");
        Feed audio(rig, "opus", 7, "s1/0", "s1");
        video.push_all();
        audio.push_all();
    }
    GError* error = nullptr;
    auto text = "filesrc location=" + folder.file("in.mkv") +
                " ! matroskademux : rtcrecordsink location=" + folder.file("out.mkv");
    auto pipeline = sink(gst_parse_launch(text.c_str(), &error));
    g_assert_no_error(error);
    auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto message = adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    g_assert_true(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    auto probed = judge(folder.file("out.mkv"));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpuint(probed.find("vp8")->frames, ==, video_frames);
}

// --- while it runs ---

static gsize copy_file(const std::string& from, const std::string& to) {
    char* bytes = nullptr;
    gsize size = 0;
    g_assert_true(g_file_get_contents(from.c_str(), &bytes, &size, nullptr));
    Owned<char> owned{bytes};
    g_assert_true(g_file_set_contents(to.c_str(), bytes, gssize(size), nullptr));
    return size;
}

// What is on disk plays at any moment: a copy taken in the middle stands for a killed process.
static void plays_while_it_grows(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    Rig rig(folder.file(name));
    Feed video(rig, g_str_equal(ending, "webm") ? "vp8" : "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    rig.wait_for("rtc-recording-started");
    RTC_ASSERT_TEXT(manifest_text(folder.file("s1.json"), "state"), "recording");
    // At most one second is missing.
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    guint frames = 0;
    while (frames < video_frames - 30) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        copy_file(folder.file(name + ".part"), folder.file("copy"));
        frames = count_frames(folder.file("copy"));
    }
}

// Frames before the first keyframe are left out, and one is asked for.
static void starts_at_a_keyframe() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(10, 30);
    g_assert_cmpuint(video.keyframe_requests(), ==, 1); // not one a frame
    video.push(30, 60);
    video.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.find("vp8")->frames, ==, 30);
    RTC_ASSERT_NEAR(probed.duration, 1, 0.1);
}

// --- faults ---

static void codec_does_not_fit() {
    Folder folder;
    Rig rig(folder.file("{session}.mp4"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    auto warning = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(warning.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(strstr(error->message, "VP8"));
    g_assert_nonnull(strstr(error->message, "s1"));
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "location"), folder.file("s1.mkv"));
    RTC_ASSERT_NEAR(judge(folder.file("s1.mkv")).duration, seconds_of_media, 0.1);
}

static void codec_refused() {
    Folder folder;
    Rig rig(folder.file("{session}.webm"), [](GstElement* sink) {
        gst_util_set_object_arg(G_OBJECT(sink), "fallback", "refuse");
    });
    Feed video(rig, "h264", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    rig.wait_for_type(GST_MESSAGE_WARNING);
    video.end();
    audio.end();
    rig.stop();
    g_assert_cmpuint(folder.list().size(), ==, 0);
}

// One call can't be written: told in a warning, the other one goes on.
static void unwritable_place() {
    Folder folder;
    g_file_set_contents(folder.file("ann").c_str(), "a file, not a directory", -1, nullptr);
    Rig rig(folder.file("{peer}/call.mkv"));
    Feed ann(rig, "vp8", 7, "s1/1", "s1", "ann");
    Feed ann_audio(rig, "opus", 7, "s1/0", "s1", "ann");
    Feed bob(rig, "vp8", 8, "s2/1", "s2", "bob");
    Feed bob_audio(rig, "opus", 8, "s2/0", "s2", "bob");
    for (auto* feed : {&ann, &ann_audio, &bob, &bob_audio})
        feed->push_all();
    rig.wait_for_type(GST_MESSAGE_WARNING);
    for (auto* feed : {&ann, &ann_audio, &bob, &bob_audio})
        feed->end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "peer"), "bob");
    judge(folder.file("bob/call.mkv"));
}

// The disk fills up while a call is recorded.
static void no_space() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    // A limit on the size of files does what a full disk does.
    struct rlimit old_limit {};
    getrlimit(RLIMIT_FSIZE, &old_limit);
    auto limit = old_limit;
    limit.rlim_cur = 30000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    video.push_all();
    audio.push_all();
    rig.wait_for_type(GST_MESSAGE_WARNING);
    setrlimit(RLIMIT_FSIZE, &old_limit);
    video.end();
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "error");
    g_assert_true(folder.has("s1.mkv")); // what could be written
    g_assert_cmpuint(count_frames(folder.file("s1.mkv")), >, 10);
    // The next call is none the worse for it.
    Feed next(rig, "vp8", 8, "s2/1", "s2");
    next.push(0, 30);
    next.end();
    rig.wait_for("rtc-recording-finished");
    judge(folder.file("s2.mkv"));
}

// One that names another file.
static void copy_manifest(const std::string& from, const std::string& file, const std::string& to,
                          const std::string& other_file) {
    char* text = nullptr;
    g_assert_true(g_file_get_contents(from.c_str(), &text, nullptr, nullptr));
    Owned<char> owned{text};
    std::string json = text;
    auto at = json.find("\"" + file + "\"");
    g_assert_cmpuint(at, !=, json.npos);
    json.replace(at + 1, file.size(), other_file);
    g_assert_true(g_file_set_contents(to.c_str(), json.c_str(), -1, nullptr));
}

// What a killed process left becomes a whole file: with an index, a duration, and a late track at
// its time.
static void leftover_of_an_earlier_run(gconstpointer ending) {
    Folder folder;
    auto name = std::string("s1.") + static_cast<const char*>(ending);
    auto old = std::string("old.") + static_cast<const char*>(ending);
    {
        Rig rig(folder.file(name),
                [](GstElement* sink) { g_object_set(sink, "track-timeout", 0, nullptr); });
        Feed audio(rig, "opus", 7, "s1/0", "s1");
        audio.push(0, 50);
        rig.wait_for("rtc-recording-started");
        Feed video(rig, "h264", 7, "s1/1", "s1");
        video.push(0, 90, GST_SECOND);
        audio.push(50, 150);
        auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
        auto late = name + ".2+1000000.part";
        auto taken = folder.file(old + ".2+1000000.part");
        guint frames = 0;
        while (frames < 45) {
            g_assert_cmpint(g_get_monotonic_time(), <, deadline);
            if (!folder.has(late))
                continue;
            copy_file(folder.file(late), taken);
            frames = count_frames(taken);
        }
        copy_file(folder.file(name + ".part"), folder.file(old + ".part"));
        copy_manifest(folder.file("s1.json"), name, folder.file("old.json"), old);
    }
    Rig rig(folder.file("{session}.mkv"));
    auto leftover = rig.wait_for("rtc-recording-leftover");
    RTC_ASSERT_TEXT(text_of(leftover.get(), "location"), folder.file(old));
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    g_assert_false(folder.has(old + ".part"));
    g_assert_false(folder.has(old + ".2+1000000.part"));
    auto probed = judge(folder.file(old));
    g_assert_cmpuint(probed.streams.size(), ==, 2);
    g_assert_cmpfloat(probed.duration, >=, 2.4);
    g_assert_cmpuint(probed.find("h264")->frames, >=, 45);
    RTC_ASSERT_NEAR(probed.find("h264")->start - probed.find("opus")->start, 1, 0.015);
    RTC_ASSERT_TEXT(manifest_text(folder.file("old.json"), "state"), "finished");
    RTC_ASSERT_TEXT(manifest_text(folder.file("old.json"), "reason"), "interrupted");
}

// What can't be read is neither lost nor in the way.
static void broken_leftover() {
    Folder folder;
    auto part = "\x1a\x45\xdf\xa3 WA\x8c" + std::string(part_mark) + " and no media at all";
    g_file_set_contents(folder.file("bad.mp4.part").c_str(), part.c_str(), -1, nullptr);
    Rig rig(folder.file("{session}.mkv"));
    rig.wait_for_type(GST_MESSAGE_WARNING);
    auto leftover = rig.wait_for("rtc-recording-leftover");
    RTC_ASSERT_TEXT(text_of(leftover.get(), "location"), folder.file("bad.mkv"));
    g_assert_true((folder.list() == std::vector<std::string>{"bad.mkv"}));
    Feed video(rig, "vp8", 8, "s2/1", "s2");
    video.push(0, 30);
    video.end();
    rig.wait_for("rtc-recording-finished");
    judge(folder.file("s2.mkv"));
}

// What another program writes under such a name is left alone: whole Matroska, a copy of a
// recording, anything.
static void others_part() {
    Folder folder;
    {
        Rig rig(folder.file("{session}.mkv"));
        Feed video(rig, "vp8", 8, "s1/1", "s1");
        video.push_all();
        video.end();
        rig.wait_for("rtc-recording-finished");
    }
    copy_file(folder.file("s1.mkv"), folder.file("copy.mkv.part"));
    g_file_set_contents(folder.file("theirs.mp4.part").c_str(), "no media at all", -1, nullptr);
    auto before = folder.list();
    Rig rig(folder.file("{session}.mkv"));
    auto warning = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(warning.get(), &error, nullptr);
    Owned<GError> owned{error};
    for (const char* name : {"copy.mkv.part", "theirs.mp4.part"})
        g_assert_nonnull(strstr(error->message, name));
    // A call that is recorded meanwhile comes behind leftovers.
    Feed video(rig, "vp8", 8, "s2/1", "s2");
    video.push_all();
    video.end();
    rig.wait_for("rtc-recording-finished");
    g_assert_false(rig.comes("rtc-recording-leftover", 0));
    before.insert(before.end(), {"s2.json", "s2.mkv"});
    std::ranges::sort(before);
    g_assert_true(folder.list() == before);
    judge(folder.file("copy.mkv.part"));
}

static void bad_location() {
    for (const char* location : {"calls/{who}.mkv", "calls/{session}.avi", "calls/"}) {
        auto element = sink(gst_element_factory_make("rtcrecordsink", nullptr));
        g_object_set(element.get(), "location", location, nullptr);
        g_assert_cmpint(gst_element_set_state(element.get(), GST_STATE_PAUSED), ==,
                        GST_STATE_CHANGE_FAILURE);
        gst_element_set_state(element.get(), GST_STATE_NULL);
    }
}

// Calls that come, end and are cut off from several threads at once.
static void many_calls() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"));
    media("vp8");
    media("opus");
    std::vector<std::thread> threads;
    for (guint i = 0; i < 8; i++)
        threads.emplace_back([&rig, i] {
            auto session = "s" + std::to_string(i);
            Feed video(rig, "vp8", 100 + i, session + "/1", session);
            Feed audio(rig, "opus", 100 + i, session + "/0", session);
            for (guint part = 0; part < 3; part++) {
                video.push(part * 30, part * 30 + 30);
                audio.push(part * 50, part * 50 + 50);
            }
            if (i % 2)
                video.end();
        });
    for (auto& thread : threads)
        thread.join();
    for (guint i = 0; i < 8; i++)
        rig.wait_for("rtc-recording-finished");
    for (guint i = 0; i < 8; i++)
        g_assert_cmpuint(judge(folder.file("s" + std::to_string(i) + ".mkv")).find("vp8")->frames,
                         ==, video_frames);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    for (const char* ending : {"mkv", "mp4"}) {
        g_test_add_data_func((std::string("/recording/stopped-without-eos/") + ending).c_str(),
                             ending, stopped_without_eos);
    }
    for (const char* ending : {"mkv", "webm", "mp4"}) {
        g_test_add_data_func((std::string("/recording/plays-while-it-grows/") + ending).c_str(),
                             ending, plays_while_it_grows);
    }
    g_test_add_func("/recording/eos-without-calls", eos_without_calls);
    g_test_add_func("/recording/eos-with-open-call", eos_with_open_call);
    g_test_add_func("/recording/eos-behind-the-last-data", eos_behind_the_last_data);
    g_test_add_func("/recording/ordinary-pipeline", ordinary_pipeline);
    g_test_add_func("/recording/sound-ends-before-the-picture-begins",
                    sound_ends_before_the_picture_begins);
    g_test_add_func("/recording/links-pads-that-come", links_pads_that_come);
    g_test_add_func("/recording/starts-at-a-keyframe", starts_at_a_keyframe);
    g_test_add_func("/recording/codec-does-not-fit", codec_does_not_fit);
    g_test_add_func("/recording/codec-refused", codec_refused);
    g_test_add_func("/recording/unwritable-place", unwritable_place);
    g_test_add_func("/recording/no-space", no_space);
    for (const char* ending : {"mkv", "mp4"}) {
        g_test_add_data_func((std::string("/recording/leftover/") + ending).c_str(), ending,
                             leftover_of_an_earlier_run);
    }
    g_test_add_func("/recording/broken-leftover", broken_leftover);
    g_test_add_func("/recording/others-part", others_part);
    g_test_add_func("/recording/bad-location", bad_location);
    g_test_add_func("/recording/many-calls", many_calls);
    return g_test_run();
}
