// A received track: in which form it goes on, and what comes with it.
#include "tests/element/receiver_rig.hpp"

#include "plugins/rtc/calltags.hpp"

using namespace rtc;
using namespace rtc::test;

struct FormRow {
    const char* name;
    const char* codec;
    const char* const* sender;
    const char* downstream; // its end is "sink"
    const char* caps;       // what goes in at the head
};

// Each links by gst_element_link_pads(), as gst-launch does, and gets the form that it needs.
static const FormRow form_rows[] = {
    {"vp8/any", "VP8", &vp8, "fakesink name=sink", "video/x-vp8, width=160, height=120"},
    {"vp8/queue", "VP8", &vp8, "queue ! fakesink name=sink", "video/x-vp8"},
    {"vp8/encoded-filter", "VP8", &vp8, "capsfilter caps=video/x-vp8 ! fakesink name=sink",
     "video/x-vp8"},
    {"vp8/decoder", "VP8", &vp8, "vp8dec ! fakesink name=sink", "video/x-vp8"},
    {"vp8/mux", "VP8", &vp8, "webmmux name=head streamable=true ! fakesink name=sink",
     "video/x-vp8"},
    {"vp8/depayloader", "VP8", &vp8, "rtpvp8depay ! fakesink name=sink",
     "application/x-rtp, encoding-name=VP8"},
    {"vp8/rtp-filter", "VP8", &vp8, "capsfilter caps=application/x-rtp ! fakesink name=sink",
     "application/x-rtp, media=video"},
    {"vp8/converter", "VP8", &vp8, "videoconvert ! fakesink name=sink",
     "video/x-raw, width=160, height=120"},
    {"vp8/rgb", "VP8", &vp8, "queue ! videoconvert ! video/x-raw,format=RGB ! fakesink name=sink",
     "video/x-raw, format=I420"},
    {"vp8/decodebin", "VP8", &vp8, "decodebin name=head ! videoconvert ! fakesink name=sink",
     "video/x-vp8"},
    {"h264/any", "H264", &h264, "fakesink name=sink",
     "video/x-h264, stream-format=byte-stream, alignment=au"},
    {"h264/parser", "H264", &h264, "h264parse ! fakesink name=sink", "video/x-h264"},
    {"h264/avc", "H264", &h264,
     "capsfilter caps=video/x-h264,stream-format=avc,alignment=au ! fakesink name=sink",
     "video/x-h264, stream-format=avc"},
    {"h264/avc3", "H264", &h264,
     "capsfilter caps=video/x-h264,stream-format=avc3 ! fakesink name=sink",
     "video/x-h264, stream-format=avc3"},
    {"h264/nal", "H264", &h264,
     "capsfilter caps=video/x-h264,stream-format=byte-stream,alignment=nal ! fakesink name=sink",
     "video/x-h264, stream-format=byte-stream, alignment=nal"},
    {"h264/mux", "H264", &h264, "matroskamux name=head streamable=true ! fakesink name=sink",
     "video/x-h264, stream-format=avc"},
    {"h264/depayloader", "H264", &h264, "rtph264depay ! h264parse ! fakesink name=sink",
     "application/x-rtp, encoding-name=H264"},
    {"h264/converter", "H264", &h264, "videoconvert ! fakesink name=sink", "video/x-raw"},
    {"opus/any", "opus", &opus, "fakesink name=sink",
     "audio/x-opus, rate=48000, channels=2, channel-mapping-family=0"},
    {"opus/mux", "opus", &opus, "webmmux name=head streamable=true ! fakesink name=sink",
     "audio/x-opus"},
    {"opus/converter", "opus", &opus, "audioconvert ! audio/x-raw,channels=1 ! fakesink name=sink",
     "audio/x-raw, rate=48000, channels=2"},
    {"opus/depayloader", "opus", &opus, "rtpopusdepay ! fakesink name=sink",
     "application/x-rtp, encoding-name=OPUS"},
    {"pcmu/any", "PCMU", &pcmu, "fakesink name=sink", "audio/x-mulaw, rate=8000, channels=1"},
    {"pcmu/converter", "PCMU", &pcmu, "audioconvert ! fakesink name=sink",
     "audio/x-raw, rate=8000"},
};

