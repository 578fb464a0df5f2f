/**
 * SECTION:element-janusclient
 * @title: janusclient
 * @short_description: publishes to Janus and receives from it
 *
 * Speaks Janus's WebSocket protocol. With rtcsink it publishes to a videoroom; with rtcsrc it
 * subscribes to the publishers of one, each a session, or watches a streaming mountpoint.
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink signaling="janusclient room=1234"
 * gst-launch-1.0 rtcsrc signaling="janusclient room=1234" : rtcrecordsink location="{session}.mkv"
 * gst-launch-1.0 rtcsrc signaling="janusclient mountpoint=1" : fakesink
 * ]|
 */
#include "signaling/janus/janusclient.hpp"

#include "signaling/base/shell.hpp"
#include "signaling/janus/januslink.hpp"

using rtc::Property;
using rtc::janus::Commands;
using rtc::janus::Janus;
using rtc::janus::JanusLink;
using rtc::janus::Settings;

namespace {

const Property<Settings> properties[] = {
    {"uri", "WebSocket of Janus: ws://host:8188, or wss://… for TLS", &Settings::uri},
    {"tls-ca-file", "PEM file with the authorities to trust; empty: the system's",
     &Settings::tls_ca_file},
    {"insecure", "Take any certificate. For tests alone: it lets anybody listen in",
     &Settings::insecure},
    {"room", "The videoroom to publish to or to subscribe from", &Settings::room, 1, G_MAXINT64},
    {"feed", "The one publisher to subscribe to; 0 = each that is in the room", &Settings::feed, 0,
     G_MAXINT64},
    {"mountpoint", "The streaming mountpoint to watch, instead of a room; 0 = none",
     &Settings::mountpoint, 0, G_MAXINT64},
    {"display", "How others in the room see this end", &Settings::display},
    {"longest-pause", "Longest pause between two tries, ms", &Settings::longest_pause, 100,
     3600000},
    {"pin", "The room's or the mountpoint's pin", rtc::Secret<Settings>{&Settings::pin}},
    {"token", "Token of Janus's own authentication", rtc::Secret<Settings>{&Settings::token}},
    {"api-secret", "Janus's API secret", rtc::Secret<Settings>{&Settings::api_secret}},
};

using Shell = rtc::Shell<Settings, JanusLink>; // from init to finalize

} // namespace

struct GstRtcJanusClient {
    GstRtcSignaling parent;
    Shell* shell;
};
struct GstRtcJanusClientClass {
    GstRtcSignalingClass parent_class;
};

GType gst_rtc_janus_client_get_type(void);
G_DEFINE_TYPE(GstRtcJanusClient, gst_rtc_janus_client, GST_TYPE_RTC_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(janusclient, "janusclient", GST_RANK_NONE,
                            gst_rtc_janus_client_get_type())

static Shell& shell_of(gpointer self) {
    return *static_cast<GstRtcJanusClient*>(self)->shell;
}

static void post(gpointer self, std::function<Commands(Janus&)> function) {
    if (auto link = shell_of(self).running())
        link->post(std::move(function));
}

static rtc::janus::Time now() {
    return std::chrono::steady_clock::now();
}

static void gst_rtc_janus_client_host_changed(GstRtcSignaling* self) {
    bool live = gst_rtc_signaling_get_live(self);
    post(self, [live](Janus& janus) { return janus.set_live(live, now()); });
}

static gboolean gst_rtc_janus_client_start(GstRtcSignaling* self) {
    auto settings = shell_of(self).settings();
    if (settings.insecure)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            ("Certificates are not verified (insecure=true)"), (nullptr));
    auto link = JanusLink::start(settings, self);
    if (!link) {
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("%s", link.error().message.c_str()),
                          (nullptr));
        return FALSE;
    }
    shell_of(self).run(std::move(*link));
    gst_rtc_janus_client_host_changed(self);
    return TRUE;
}

static void gst_rtc_janus_client_stop(GstRtcSignaling* self) {
    shell_of(self).stop();
}

static void gst_rtc_janus_client_send_description(GstRtcSignaling* self, const gchar* session_id,
                                                  GstWebRTCSDPType type, const gchar* sdp) {
    post(self, [session = std::string(session_id), type, text = std::string(sdp)](Janus& janus) {
        return janus.describe(session, type, text, now());
    });
}

static void gst_rtc_janus_client_send_candidate(GstRtcSignaling* self, const gchar* session_id,
                                                guint mline, const gchar* candidate) {
    auto text = candidate ? std::optional<std::string>(candidate) : std::nullopt;
    post(self, [session = std::string(session_id), mline, text](Janus& janus) {
        return janus.add_candidate(session, mline, text ? text->c_str() : nullptr);
    });
}

static void gst_rtc_janus_client_end_session(GstRtcSignaling* self, const gchar* session_id,
                                             GstRtcEndReason reason, const gchar* text) {
    post(self, [session = std::string(session_id), reason, words = std::string(text)](
                   Janus& janus) { return janus.end(session, reason, words, now()); });
}

static void gst_rtc_janus_client_set_property(GObject* object, guint id, const GValue* value,
                                              GParamSpec*) {
    shell_of(object).set(properties, id, value);
}

static void gst_rtc_janus_client_get_property(GObject* object, guint id, GValue* value,
                                              GParamSpec*) {
    shell_of(object).get(properties, id, value);
}

static void gst_rtc_janus_client_finalize(GObject* object) {
    delete &shell_of(object);
    G_OBJECT_CLASS(gst_rtc_janus_client_parent_class)->finalize(object);
}

static void gst_rtc_janus_client_init(GstRtcJanusClient* self) {
    self->shell = new Shell(self);
    gst_rtc_signaling_set_trickle(GST_RTC_SIGNALING(self), TRUE);
}

static void gst_rtc_janus_client_class_init(GstRtcJanusClientClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_janus_client_set_property;
    object_class->get_property = gst_rtc_janus_client_get_property;
    object_class->finalize = gst_rtc_janus_client_finalize;
    auto* signaling_class = GST_RTC_SIGNALING_CLASS(klass);
    signaling_class->start = gst_rtc_janus_client_start;
    signaling_class->stop = gst_rtc_janus_client_stop;
    signaling_class->host_changed = gst_rtc_janus_client_host_changed;
    signaling_class->send_description = gst_rtc_janus_client_send_description;
    signaling_class->send_candidate = gst_rtc_janus_client_send_candidate;
    signaling_class->end_session = gst_rtc_janus_client_end_session;
    rtc::install_properties<Settings>(object_class, properties);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Janus client", "Signaling/Network/WebRTC",
        "Publishes to a videoroom of Janus, subscribes from one, or watches a mountpoint",
        "The gst-rtc project");
}
