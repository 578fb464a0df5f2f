#include "signaling/whip/httpsignaling.hpp"

#include "signaling/base/shell.hpp"
#include "signaling/http/announce.hpp"
#include "signaling/whip/service.hpp"

using rtc::Property;
using rtc::whip::Kind;
using rtc::whip::Service;
using rtc::whip::Settings;

namespace {

const Property<Settings> properties[] = {
    {"address",
     "IP address of this machine to listen on; 0.0.0.0 takes all of IPv4, :: those of IPv6 too",
     &Settings::address},
    {"port",
     "TCP port to listen on; 0 takes any free one. Elements with the same address, port and "
     "certificate share one server",
     &Settings::port, 0, 65535},
    {"token", "Bearer token that each request must show", rtc::Secret<Settings>{&Settings::token}},
    {"token-file",
     "File with the bearer tokens of which each request must show one: one a line, with what it is "
     "limited to (path=/whip/hall action=publish name=Hall). Read again when it changes",
     &Settings::token_file},
    {"jwt-key-file",
     "File with the PEM public key, or the secret, that signs the JSON Web Tokens which requests "
     "must show. Read again when it changes",
     &Settings::jwt_key_file},
    {"jwt-jwks-file", "File with a JSON Web Key Set for the same", &Settings::jwt_jwks_file},
    {"jwt-algorithm",
     "Signature algorithm that JSON Web Tokens must have; empty: the key's usual one (RS256, "
     "ES256, ES384, ES512, HS256)",
     &Settings::jwt_algorithm},
    {"jwt-issuer", "What the claim iss must be; empty: anything", &Settings::jwt_issuer},
    {"jwt-audience", "What the claim aud must have; empty: anything", &Settings::jwt_audience},
    {"auth-url", "URL of a service that is asked, by a POST of JSON, whether a request is allowed",
     &Settings::auth_url},
    {"auth-timeout", "How long that service may take, in milliseconds", &Settings::auth_timeout, 1,
     60000},
    {"end-with-token",
     "Whether a session ends when the token that it was begun with is taken out of its file or "
     "expires; not with auth-url",
     &Settings::end_with_token},
    {"tls-certificate", "PEM file with the certificate (and its chain), for HTTPS",
     &Settings::tls_certificate},
    {"tls-key", "PEM file with the certificate's private key; empty: it is in tls-certificate",
     &Settings::tls_key},
    {"public-url",
     "Scheme and host by which peers reach this server, where a proxy stands before it "
     "(https://live.example.org); empty: as each request says",
     &Settings::public_url},
    {"cors-origin",
     "Origins whose pages may use this server: *, a list (https://a.example, https://b.example), "
     "or empty for none but its own",
     &Settings::cors_origin},
    {"max-sessions",
     "How many sessions there may be at once. Each takes ten file descriptors of the process, "
     "thirteen where it is recorded",
     &Settings::max_sessions, 1},
    {"max-sessions-per-address",
     "How many of them from one IP address (of IPv6, from a /64); 0 is half of max-sessions, and "
     "as many as there are for this machine's own addresses",
     &Settings::max_sessions_per_address},
    {"max-body-size", "Largest body of a request, in bytes", &Settings::max_body_size, 1024,
     16 * 1024 * 1024},
    {"rate-limit",
     "Requests of one IP address (of IPv6, of a /64) per second, in the long run; four times as "
     "many at once; 0 is no limit but the server's own",
     &Settings::rate_limit, 0, 100000},
    {"answer-timeout", "How long an offer may wait for its answer, in milliseconds",
     &Settings::answer_timeout, 1, 600000},
    {"trusted-proxies",
     "Addresses and networks (127.0.0.1, 10.0.0.0/8) of proxies whose Forwarded and "
     "X-Forwarded-For "
     "are believed",
     &Settings::trusted_proxies},
    {"overflow-url",
     "Scheme and host of another server, to which clients are sent when this one is full (307); "
     "empty: they get 503",
     &Settings::overflow_url},
    {"turn-servers",
     "TURN servers for the peers, separated by commas (turn:turn.example.org), for which each gets "
     "a user of its own",
     &Settings::turn_servers},
    {"turn-secret-file",
     "File with the secret that makes their passwords (coturn: static-auth-secret)",
     &Settings::turn_secret_file},
    {"turn-lifetime", "How long such a user is good for, in seconds", &Settings::turn_lifetime, 1,
     86400 * 30},
    {"pages", "Whether to show the pages /, /watch and /call, and /status", &Settings::pages},
};

GType takeover_type() {
    static const GEnumValue values[] = {
        {int(rtc::whip::Takeover::many), "A second publisher joins the first", "many"},
        {int(rtc::whip::Takeover::reject), "A second publisher is refused (409)", "reject"},
        {int(rtc::whip::Takeover::replace), "A second publisher ends the first", "replace"},
        {0, nullptr, nullptr}};
    static const GType type = g_enum_register_static("GstRtcTakeover", values);
    return type;
}

const Property<Settings> whip_properties[] = {
    {"takeover", "What becomes of a second publisher on a path",
     rtc::EnumMember<Settings>{&Settings::takeover, takeover_type}},
};

const Property<Settings> whep_properties[] = {
    {"offer",
     "Whether the host makes the offer: players get it as the answer to their own (406), and "
     "answer "
     "it by PATCH",
     &Settings::host_offers},
    {"offer-timeout", "How long they may take, in milliseconds", &Settings::offer_timeout, 1,
     600000},
    {"hls",
     "HLS playlist that a pipeline writes (hls/live.m3u8): served with what lies beside it, below "
     "/hls, to everybody; the watch page plays it where WebRTC finds no way",
     &Settings::hls},
};

std::span<const Property<Settings>> properties_of(Kind kind) {
    if (kind == Kind::whip)
        return whip_properties;
    return whep_properties;
}

// Each kind has another default for `path`. The rows of one kind follow.
enum { PROP_PATH = std::size(properties) + 1, PROP_OF_KIND };
const Property<Settings> path_row[] = {{"path", "", &Settings::path}};

using Shell = rtc::Shell<Settings, Service>; // from init to finalize

struct GstRtcHttpSignalingPrivate {
    Shell* shell;
};

} // namespace

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(GstRtcHttpSignaling, gst_rtc_http_signaling,
                                    GST_TYPE_RTC_SIGNALING)
