// A received track while things change around it: links, gate, losses, refusals, keyframes.
#include "tests/element/receiver_rig.hpp"

#include <gst/video/video.h>

#include <atomic>

using namespace rtc;
using namespace rtc::test;

// A sink pad that returns what it is told to. Must outlive the rig.
struct Refuser {
    std::atomic<GstFlowReturn> flow = GST_FLOW_OK;
    std::atomic<const char*> caps = "ANY"; // what it says to take
    Ref<GstPad> pad = sink(gst_pad_new("refuser", GST_PAD_SINK));

    Refuser() {
        gst_pad_set_chain_function_full(
            pad.get(),
            [](GstPad* self, GstObject*, GstBuffer* buffer) {
                auto owned = adopt(buffer);
                return static_cast<Refuser*>(self->chaindata)->flow.load();
            },
            this, nullptr);
        gst_pad_set_event_function(pad.get(), [](GstPad*, GstObject*, GstEvent* event) -> gboolean {
            return bool(adopt(event));
        });
        gst_pad_set_query_function_full(
            pad.get(),
            [](GstPad* self, GstObject* parent, GstQuery* query) -> gboolean {
                if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
                    return gst_pad_query_default(self, parent, query);
                auto* text = static_cast<Refuser*>(self->querydata)->caps.load();
                gst_query_set_caps_result(query, adopt(gst_caps_from_string(text)).get());
                return TRUE;
            },
            this, nullptr);
        gst_pad_set_active(pad.get(), TRUE);
    }
    void link(Rig& rig) {
        auto linked =
            gst_pad_link_full(rig.output.get(), pad.get(), GST_PAD_LINK_CHECK_NO_RECONFIGURE);
        g_assert_cmpint(linked, ==, GST_PAD_LINK_OK);
        changed(rig);
    }
    void changed(Rig& rig) { gst_pad_push_event(pad.get(), gst_event_new_reconfigure()); }
};

static guint session_elements(Rig& rig) {
    return GST_BIN_NUMCHILDREN(rig.session.get());
}

static void ask_for_keyframe(GstPad* from) {
    gst_pad_push_event(from,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

// As long as nothing is linked nothing is built and no keyframe asked for; then the first thing to
// come is a keyframe, although the sender makes none by itself.
static void test_linked_late(gconstpointer data) {
    bool is_h264 = data;
    Rig rig(is_h264 ? "H264" : "VP8", is_h264 ? h264 : vp8);
    auto elements = session_elements(rig);
    Watch packets(rig.rtp_pad.get());
    Watch encoder(rig.pad("enc", "src").get());
    rig.play();
    packets.wait_for_time(500 * GST_MSECOND);
    g_assert_cmpuint(session_elements(rig), ==, elements);
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 0);

    Watch output(rig.output.get());
    rig.link("fakesink name=sink");
    output.wait_for(5);
    g_assert_true(output.pictures()[0].keyframe);
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 1);
    rig.assert_session_is_well();
}

// A stream that starts with a keyframe gives it on, and none is asked for in vain.
static void test_no_needless_request() {
    Rig rig("VP8", vp8);
    Watch encoder(rig.pad("enc", "src").get());
    Watch output(rig.output.get());
    rig.link("fakesink name=sink");
    rig.play();
    output.wait_for(30);
    g_assert_true(output.pictures()[0].keyframe);
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 0);
}

static void assert_gives(Rig& rig, const char* text) {
    auto caps = adopt(gst_pad_get_current_caps(rig.output.get()));
    auto wanted = adopt(gst_caps_from_string(text));
    g_assert_true(gst_caps_is_subset(caps.get(), wanted.get()));
}

// Each new link gets the form that it needs, from a keyframe on.
static void test_relinked() {
    Rig rig("H264", h264);
    Watch packets(rig.rtp_pad.get());
    rig.play();
    struct {
        const char* downstream;
        const char* caps;
    } const rows[] = {
        {"fakesink name=sink", "video/x-h264, stream-format=byte-stream"},
        {"capsfilter caps=video/x-h264,stream-format=avc3 ! fakesink name=sink",
         "video/x-h264, stream-format=avc3"},
        {"videoconvert ! fakesink name=sink", "video/x-raw"},
        {"fakesink name=sink", "video/x-h264"},
        {"rtph264depay ! fakesink name=sink", "application/x-rtp"},
        {"rtph264depay ! h264parse ! openh264dec ! fakesink name=sink", "application/x-rtp"},
        {"h264parse ! fakesink name=sink", "video/x-h264"},
    };
    for (const auto& row : rows) {
        Watch sink(rig.sink_of(rig.link(row.downstream)).get());
        sink.wait_for(5);
        assert_gives(rig, row.caps);
        rig.unlink();
        packets.wait_for(packets.count() + 10);
        rig.assert_session_is_well();
    }
}

