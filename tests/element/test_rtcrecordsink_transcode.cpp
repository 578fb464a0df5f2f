// Tracks that are encoded anew: what the container can't take, or everything.
#include "plugins/receive/decoders.hpp"
#include "tests/element/faultydecoders.hpp"
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

static std::function<void(GstElement*)> transcode(const char* policy, const char* profile = "") {
    return [=](GstElement* sink) {
        gst_util_set_object_arg(G_OBJECT(sink), "transcode", policy);
        g_object_set(sink, "transcode-profile", profile, nullptr);
    };
}

static JsonObject* track_of(JsonObject* manifest, const char* kind) {
    auto* tracks = json_object_get_array_member(manifest, "tracks");
    for (guint i = 0; i < json_array_get_length(tracks); i++) {
        auto* track = json_array_get_object_element(tracks, i);
        if (g_str_equal(json_object_get_string_member(track, "kind"), kind))
            return track;
    }
    g_error("the manifest has no track of %s", kind);
}

static std::string text(JsonObject* object, const char* member) {
    return json_object_has_member(object, member) ? json_object_get_string_member(object, member)
                                                  : "";
}

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

// --- what can't be ---

struct FaultRow {
    const char* name;
    const char* profile;
    const char* ending;
    const char* words;
};
static const FaultRow fault_rows[] = {
    {"codec", "H266", "mp4", "\"H266\" is no codec"},
    {"bitrate", "H264:fast", "mp4", "\"fast\" is no bit rate"},
    {"container", "H264", "webm", "WebM has no place for H264"},
    {"encoder", "PCMU", "mp4", "MP4 has no place for PCMU"},
};

static void profile_is_refused(gconstpointer data) {
    const auto& row = *static_cast<const FaultRow*>(data);
    Folder folder;
    auto sink = rtc::sink(gst_element_factory_make("rtcrecordsink", nullptr));
    auto bus = adopt(gst_bus_new());
    gst_element_set_bus(sink.get(), bus.get());
    transcode("if-needed", row.profile)(sink.get());
    auto location = folder.file(std::string("a.") + row.ending);
    g_object_set(sink.get(), "location", location.c_str(), nullptr);
    g_assert_cmpint(gst_element_set_state(sink.get(), GST_STATE_PLAYING), ==,
                    GST_STATE_CHANGE_FAILURE);
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    g_assert_nonnull(message.get());
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(strstr(error->message, row.words));
    gst_element_set_bus(sink.get(), nullptr);
    gst_element_set_state(sink.get(), GST_STATE_NULL);
}

static std::string warning(Rig& rig) {
    auto message = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    return error->message;
}

// Another decoder goes on, from the next keyframe.
static void failing_decoder_is_replaced() {
    register_faulty_decoders();
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    audio.push(0, 50);
    video.push(0, 10);
    g_assert_nonnull(strstr(warning(rig).c_str(), "failingvp8dec"));
    video.push(10, 90);
    g_assert_cmpuint(video.keyframe_requests(), >, 0);
    audio.push(50, 150);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 60);
    RTC_ASSERT_NEAR(probed.duration, seconds_of_media, 0.1);
}

// Without any the call is recorded as without transcoding: by fallback.
static void without_decoder_as_it_comes() {
    for (const auto& decoder : decoders_for(*find_codec("VP8")))
        gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(decoder.get()), GST_RANK_NONE);
    Folder folder;
    Rig rig(folder.file("s1.mp4"), transcode("if-needed"));
    Feed audio(rig, "pcmu", 7, "s1/0", "s1");
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    g_assert_nonnull(strstr(warning(rig).c_str(), "no decoder for VP8"));
    audio.push_all();
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(folder.file("s1.mkv"));
    g_assert_cmpuint(probed.find("vp8")->frames, ==, video_frames);
    g_assert_nonnull(probed.find("opus"));
    auto manifest = read_manifest(folder.file("s1.json"));
    RTC_ASSERT_TEXT(text(track_of(manifest.get(), "video"), "transcoded_from"), "");
    RTC_ASSERT_TEXT(text(track_of(manifest.get(), "audio"), "transcoded_from"), "PCMU");
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
    for (const auto& row : fault_rows)
        g_test_add_data_func((std::string("/transcoding/refused/") + row.name).c_str(), &row,
                             profile_is_refused);
    // These change what decoders there are, so they come last.
    g_test_add_func("/transcoding/failing-decoder", failing_decoder_is_replaced);
    g_test_add_func("/transcoding/without-decoder", without_decoder_as_it_comes);
    return g_test_run();
}
