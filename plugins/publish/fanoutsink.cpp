#include "plugins/publish/fanoutsink.hpp"

#include <gst/base/gstbasesink.h>

namespace {

using namespace rtc;

class FanoutSink {
public:
    void use(std::shared_ptr<Fanout> fanout) { fanout_ = std::move(fanout); }

    void begin() {
        if (fanout_)
            source_ = fanout_->begin();
    }
    void caps(GstCaps* caps) { fanout_->caps(source_, caps); }
    void packet(const GstSegment& segment, GstBuffer* buffer) {
        auto pts = GST_BUFFER_PTS(buffer);
        auto running_time = GST_CLOCK_TIME_IS_VALID(pts)
                                ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts)
                                : GST_CLOCK_TIME_NONE;
        fanout_->packet(source_, buffer, running_time);
    }
    void flush() { fanout_->flush(); }

private:
    std::shared_ptr<Fanout> fanout_;
    guint source_ = 0; // changes under the stream lock or while no data flows
};

} // namespace

struct RtcFanoutSink {
    GstBaseSink parent;
    FanoutSink* priv;
};
struct RtcFanoutSinkClass {
    GstBaseSinkClass parent_class;
};

G_DEFINE_TYPE(RtcFanoutSink, rtc_fanout_sink, GST_TYPE_BASE_SINK)

static FanoutSink& of(gpointer sink) {
    return *static_cast<RtcFanoutSink*>(sink)->priv;
}

static gboolean rtc_fanout_sink_start(GstBaseSink* sink) {
    of(sink).begin();
    return TRUE;
}

static gboolean rtc_fanout_sink_set_caps(GstBaseSink* sink, GstCaps* caps) {
    of(sink).caps(caps);
    return TRUE;
}

static gboolean rtc_fanout_sink_event(GstBaseSink* sink, GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
        of(sink).begin();
    return GST_BASE_SINK_CLASS(rtc_fanout_sink_parent_class)->event(sink, event);
}

static GstFlowReturn rtc_fanout_sink_render(GstBaseSink* sink, GstBuffer* buffer) {
    of(sink).packet(sink->segment, buffer);
    of(sink).flush();
    return GST_FLOW_OK;
}

static GstFlowReturn rtc_fanout_sink_render_list(GstBaseSink* sink, GstBufferList* list) {
    for (guint i = 0; i < gst_buffer_list_length(list); i++)
        of(sink).packet(sink->segment, gst_buffer_list_get(list, i));
    of(sink).flush();
    return GST_FLOW_OK;
}

static void rtc_fanout_sink_finalize(GObject* object) {
    delete reinterpret_cast<RtcFanoutSink*>(object)->priv;
    G_OBJECT_CLASS(rtc_fanout_sink_parent_class)->finalize(object);
}

static void rtc_fanout_sink_class_init(RtcFanoutSinkClass* klass) {
    static GstStaticPadTemplate pad_template = GST_STATIC_PAD_TEMPLATE(
        "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));
    auto* element_class = GST_ELEMENT_CLASS(klass);
    gst_element_class_add_static_pad_template(element_class, &pad_template);
    gst_element_class_set_static_metadata(element_class, "Fan-out", "Sink/Network/RTP",
                                          "Hands packets to the sessions that subscribed",
                                          "gst-rtc");
    auto* sink_class = GST_BASE_SINK_CLASS(klass);
    sink_class->start = rtc_fanout_sink_start;
    sink_class->set_caps = rtc_fanout_sink_set_caps;
    sink_class->event = rtc_fanout_sink_event;
    sink_class->render = rtc_fanout_sink_render;
    sink_class->render_list = rtc_fanout_sink_render_list;
    G_OBJECT_CLASS(klass)->finalize = rtc_fanout_sink_finalize;
}

static void rtc_fanout_sink_init(RtcFanoutSink* sink) {
    sink->priv = new FanoutSink;
    auto* base = GST_BASE_SINK(sink);
    gst_base_sink_set_sync(base, FALSE);
    gst_base_sink_set_async_enabled(base, FALSE);
    gst_base_sink_set_qos_enabled(base, FALSE);
    gst_base_sink_set_last_sample_enabled(base, FALSE);
}

namespace rtc {

Ref<GstElement> make_fanout_sink(std::shared_ptr<Fanout> fanout) {
    auto element =
        sink(GST_ELEMENT(g_object_new(rtc_fanout_sink_get_type(), "name", "fanout", nullptr)));
    of(element.get()).use(std::move(fanout));
    return element;
}

} // namespace rtc