#define GST_RTC_HTTP_SIGNALING(object) reinterpret_cast<GstRtcHttpSignaling*>(object)
#define GST_RTC_HTTP_SIGNALING_GET_CLASS(object)                                                   \
    G_TYPE_INSTANCE_GET_CLASS(object, GST_TYPE_RTC_HTTP_SIGNALING, GstRtcHttpSignalingClass)

static Shell& shell_of(gpointer self) {
    auto* priv = gst_rtc_http_signaling_get_instance_private(GST_RTC_HTTP_SIGNALING(self));
    return *static_cast<GstRtcHttpSignalingPrivate*>(priv)->shell;
}

// What speaks against starting, or nothing.
static const char* misuse(GstRtcHttpSignaling* self) {
    auto kind = GST_RTC_HTTP_SIGNALING_GET_CLASS(self)->kind;
    auto role = gst_rtc_signaling_get_role(GST_RTC_SIGNALING(self));
    if (kind == Kind::whip && role == GST_RTC_ROLE_PRODUCER)
        return "whipserver takes media in: use it with rtcsrc, and whepserver with rtcsink";
    if (kind == Kind::whep && role == GST_RTC_ROLE_CONSUMER)
        return "whepserver gives media out: use it with rtcsink, and whipserver with rtcsrc";
    return nullptr;
}

static gboolean gst_rtc_http_signaling_start(GstRtcSignaling* signaling) {
    auto* self = GST_RTC_HTTP_SIGNALING(signaling);
    if (auto* reason = misuse(self)) {
        GST_ELEMENT_ERROR(self, LIBRARY, SETTINGS, ("%s", reason), (nullptr));
        return FALSE;
    }
    auto service = Service::start(GST_RTC_HTTP_SIGNALING_GET_CLASS(self)->kind,
                                  shell_of(self).settings(), signaling);
    if (!service) {
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ_WRITE, ("%s", service.error().message.c_str()),
                          (nullptr));
        return FALSE;
    }
    shell_of(self).run(*service);
    rtc::http::announce(signaling, (*service)->urls());
    return TRUE;
}

static void gst_rtc_http_signaling_stop(GstRtcSignaling* signaling) {
    shell_of(signaling).stop();
}

static void gst_rtc_http_signaling_send_description(GstRtcSignaling* signaling,
                                                    const gchar* session_id, GstWebRTCSDPType type,
                                                    const gchar* sdp) {
    auto service = shell_of(signaling).running();
    if (service && type == GST_WEBRTC_SDP_TYPE_ANSWER)
        service->answer(session_id, sdp);
    else if (service && type == GST_WEBRTC_SDP_TYPE_OFFER)
        service->offer(session_id, sdp);
}

static void gst_rtc_http_signaling_host_changed(GstRtcSignaling* signaling) {
    if (auto service = shell_of(signaling).running())
        service->host_changed();
}

static void gst_rtc_http_signaling_end_session(GstRtcSignaling* signaling, const gchar* session_id,
                                               GstRtcEndReason reason, const gchar* text) {
    if (auto service = shell_of(signaling).running())
        service->end(session_id, reason, text);
}