// What is linked first takes anything; what is linked behind it later does not.
static void test_changed_behind_a_queue() {
    Rig rig("VP8", vp8);
    Watch output(rig.output.get());
    auto* queue = gst_element_factory_make("queue", "q");
    gst_bin_add(GST_BIN(rig.application.get()), queue);
    g_assert_true(gst_element_link_pads(rig.source.get(), "video_0", queue, "sink"));
    rig.play();
    Watch packets(rig.rtp_pad.get());
    packets.wait_for(30);
    assert_gives(rig, "video/x-vp8");

    auto* bin = rig.add("videoconvert ! fakesink name=sink");
    Watch sink(rig.sink_of(bin).get());
    g_assert_true(gst_element_link_pads(queue, "src", bin, "sink"));
    sink.wait_for(5);
    assert_gives(rig, "video/x-raw");
    rig.assert_session_is_well();
}

// Nothing passes before the peer is known to be who it says.
static void test_gate() {
    std::atomic<bool> open = false;
    Rig rig("VP8", vp8, {.gate = [&] { return open.load(); }});
    Watch output(rig.output.get());
    Watch packets(rig.rtp_pad.get());
    rig.link("fakesink name=sink");
    rig.play();
    packets.wait_for_time(500 * GST_MSECOND);
    g_assert_cmpuint(output.count(), ==, 0);
    g_assert_cmpuint(output.events(GST_EVENT_CAPS).size(), ==, 0);
    open = true;
    output.wait_for(5);
    g_assert_true(output.pictures()[0].keyframe);
    open = false;
    auto before = packets.count();
    packets.wait_for(before + 20);
    auto passed = output.count();
    packets.wait_for(before + 40);
    g_assert_cmpuint(output.count(), ==, passed);
}

// Whatever downstream returns, the session never hears of it, and media flows again, from a
// keyframe on, once downstream has changed.
static void test_refused(gconstpointer data) {
    auto flow = GstFlowReturn(GPOINTER_TO_INT(data));
    Refuser refuser;
    Rig rig("VP8", vp8, {.keyframe_interval_ms = 100});
    refuser.link(rig);
    Watch packets(rig.rtp_pad.get());
    Watch pad(refuser.pad.get());
    rig.play();
    pad.wait_for(10);
    refuser.flow = flow;
    packets.wait_for(packets.count() + 40);
    rig.assert_session_is_well();
    auto refused = pad.count();
    refuser.flow = GST_FLOW_OK;
    refuser.changed(rig);
    pad.wait_for(refused + 10);
    auto pictures = pad.pictures();
    g_assert_true(pictures[refused].keyframe);
    rig.assert_session_is_well();
}

// Audio needs no keyframe and comes again by itself where the refusal was for the moment.
static void test_refused_audio(gconstpointer data) {
    Refuser refuser;
    Rig rig("opus", opus);
    refuser.link(rig);
    Watch packets(rig.rtp_pad.get());
    Watch pad(refuser.pad.get());
    rig.play();
    pad.wait_for(5);
    refuser.flow = GstFlowReturn(GPOINTER_TO_INT(data));
    packets.wait_for(packets.count() + 20);
    refuser.flow = GST_FLOW_OK;
    auto before = pad.count();
    pad.wait_for(before + 5);
    rig.assert_session_is_well();
}

// A peer that takes none of the forms: told as a warning of the element, once.
static void test_impossible() {
    Refuser refuser;
    refuser.caps = "video/x-vp9";
    Rig rig("H264", h264);
    auto linked =
        gst_pad_link_full(rig.output.get(), refuser.pad.get(), GST_PAD_LINK_CHECK_NOTHING);
    g_assert_cmpint(linked, ==, GST_PAD_LINK_OK);
    auto bus = adopt(gst_element_get_bus(rig.application.get()));
    Watch packets(rig.rtp_pad.get());
    rig.play();
    auto message =
        adopt(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, GST_MESSAGE_WARNING));
    g_assert_true(bool(message));
    g_assert_true(GST_MESSAGE_SRC(message.get()) == GST_OBJECT(rig.source.get()));
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(g_strstr_len(error->message, -1, "video_0"));
    g_assert_nonnull(g_strstr_len(error->message, -1, "H264"));
    packets.wait_for(packets.count() + 20);
    rig.assert_session_is_well();
    auto again = GstMessageType(GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
    g_assert_false(bool(adopt(gst_bus_pop_filtered(bus.get(), again))));
    // And then one that does.
    refuser.caps = "video/x-h264, stream-format=avc";
    Watch pad(refuser.pad.get());
    refuser.changed(rig);
    pad.wait_for(5);
}

