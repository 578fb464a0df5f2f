// Tracks that can't be encoded anew, or not all of them.
#include "plugins/receive/decoders.hpp"
#include "tests/element/faultydecoders.hpp"
#include "tests/element/transcoding.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

// More than an encoder can take: pictures are left out and counted, nobody waits, sound is whole.
static void encoder_does_not_keep_up() {
    constexpr guint rounds = 7;
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    for (guint i = 0; i < rounds; i++)
        video.push(0, G_MAXUINT, GstClockTimeDiff(i * seconds_of_media * GST_SECOND));
    for (guint i = 0; i < rounds; i++)
        audio.push(0, G_MAXUINT, GstClockTimeDiff(i * seconds_of_media * GST_SECOND));
    g_assert_cmpuint(video.keyframe_requests(), >, 0);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    auto manifest = read_manifest(folder.file("s1.json"));
    auto* seen = track_of(manifest.get(), "video");
    auto left_out = json_object_get_int_member(seen, "dropped_before_encoder");
    g_assert_cmpint(left_out, >, 0);
    g_assert_cmpint(json_object_get_int_member(seen, "dropped_after_loss"), ==, 0);
    g_assert_cmpint(probed.find("h264")->frames + left_out, ==, rounds * video_frames);
    g_assert_cmpuint(probed.find("opus")->frames, ==, rounds * media("opus").size());
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

// Ranks before all others in the table of encoders, and has no hardware, or fails at its first
// picture, or gives nothing, without a word.
enum class Fault { absent, failing, silent };
static Fault fault = Fault::absent;
struct FailingEncoder {
    GstElement parent;
};
struct FailingEncoderClass {
    GstElementClass parent_class;
};
G_DEFINE_TYPE(FailingEncoder, failing_encoder, GST_TYPE_ELEMENT)

static void failing_encoder_class_init(FailingEncoderClass* klass) {
    auto* element_class = GST_ELEMENT_CLASS(klass);
    const char* name = "An encoder that fails at its first picture";
    gst_element_class_set_static_metadata(element_class, name, "Codec/Encoder/Video", name,
                                          "gst-rtc");
    element_class->change_state = [](GstElement* element, GstStateChange change) {
        if (change == GST_STATE_CHANGE_NULL_TO_READY && fault == Fault::absent)
            return GST_STATE_CHANGE_FAILURE;
        return GST_ELEMENT_CLASS(failing_encoder_parent_class)->change_state(element, change);
    };
    auto raw = adopt(gst_caps_from_string("video/x-raw"));
    auto encoded = adopt(gst_caps_from_string("video/x-h264"));
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, raw.get()));
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, encoded.get()));
}

static void failing_encoder_init(FailingEncoder* self) {
    auto* element = GST_ELEMENT(self);
    auto* klass = GST_ELEMENT_GET_CLASS(element);
    auto* output =
        gst_pad_new_from_template(gst_element_class_get_pad_template(klass, "src"), "src");
    auto* input =
        gst_pad_new_from_template(gst_element_class_get_pad_template(klass, "sink"), "sink");
    gst_pad_set_event_function(input, [](GstPad*, GstObject*, GstEvent* event) -> gboolean {
        auto owned = adopt(event);
        return TRUE;
    });
    gst_pad_set_chain_function(input, [](GstPad*, GstObject* parent, GstBuffer* buffer) {
        auto owned = adopt(buffer);
        if (fault == Fault::silent)
            return GST_FLOW_OK;
        GST_ELEMENT_ERROR(parent, STREAM, ENCODE, ("No good"), (nullptr));
        return GST_FLOW_ERROR;
    });
    gst_element_add_pad(element, output);
    gst_element_add_pad(element, input);
}

static std::string warning(Rig& rig) {
    auto message = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    return error->message;
}

// Another element goes on, from the next keyframe.
static void goes_on_with_another(const char* failing) {
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, transcode("if-needed"));
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    audio.push(0, 50);
    video.push(0, 10);
    g_assert_nonnull(strstr(warning(rig).c_str(), failing));
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

static constexpr const char* first_of_table = "vah264lpenc";

static void failing_encoder_is_replaced() {
    fault = Fault::failing;
    goes_on_with_another(first_of_table);
}

// Its call goes on meanwhile.
static void silent_encoder_is_replaced() {
    fault = Fault::silent;
    Folder folder;
    auto file = folder.file("s1.mp4");
    Rig rig(file, [](GstElement* sink) {
        transcode("if-needed")(sink);
        g_object_set(sink, "track-timeout", 100, nullptr);
    });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(0, 60);
    audio.push(0, 150);
    rig.wait_for("rtc-recording-started");
    g_assert_nonnull(strstr(warning(rig).c_str(), "vah264lpenc has given nothing"));
    video.push(60, 90);
    video.end();
    audio.end();
    rig.wait_for("rtc-recording-finished");
    auto probed = judge(file);
    g_assert_cmpuint(probed.find("h264")->frames, ==, 30);
    RTC_ASSERT_NEAR(probed.find("h264")->start, 2, 0.1);
    g_assert_cmpuint(probed.find("opus")->frames, ==, audio_frames);
}

static void failing_decoder_is_replaced() {
    fault = Fault::absent;
    register_faulty_decoders();
    goes_on_with_another("failingvp8dec");
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
    gst_element_register(nullptr, first_of_table, GST_RANK_NONE, failing_encoder_get_type());
    g_test_add_func("/transcoding/overload", encoder_does_not_keep_up);
    for (const auto& row : fault_rows)
        g_test_add_data_func((std::string("/transcoding/refused/") + row.name).c_str(), &row,
                             profile_is_refused);
    // These change what elements there are, so they come last.
    g_test_add_func("/transcoding/failing-encoder", failing_encoder_is_replaced);
    g_test_add_func("/transcoding/silent-encoder", silent_encoder_is_replaced);
    g_test_add_func("/transcoding/failing-decoder", failing_decoder_is_replaced);
    g_test_add_func("/transcoding/without-decoder", without_decoder_as_it_comes);
    return g_test_run();
}
