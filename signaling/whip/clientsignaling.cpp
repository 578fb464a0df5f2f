#include "signaling/whip/clientsignaling.hpp"

#include "signaling/base/shell.hpp"
#include "signaling/whip/clientservice.hpp"

using rtc::Property;
using rtc::whip::ClientService;
using rtc::whip::ClientSettings;
using rtc::whip::Kind;

namespace {

const Property<ClientSettings> properties[] = {
    {"endpoint", "URL of the endpoint: https://…; a query in it is never shown",
     &ClientSettings::endpoint},
    {"token-file",
     "File that holds the bearer token to show; read anew for each session, so that a short-lived "
     "token can be replaced",
     &ClientSettings::token_file},
    {"tls-ca-file", "PEM file with the authorities to trust for HTTPS; empty: those of the system",
     &ClientSettings::tls_ca_file},
    {"insecure", "Take any certificate. For tests alone: it lets anybody listen in",
     &ClientSettings::insecure},
    {"trust-redirects",
     "Show the token to other hosts, too, that the endpoint redirects to or puts its sessions on; "
     "by HTTPS only",
     &ClientSettings::trust_redirects},
    {"timeout", "Wait for the answer to a request, ms", &ClientSettings::timeout, 100, 600000},
    {"retries",
     "How often in a row to try again before the element fails; -1 = for ever, 0 = never. A "
     "session "
     "of more than ten seconds begins a new row",
     &ClientSettings::retries, -1, G_MAXINT},
    {"longest-pause",
     "Longest pause between two tries, ms. The first is one second at most, and each is up to "
     "twice "
     "the one before; an endpoint's Retry-After counts up to ten minutes",
     &ClientSettings::longest_pause, 100, 3600000},
    {"stop-timeout", "How long to wait, when stopping, until the endpoint was told, ms",
     &ClientSettings::stop_timeout, 0, 60000},
    {"token", "Bearer token to show", rtc::Secret<ClientSettings>{&ClientSettings::token}},
};

using Shell = rtc::Shell<ClientSettings, ClientService>; // from init to finalize

struct GstRtcClientSignalingPrivate {
    Shell* shell;
};

} // namespace

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(GstRtcClientSignaling, gst_rtc_client_signaling,
                                    GST_TYPE_RTC_SIGNALING)
#define GST_RTC_CLIENT_SIGNALING(object) reinterpret_cast<GstRtcClientSignaling*>(object)

static Shell& shell_of(gpointer self) {
    auto* priv = gst_rtc_client_signaling_get_instance_private(GST_RTC_CLIENT_SIGNALING(self));
    return *static_cast<GstRtcClientSignalingPrivate*>(priv)->shell;
}

static Kind kind_of(gpointer self) {
    return G_TYPE_INSTANCE_GET_CLASS(self, GST_TYPE_RTC_CLIENT_SIGNALING,
                                     GstRtcClientSignalingClass)
        ->kind;
}

// What speaks against starting, or nothing.
static const char* misuse(GstRtcClientSignaling* self) {
    auto role = gst_rtc_signaling_get_role(GST_RTC_SIGNALING(self));
    if (kind_of(self) == Kind::whip && role == GST_RTC_ROLE_CONSUMER)
        return "whipclient sends media: use it with rtcsink, and whepclient with rtcsrc";
    if (kind_of(self) == Kind::whep && role == GST_RTC_ROLE_PRODUCER)
        return "whepclient receives media: use it with rtcsrc, and whipclient with rtcsink";
    return nullptr;
}

static gboolean gst_rtc_client_signaling_start(GstRtcSignaling* signaling) {
    auto* self = GST_RTC_CLIENT_SIGNALING(signaling);
    if (auto* reason = misuse(self)) {
        GST_ELEMENT_ERROR(self, LIBRARY, SETTINGS, ("%s", reason), (nullptr));
        return FALSE;
    }
    auto service = ClientService::start(kind_of(self), shell_of(self).settings(), signaling);
    if (!service) {
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("%s", service.error().message.c_str()),
                          (nullptr));
        return FALSE;
    }
    shell_of(self).run(std::move(*service));
    return TRUE;
}

static void gst_rtc_client_signaling_stop(GstRtcSignaling* signaling) {
    shell_of(signaling).stop();
}

static void gst_rtc_client_signaling_host_changed(GstRtcSignaling* signaling) {
    if (auto service = shell_of(signaling).running())
        service->host_changed();
}

static void gst_rtc_client_signaling_send_description(GstRtcSignaling* signaling,
                                                      const gchar* session_id,
                                                      GstWebRTCSDPType type, const gchar* sdp) {
    if (auto service = shell_of(signaling).running())
        service->describe(session_id, type, sdp);
}

static void gst_rtc_client_signaling_send_candidate(GstRtcSignaling* signaling,
                                                    const gchar* session_id, guint mline,
                                                    const gchar* candidate) {
    if (auto service = shell_of(signaling).running())
        service->candidate(session_id, mline,
                           candidate ? std::optional<std::string>(candidate) : std::nullopt);
}

static void gst_rtc_client_signaling_end_session(GstRtcSignaling* signaling,
                                                 const gchar* session_id, GstRtcEndReason reason,
                                                 const gchar* text) {
    if (auto service = shell_of(signaling).running())
        service->end(session_id, reason, text);
}

static void gst_rtc_client_signaling_set_property(GObject* object, guint id, const GValue* value,
                                                  GParamSpec*) {
    shell_of(object).set(properties, id, value);
}

static void gst_rtc_client_signaling_get_property(GObject* object, guint id, GValue* value,
                                                  GParamSpec*) {
    shell_of(object).get(properties, id, value);
}

static void gst_rtc_client_signaling_finalize(GObject* object) {
    delete &shell_of(object);
    G_OBJECT_CLASS(gst_rtc_client_signaling_parent_class)->finalize(object);
}

static void gst_rtc_client_signaling_init(GstRtcClientSignaling* self) {
    auto* priv = static_cast<GstRtcClientSignalingPrivate*>(
        gst_rtc_client_signaling_get_instance_private(self));
    priv->shell = new Shell(self);
    gst_rtc_signaling_set_trickle(GST_RTC_SIGNALING(self), TRUE);
}

static void gst_rtc_client_signaling_class_init(GstRtcClientSignalingClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_client_signaling_set_property;
    object_class->get_property = gst_rtc_client_signaling_get_property;
    object_class->finalize = gst_rtc_client_signaling_finalize;
    auto* signaling_class = GST_RTC_SIGNALING_CLASS(klass);
    signaling_class->start = gst_rtc_client_signaling_start;
    signaling_class->stop = gst_rtc_client_signaling_stop;
    signaling_class->host_changed = gst_rtc_client_signaling_host_changed;
    signaling_class->send_description = gst_rtc_client_signaling_send_description;
    signaling_class->send_candidate = gst_rtc_client_signaling_send_candidate;
    signaling_class->end_session = gst_rtc_client_signaling_end_session;

    rtc::install_properties<ClientSettings>(object_class, properties);
    gst_type_mark_as_plugin_api(GST_TYPE_RTC_CLIENT_SIGNALING, GstPluginAPIFlags(0));
}