static void test_form(gconstpointer data) {
    const auto& row = *static_cast<const FormRow*>(data);
    Rig rig(row.codec, *row.sender);
    auto* bin = rig.link(row.downstream);
    Watch output(rig.output.get());
    Watch watch(rig.sink_of(bin).get());
    rig.play();
    watch.wait_for(5);
    auto got = adopt(gst_pad_get_current_caps(rig.output.get()));
    auto wanted = adopt(gst_caps_from_string(row.caps));
    if (!gst_caps_is_subset(got.get(), wanted.get())) {
        Owned<char> text{gst_caps_to_string(got.get())};
        g_error("%s: gives %s", row.name, text.get());
    }
    if (!gst_structure_has_name(gst_caps_get_structure(got.get(), 0), "application/x-rtp"))
        g_assert_true(output.pictures()[0].keyframe);
    rig.assert_session_is_well();
}

// The events that come with the media, in their order, each as it must be.
static void test_events() {
    Rig rig("VP8", vp8);
    Watch watch(rig.sink_of(rig.link("fakesink name=sink")).get());
    rig.play();
    watch.wait_for(10);

    auto starts = watch.events(GST_EVENT_STREAM_START);
    g_assert_cmpuint(starts.size(), ==, 1);
    const char* id = nullptr;
    guint group = 0;
    gst_event_parse_stream_start(starts[0].get(), &id);
    g_assert_true(gst_event_parse_group_id(starts[0].get(), &group));
    g_assert_cmpstr(id, ==, "s1/video_0");
    g_assert_cmpuint(group, ==, rig.group_id);

    auto segments = watch.events(GST_EVENT_SEGMENT);
    g_assert_cmpuint(segments.size(), ==, 1);
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(segments[0].get(), &segment);
    g_assert_cmpint(segment->format, ==, GST_FORMAT_TIME);
    g_assert_cmpuint(segment->start, ==, 0);
    g_assert_cmpuint(segment->base, ==, 0);

    auto lists = watch.events(GST_EVENT_TAG);
    g_assert_cmpuint(lists.size(), >=, 1);
    GstTagList* tags = nullptr;
    gst_event_parse_tag(lists[0].get(), &tags);
    g_assert_true(parse_call_tags(tags).peer == "bob");
    g_assert_cmpuint(watch.events(GST_EVENT_CAPS).size(), ==, 1);

    auto pictures = watch.pictures();
    for (size_t i = 1; i < pictures.size(); i++)
        g_assert_cmpuint(pictures[i].pts, >, pictures[i - 1].pts);
    // Running time of the application: its clock is the session's.
    auto clock = adopt(gst_element_get_clock(rig.application.get()));
    auto now = gst_clock_get_time(clock.get()) - gst_element_get_base_time(rig.application.get());
    g_assert_cmpuint(pictures.back().pts, <=, now);
    g_assert_cmpuint(pictures.back().pts + 5 * GST_SECOND, >, now);
}

// The stream's own tags must not push ours off the pad.
static void test_tags_stay() {
    Rig rig("opus", opus);
    rig.play();
    Watch watch(rig.sink_of(rig.link("fakesink name=sink")).get());
    watch.wait_for(3);
    auto list = adopt(gst_tag_list_new(GST_TAG_AUDIO_CODEC, "Opus", nullptr));
    gst_tag_list_set_scope(list.get(), GST_TAG_SCOPE_GLOBAL);
    auto encoder = rig.pad("pay", "sink");
    auto before = watch.events(GST_EVENT_TAG).size();
    // Where the next buffer goes, so on the streaming thread.
    gst_pad_add_probe(
        encoder.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad* pad, GstPadProbeInfo*, gpointer tags) {
            auto owned = adopt(static_cast<GstTagList*>(tags));
            auto parent = adopt(gst_pad_get_parent_element(pad));
            auto src = adopt(gst_element_get_static_pad(parent.get(), "src"));
            gst_pad_push_event(src.get(), gst_event_new_tag(owned.release()));
            return GST_PAD_PROBE_REMOVE;
        },
        list.release(), nullptr);
    watch.wait_until([&] { return watch.events(GST_EVENT_TAG).size() > before; }, "tags");
    auto event = adopt(gst_pad_get_sticky_event(rig.output.get(), GST_EVENT_TAG, 0));
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event.get(), &tags);
    g_assert_true(parse_call_tags(tags).session == "s1");
    Owned<char> codec;
    char* text = nullptr;
    g_assert_true(gst_tag_list_get_string(tags, GST_TAG_AUDIO_CODEC, &text));
    codec.reset(text);
    g_assert_cmpstr(text, ==, "Opus");
}