// Requests from downstream reach the encoder, few of them; the one that came too soon goes out
// later unless a keyframe has come since.
static void test_requests_throttled() {
    Rig rig("VP8", vp8, {.keyframe_interval_ms = 300});
    Watch encoder(rig.pad("enc", "src").get());
    Watch output(rig.output.get());
    auto sink_pad = rig.sink_of(rig.link("fakesink name=sink"));
    rig.play();
    output.wait_for(20); // past the time that a first keyframe is waited for
    auto keyframes = [&] {
        size_t count = 0;
        for (const auto& picture : output.pictures())
            count += picture.keyframe;
        return count;
    };
    g_assert_cmpuint(keyframes(), ==, 1);
    for (int i = 0; i < 50; i++)
        ask_for_keyframe(sink_pad.get());
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 1);
    output.wait_until([&] { return keyframes() == 2; }, "a keyframe");
    ask_for_keyframe(sink_pad.get());
    output.wait_until([&] { return keyframes() == 3; }, "another keyframe");
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 2);
    output.wait_for(output.count() + 20);
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 2);
}

// After a loss nothing passes but a keyframe, which is asked for.
static void test_loss(gconstpointer data) {
    bool is_h264 = data;
    std::atomic<int> left = 3;
    Rig rig(is_h264 ? "H264" : "VP8", is_h264 ? h264 : vp8, {.keyframe_interval_ms = 100});
    Watch encoder(rig.pad("enc", "src").get());
    Watch output(rig.output.get());
    rig.link("fakesink name=sink");
    rig.play();
    output.wait_for(10);
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 0);
    auto mark = output.count();
    // Whole pictures go: what comes next refers to them, and looks sound by itself.
    gst_pad_add_probe(
        rig.rtp_pad.get(),
        GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo*, gpointer count) {
            return (*static_cast<std::atomic<int>*>(count))-- > 0 ? GST_PAD_PROBE_DROP
                                                                  : GST_PAD_PROBE_REMOVE;
        },
        &left, nullptr);
    encoder.wait_until([&] { return encoder.keyframe_requests() > 0; }, "a keyframe request");
    output.wait_for(output.count() + 10);
    auto pictures = output.pictures();
    size_t gap = mark;
    while (gap < pictures.size() && pictures[gap].pts - pictures[gap - 1].pts < 60 * GST_MSECOND)
        gap++;
    g_assert_cmpuint(gap, <, pictures.size());
    g_assert_true(pictures[gap].keyframe);
    rig.assert_session_is_well();
}

// A request may get lost on its way to the peer: it is repeated as long as pictures are missing.
static void test_request_lost() {
    Rig rig("H264", h264, {.keyframe_interval_ms = 100});
    Watch encoder(rig.pad("enc", "src").get());
    Watch packets(rig.rtp_pad.get());
    rig.play();
    packets.wait_for_time(200 * GST_MSECOND);
    gst_pad_add_probe(
        rig.rtp_pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer) {
            bool request = gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info));
            return request ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
        },
        nullptr, nullptr);
    auto before = packets.keyframe_requests();
    Watch output(rig.output.get());
    rig.link("fakesink name=sink");
    packets.wait_until([&] { return packets.keyframe_requests() >= before + 3; }, "requests");
    g_assert_cmpuint(encoder.keyframe_requests(), ==, 0);
    g_assert_cmpuint(output.count(), ==, 0);
}

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    auto flag = [](bool value) { return GINT_TO_POINTER(value); };
    g_test_add_data_func("/receiver-flow/linked-late/vp8", flag(false), test_linked_late);
    g_test_add_data_func("/receiver-flow/linked-late/h264", flag(true), test_linked_late);
    g_test_add_func("/receiver-flow/no-needless-request", test_no_needless_request);
    g_test_add_func("/receiver-flow/relinked", test_relinked);
    g_test_add_func("/receiver-flow/changed-behind-a-queue", test_changed_behind_a_queue);
    g_test_add_func("/receiver-flow/gate", test_gate);
    for (auto flow : {GST_FLOW_NOT_LINKED, GST_FLOW_FLUSHING, GST_FLOW_EOS, GST_FLOW_ERROR,
                      GST_FLOW_NOT_NEGOTIATED, GST_FLOW_NOT_SUPPORTED}) {
        auto path = std::string("/receiver-flow/refused/") + gst_flow_get_name(flow);
        g_test_add_data_func(path.c_str(), GINT_TO_POINTER(flow), test_refused);
    }
    for (auto flow : {GST_FLOW_NOT_LINKED, GST_FLOW_FLUSHING}) {
        auto path = std::string("/receiver-flow/refused-audio/") + gst_flow_get_name(flow);
        g_test_add_data_func(path.c_str(), GINT_TO_POINTER(flow), test_refused_audio);
    }
    g_test_add_func("/receiver-flow/impossible", test_impossible);
    g_test_add_func("/receiver-flow/requests-throttled", test_requests_throttled);
    g_test_add_func("/receiver-flow/request-lost", test_request_lost);
    g_test_add_data_func("/receiver-flow/loss/vp8", flag(false), test_loss);
    g_test_add_data_func("/receiver-flow/loss/h264", flag(true), test_loss);
    return g_test_run();
}
