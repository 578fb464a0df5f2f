// What a peer's RTCP claims is judged before GStreamer reads it: an rtpbin that is set up as the
// one in a webrtcbin is.
#include "plugins/receive/bufferprobe.hpp"
#include "plugins/rtc/webrtcbinparts.hpp"

#include <vector>

using namespace rtc;

namespace {

using Packet = std::vector<guint8>;

const Packet report{0x80, 201, 0, 1, 0, 0, 0, 1};

// Feedback about 65535 packets that never came, 31 times over.
Packet hostile() {
    const Packet feedback{0x8f, 205,  0,    9,    0,    0,    0,    1,    0,    0,
                          0,    2,    0,    0,    0xff, 0xff, 0,    0,    0,    0,
                          0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff,
                          0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0,    7,    0,    0};
    auto packet = report;
    for (int i = 0; i < 31; i++)
        packet.insert(packet.end(), feedback.begin(), feedback.end());
    return packet;
}

struct RtpSession {
    Ref<GstElement> pipeline = sink(gst_pipeline_new(nullptr));
    GstElement* rtpbin = gst_element_factory_make("rtpbin", "rtpbin");
    std::shared_ptr<WebrtcbinParts> parts = std::make_shared<WebrtcbinParts>(pipeline.get());
    Ref<GstPad> source = sink(gst_pad_new("source", GST_PAD_SRC));
    std::vector<gsize> read; // sizes of what came to the RTP session

    RtpSession() {
        gst_bin_add(GST_BIN(pipeline.get()), rtpbin);
        parts->configure_rtp({.max_streams = 16});
        auto pad = adopt(gst_element_request_pad_simple(rtpbin, "recv_rtcp_sink_0"));
        g_assert_nonnull(pad.get());
        auto behind = adopt(GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(pad.get()))));
        add_buffer_probe(behind.get(), [this](GstPad*, Ref<GstBuffer>& buffer) {
            read.push_back(gst_buffer_get_size(buffer.get()));
        });
        gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
        gst_pad_set_active(source.get(), TRUE);
        g_assert_cmpint(gst_pad_link(source.get(), pad.get()), ==, GST_PAD_LINK_OK);
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        auto caps = adopt(gst_caps_new_empty_simple("application/x-rtcp"));
        gst_pad_push_event(source.get(), gst_event_new_stream_start("rtcp"));
        gst_pad_push_event(source.get(), gst_event_new_caps(caps.get()));
        gst_pad_push_event(source.get(), gst_event_new_segment(&segment));
    }
    ~RtpSession() {
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        gst_pad_set_active(source.get(), FALSE);
    }
    static Ref<GstBuffer> buffer_of(const Packet& packet) {
        return adopt(gst_buffer_new_memdup(packet.data(), packet.size()));
    }
    void push(const Packet& packet) {
        g_assert_cmpint(gst_pad_push(source.get(), buffer_of(packet).release()), ==, GST_FLOW_OK);
    }
};

void drops_what_is_hostile() {
    RtpSession session;
    session.push(report);
    session.push(hostile());
    session.push(report);
    g_assert_true(session.read == (std::vector<gsize>{report.size(), report.size()}));
    // In a list, too.
    auto list = adopt(gst_buffer_list_new());
    for (const auto& packet : {hostile(), report, hostile()})
        gst_buffer_list_insert(list.get(), -1, RtpSession::buffer_of(packet).release());
    g_assert_cmpint(gst_pad_push_list(session.source.get(), list.release()), ==, GST_FLOW_OK);
    g_assert_true(session.read == std::vector<gsize>(3, report.size()));
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/rtcp-guard/drops-what-is-hostile", drops_what_is_hostile);
    return g_test_run();
}