static gboolean add_layer(GQuark id, const GValue* value, gpointer list) {
    if (!GST_VALUE_HOLDS_STRUCTURE(value))
        return TRUE;
    auto* fields = gst_value_get_structure(value);
    rtc::whip::Layer layer{g_quark_to_string(id)};
    gst_structure_get_uint(fields, "width", &layer.width);
    gst_structure_get_uint(fields, "height", &layer.height);
    gst_structure_get_uint(fields, "bitrate", &layer.bitrate);
    static_cast<std::vector<rtc::whip::Layer>*>(list)->push_back(std::move(layer));
    return TRUE;
}

static void gst_rtc_http_signaling_layers_changed(GstRtcSignaling* signaling,
                                                  const gchar* session_id, guint mline,
                                                  const GstStructure* layers) {
    std::vector<rtc::whip::Layer> list;
    gst_structure_foreach(layers, add_layer, &list);
    if (auto service = shell_of(signaling).running())
        service->layers_changed(session_id, mline, std::move(list));
}

// The table that has this property, and its place there.
static std::pair<std::span<const Property<Settings>>, guint> row_of(gpointer self, guint id) {
    if (id >= PROP_OF_KIND)
        return {properties_of(GST_RTC_HTTP_SIGNALING_GET_CLASS(self)->kind), id - PROP_OF_KIND + 1};
    if (id == PROP_PATH)
        return {path_row, 1};
    return {properties, id};
}

static void gst_rtc_http_signaling_set_property(GObject* object, guint id, const GValue* value,
                                                GParamSpec* spec) {
    auto [rows, row] = row_of(object, id);
    shell_of(object).set(rows, row, value);
}

static void gst_rtc_http_signaling_get_property(GObject* object, guint id, GValue* value,
                                                GParamSpec* spec) {
    auto [rows, row] = row_of(object, id);
    shell_of(object).get(rows, row, value);
}

static void gst_rtc_http_signaling_finalize(GObject* object) {
    delete &shell_of(object);
    G_OBJECT_CLASS(gst_rtc_http_signaling_parent_class)->finalize(object);
}

static void gst_rtc_http_signaling_init(GstRtcHttpSignaling* self) {
    auto* priv =
        static_cast<GstRtcHttpSignalingPrivate*>(gst_rtc_http_signaling_get_instance_private(self));
    priv->shell = new Shell(self);
    gst_rtc_signaling_set_trickle(GST_RTC_SIGNALING(self), FALSE);
}

// Not in init, where the instance has this abstract class still.
static void gst_rtc_http_signaling_constructed(GObject* object) {
    G_OBJECT_CLASS(gst_rtc_http_signaling_parent_class)->constructed(object);
    auto& shell = shell_of(object);
    if (shell.settings().path.empty())
        g_object_set(object, "path", GST_RTC_HTTP_SIGNALING_GET_CLASS(object)->default_path,
                     nullptr);
}

static void gst_rtc_http_signaling_class_init(GstRtcHttpSignalingClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_http_signaling_set_property;
    object_class->get_property = gst_rtc_http_signaling_get_property;
    object_class->constructed = gst_rtc_http_signaling_constructed;
    object_class->finalize = gst_rtc_http_signaling_finalize;
    auto* signaling_class = GST_RTC_SIGNALING_CLASS(klass);
    signaling_class->start = gst_rtc_http_signaling_start;
    signaling_class->stop = gst_rtc_http_signaling_stop;
    signaling_class->send_description = gst_rtc_http_signaling_send_description;
    signaling_class->end_session = gst_rtc_http_signaling_end_session;
    signaling_class->host_changed = gst_rtc_http_signaling_host_changed;
    signaling_class->layers_changed = gst_rtc_http_signaling_layers_changed;

    rtc::install_properties<Settings>(object_class, properties);
    gst_type_mark_as_plugin_api(GST_TYPE_RTC_HTTP_SIGNALING, GstPluginAPIFlags(0));
}

void gst_rtc_http_signaling_class_set_kind(GstRtcHttpSignalingClass* klass, Kind kind,
                                           const char* default_path) {
    klass->kind = kind;
    klass->default_path = default_path;
    // These two are the only vfuncs that a class doesn't inherit.
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_http_signaling_set_property;
    object_class->get_property = gst_rtc_http_signaling_get_property;
    g_object_class_install_property(
        object_class, PROP_PATH,
        g_param_spec_string(
            "path", "path",
            "Path of the endpoint; sessions are below it. /name/{room} serves any "
            "number of them, each room by itself. Elements that share a server need "
            "different ones",
            default_path, GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)));
    rtc::install_properties(object_class, properties_of(kind), PROP_OF_KIND);
}
