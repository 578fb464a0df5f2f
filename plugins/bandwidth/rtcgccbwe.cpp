/**
 * SECTION:element-rtcgccbwe
 * @title: rtcgccbwe
 * @short_description: estimates what a peer's network carries, and paces what is sent
 *
 * For the signal `request-aux-sender` of webrtcbin: RTP goes through it on the way to the peer, and
 * #GstRtcGccBwe:estimated-bitrate says what may be sent in all: pictures, sound and
 * retransmissions, counted in bytes of RTP packets. It follows Google congestion control
 * (draft-ietf-rmcat-gcc-02) from the peer's transport-wide feedback, which must be negotiated
 * (an `extmap` for transport-wide-cc in the caps of what is sent). A peer without it is judged by
 * its receiver reports and REMB.
 *
 * Packets are paced at two and a half times the estimate, sound first; none waits longer than half
 * a second. The estimate is told by `notify::estimated-bitrate`, on the thread that receives RTCP:
 * hand it on and return.
 *
 * |[
 * webrtcbin.connect("request-aux-sender", lambda bin, transport: make("rtcgccbwe"))
 * ]|
 */
#include "plugins/bandwidth/pacedsender.hpp"
#include "signaling/base/element.hpp"

using rtc::BandwidthSettings;
using rtc::PacedSender;
using rtc::Property;

#define GST_TYPE_RTC_GCC_BWE (gst_rtc_gcc_bwe_get_type())
G_DECLARE_FINAL_TYPE(GstRtcGccBwe, gst_rtc_gcc_bwe, GST, RTC_GCC_BWE, GstElement)

struct GstRtcGccBwePrivate {
    BandwidthSettings settings; // guarded by the object lock
    GstPad* sink = nullptr;
    GstPad* source = nullptr;
    std::unique_ptr<PacedSender> sender;
    // Of rtpsession, while data flows.
    rtc::Ref<GObject> session;
    gulong rtcp_handler = 0;
};

struct _GstRtcGccBwe {
    GstElement parent;
    GstRtcGccBwePrivate* d;
};

G_DEFINE_TYPE(GstRtcGccBwe, gst_rtc_gcc_bwe, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(rtcgccbwe, "rtcgccbwe", GST_RANK_NONE, GST_TYPE_RTC_GCC_BWE)

static const Property<BandwidthSettings> properties[] = {
    {"min-bitrate", "The estimate is never less than this, in bit/s", &BandwidthSettings::minimum,
     1000, 1'000'000'000},
    {"max-bitrate", "The estimate is never more than this, in bit/s", &BandwidthSettings::maximum,
     1000, 1'000'000'000},
    {"start-bitrate", "The estimate before the peer's first feedback, in bit/s",
     &BandwidthSettings::start, 1000, 1'000'000'000},
    {"pacing", "Spread packets over time instead of sending pictures in one burst",
     &BandwidthSettings::pacing},
};
constexpr guint prop_estimate = G_N_ELEMENTS(properties) + 1;
constexpr guint prop_stats = prop_estimate + 1;

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));
static GstStaticPadTemplate source_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));

static PacedSender& sender_of(gpointer element) {
    return *GST_RTC_GCC_BWE(element)->d->sender;
}

// The element that a pad is linked to, through the walls of bins.
static rtc::Ref<GstElement> linked_element(GstPad* pad) {
    auto peer = rtc::adopt(gst_pad_get_peer(pad));
    while (peer && GST_IS_PROXY_PAD(peer.get())) {
        if (!GST_IS_GHOST_PAD(peer.get())) // the inner half of a bin's pad: out of the bin
            peer = rtc::adopt(GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(peer.get()))));
        else if (GST_PAD_IS_SINK(peer.get())) // into a bin
            return linked_element(
                GST_PAD(rtc::adopt(gst_proxy_pad_get_internal(GST_PROXY_PAD(peer.get()))).get()));
        if (peer)
            peer = rtc::adopt(gst_pad_get_peer(peer.get()));
    }
    return peer ? rtc::adopt(gst_pad_get_parent_element(peer.get())) : nullptr;
}

static void receiving_rtcp(GObject*, GstBuffer* buffer, gpointer element) {
    auto feedback = rtc::read_receiver_feedback(buffer, rtc::ntp_time(g_get_real_time()));
    sender_of(element).receiver_feedback(feedback);
}

// rtpsession tells of transport-wide feedback by events, of other RTCP by a signal alone. With the
// first caps it is linked. On the streaming thread.
static void watch_rtcp(GstRtcGccBwe* self) {
    if (self->d->session)
        return;
    auto element = linked_element(self->d->source);
    if (!element ||
        !g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), "internal-session"))
        return;
    GObject* session = nullptr;
    g_object_get(element.get(), "internal-session", &session, nullptr);
    self->d->session = rtc::adopt(session);
    if (session)
        self->d->rtcp_handler = g_signal_connect_object(
            session, "on-receiving-rtcp", G_CALLBACK(receiving_rtcp), self, GConnectFlags(0));
}

static void unwatch_rtcp(GstRtcGccBwe* self) {
    if (self->d->session && self->d->rtcp_handler)
        g_signal_handler_disconnect(self->d->session.get(), self->d->rtcp_handler);
    self->d->rtcp_handler = 0;
    self->d->session.reset();
}

static GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
    return sender_of(parent).chain(rtc::adopt(buffer));
}

static gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto& sender = sender_of(parent);
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
        watch_rtcp(GST_RTC_GCC_BWE(parent));
        [[fallthrough]];
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
        gst_event_unref(event); // goes with the packets that follow
        return TRUE;
    case GST_EVENT_FLUSH_START:
        sender.flush_start();
        return gst_pad_event_default(pad, parent, event);
    case GST_EVENT_FLUSH_STOP: {
        auto handled = gst_pad_event_default(pad, parent, event);
        sender.flush_stop();
        return handled;
    }
    default:
        if (gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED)
            return sender.event(rtc::adopt(event));
        return gst_pad_event_default(pad, parent, event);
    }
}

static gboolean source_event(GstPad* pad, GstObject* parent, GstEvent* event) {
    const auto* structure = gst_event_get_structure(event);
    if (structure && gst_structure_has_name(structure, "RTPTWCCPackets"))
        sender_of(parent).feedback(structure);
    return gst_pad_event_default(pad, parent, event);
}

static gboolean activate_source(GstPad*, GstObject* parent, GstPadMode, gboolean active) {
    if (active)
        sender_of(parent).start();
    else
        sender_of(parent).stop();
    return TRUE;
}

static GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
    auto result =
        GST_ELEMENT_CLASS(gst_rtc_gcc_bwe_parent_class)->change_state(element, transition);
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
        unwatch_rtcp(GST_RTC_GCC_BWE(element));
    return result;
}

static void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
    auto* d = GST_RTC_GCC_BWE(object)->d;
    GST_OBJECT_LOCK(object);
    rtc::set_property<BandwidthSettings>(properties, d->settings, id, value);
    auto settings = d->settings;
    GST_OBJECT_UNLOCK(object);
    d->sender->configure(settings);
}

static GstStructure* make_stats(const PacedSender::Statistics& now) {
    return gst_structure_new(
        "application/x-rtc-bandwidth", "estimated-bitrate", G_TYPE_UINT, now.target, "sent-bitrate",
        G_TYPE_UINT64, now.sent, "received-bitrate", G_TYPE_UINT64, guint64(now.throughput), "loss",
        G_TYPE_DOUBLE, now.loss, "rtt", G_TYPE_UINT64, now.rtt, "queued-bytes", G_TYPE_UINT64,
        now.queued, "probes", G_TYPE_UINT64, now.probes, "transport-wide-feedback", G_TYPE_BOOLEAN,
        gboolean(now.feedback), nullptr);
}

static void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
    auto* d = GST_RTC_GCC_BWE(object)->d;
    if (id == prop_estimate)
        return g_value_set_uint(value, d->sender->target());
    if (id == prop_stats)
        return g_value_take_boxed(value, make_stats(d->sender->statistics()));
    GST_OBJECT_LOCK(object);
    rtc::get_property<BandwidthSettings>(properties, d->settings, id, value);
    GST_OBJECT_UNLOCK(object);
}

static void finalize(GObject* object) {
    delete GST_RTC_GCC_BWE(object)->d;
    G_OBJECT_CLASS(gst_rtc_gcc_bwe_parent_class)->finalize(object);
}

static void gst_rtc_gcc_bwe_class_init(GstRtcGccBweClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = set_property;
    object_class->get_property = get_property;
    object_class->finalize = finalize;
    rtc::install_properties<BandwidthSettings>(object_class, properties);
    auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_property(
        object_class, prop_estimate,
        g_param_spec_uint("estimated-bitrate", "estimated-bitrate",
                          "What may be sent in all, in bit/s of RTP packets", 0, G_MAXUINT, 0,
                          readable));
    g_object_class_install_property(
        object_class, prop_stats,
        g_param_spec_boxed("stats", "stats",
                           "The estimate and what it rests on: estimated-bitrate, sent-bitrate, "
                           "received-bitrate, loss, rtt, queued-bytes, probes, "
                           "transport-wide-feedback",
                           GST_TYPE_STRUCTURE, readable));

    auto* element_class = GST_ELEMENT_CLASS(klass);
    element_class->change_state = change_state;
    gst_element_class_add_static_pad_template(element_class, &sink_template);
    gst_element_class_add_static_pad_template(element_class, &source_template);
    gst_element_class_set_static_metadata(
        element_class, "Bandwidth estimator", "Network/RTP/WebRTC",
        "Estimates what a peer's network carries, and paces what is sent", "gst-rtc");
}

static void gst_rtc_gcc_bwe_init(GstRtcGccBwe* self) {
    auto* d = self->d = new GstRtcGccBwePrivate;
    d->sink = gst_pad_new_from_static_template(&sink_template, "sink");
    gst_pad_set_chain_function(d->sink, chain);
    gst_pad_set_event_function(d->sink, sink_event);
    GST_PAD_SET_PROXY_CAPS(d->sink);
    gst_element_add_pad(GST_ELEMENT(self), d->sink);
    d->source = gst_pad_new_from_static_template(&source_template, "src");
    gst_pad_set_event_function(d->source, source_event);
    gst_pad_set_activatemode_function(d->source, activate_source);
    gst_element_add_pad(GST_ELEMENT(self), d->source);
    d->sender = std::make_unique<PacedSender>(
        d->sink, d->source, [self] { g_object_notify(G_OBJECT(self), "estimated-bitrate"); });
}