static void test_latency() {
    Rig rig("H264", h264);
    auto query = adopt(gst_query_new_latency());
    gboolean live = FALSE;
    GstClockTime least;
    GstClockTime most;
    // Before anything flows the pad is live already.
    g_assert_true(gst_pad_query(rig.output.get(), query.get()));
    gst_query_parse_latency(query.get(), &live, &least, &most);
    g_assert_true(live);

    auto bus = adopt(gst_element_get_bus(rig.application.get()));
    Watch watch(rig.sink_of(rig.link("fakesink name=sink")).get());
    rig.play();
    watch.wait_for(3);
    query = adopt(gst_query_new_latency());
    g_assert_true(gst_pad_query(rig.output.get(), query.get()));
    gst_query_parse_latency(query.get(), &live, &least, &most);
    g_assert_true(live);
    g_assert_cmpuint(least, >=, GST_SECOND / 30); // videotestsrc's: a frame
    g_assert_true(bool(adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_LATENCY))));
}

static void test_eos_once() {
    Rig rig("VP8", vp8);
    Watch watch(rig.sink_of(rig.link("fakesink name=sink")).get());
    rig.play();
    watch.wait_for(3);
    // The session's own EOS goes no further: it may be one SSRC's.
    Watch sender(rig.rtp_pad.get());
    gst_element_send_event(rig.session.get(), gst_event_new_eos());
    sender.wait_until([&] { return !sender.events(GST_EVENT_EOS).empty(); }, "EOS");
    rig.stop_session();
    g_assert_cmpuint(watch.events(GST_EVENT_EOS).size(), ==, 0);
    rig.receiver->finish();
    rig.receiver->finish();
    rig.receiver.reset();
    g_assert_cmpuint(watch.events(GST_EVENT_EOS).size(), ==, 1);
    g_assert_cmpuint(watch.events(GST_EVENT_FLUSH_START).size(), ==, 0);
}

// A session that ends before its media came ends its pads all the same.
static void test_eos_without_media() {
    Rig rig("VP8", vp8);
    Watch watch(rig.sink_of(rig.link("fakesink name=sink")).get());
    gst_element_set_state(rig.application.get(), GST_STATE_PLAYING);
    rig.receiver->finish();
    g_assert_cmpuint(watch.events(GST_EVENT_STREAM_START).size(), ==, 1);
    g_assert_cmpuint(watch.events(GST_EVENT_EOS).size(), ==, 1);
}

static void test_eos_unlinked() {
    Rig rig("VP8", vp8);
    rig.play();
    rig.stop_session();
    rig.receiver->finish();
    for (auto type : {GST_EVENT_STREAM_START, GST_EVENT_EOS})
        g_assert_true(bool(adopt(gst_pad_get_sticky_event(rig.output.get(), type, 0))));
}

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    for (const auto& row : form_rows)
        g_test_add_data_func((std::string("/receiver/form/") + row.name).c_str(), &row, test_form);
    g_test_add_func("/receiver/events", test_events);
    g_test_add_func("/receiver/tags-stay", test_tags_stay);
    g_test_add_func("/receiver/latency", test_latency);
    g_test_add_func("/receiver/eos-once", test_eos_once);
    g_test_add_func("/receiver/eos-without-media", test_eos_without_media);
    g_test_add_func("/receiver/eos-unlinked", test_eos_unlinked);
    return g_test_run();
}
