#include "signaling/room/roompeer.hpp"

#include "signaling/base/shell.hpp"
#include "signaling/http/announce.hpp"

using rtc::Property;
using rtc::room::Part;
using rtc::room::Place;

namespace {

struct Settings {
    std::string token; // secret
    std::string token_file;
    std::string meta;
    std::string producer_peer_id;
    std::string consumer_peer_id;
    bool wait_for_call = false;
};

const Property<Settings> properties[] = {
    {"token-file",
     "File with the bearer token; of a server: with the tokens of its peers, one a line",
     &Settings::token_file},
    {"meta",
     "What the others in the room are told of this peer: a JSON object, like "
     "{\"name\":\"hall\"}",
     &Settings::meta},
    {"producer-peer-id",
     "As a consumer: the one peer to receive from; empty: every producer in the room",
     &Settings::producer_peer_id},
    {"consumer-peer-id",
     "As a producer: a waiting consumer to call; empty: none, consumers come by themselves",
     &Settings::consumer_peer_id},
    {"wait-for-call",
     "As a consumer: wait for producers to call instead of starting a session with each",
     &Settings::wait_for_call},
    {"token", "Bearer token that peers show to the server",
     rtc::Secret<Settings>{&Settings::token}},
};

using Shell = rtc::Shell<Settings, Place>; // from init to finalize

struct GstRtcRoomPeerPrivate {
    Shell* shell;
};

} // namespace

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(GstRtcRoomPeer, gst_rtc_room_peer, GST_TYPE_RTC_SIGNALING)
#define GST_RTC_ROOM_PEER(object) reinterpret_cast<GstRtcRoomPeer*>(object)
#define GST_RTC_ROOM_PEER_GET_CLASS(object)                                                        \
    G_TYPE_INSTANCE_GET_CLASS(object, GST_TYPE_RTC_ROOM_PEER, GstRtcRoomPeerClass)

static Shell& shell_of(gpointer self) {
    auto* priv = gst_rtc_room_peer_get_instance_private(GST_RTC_ROOM_PEER(self));
    return *static_cast<GstRtcRoomPeerPrivate*>(priv)->shell;
}

static rtc::Result<Part> part_of(GstRtcRoomPeer* self, const Settings& settings) {
    auto role = gst_rtc_signaling_get_role(GST_RTC_SIGNALING(self));
    if (role == GST_RTC_ROLE_BOTH)
        return rtc::Error{"a peer of a room sends or receives: use one element for each"};
    Part part;
    part.produce = role == GST_RTC_ROLE_PRODUCER;
    if (part.produce && (!settings.producer_peer_id.empty() || settings.wait_for_call))
        return rtc::Error{"producer-peer-id and wait-for-call are for consumers (rtcsrc)"};
    if (!part.produce && !settings.consumer_peer_id.empty())
        return rtc::Error{"consumer-peer-id is for producers (rtcsink)"};
    if (settings.wait_for_call && !settings.producer_peer_id.empty())
        return rtc::Error{"set either wait-for-call or producer-peer-id"};
    auto meta = rtc::room::parse_meta(settings.meta);
    if (!meta)
        return meta.error();
    part.meta = *meta;
    part.target = part.produce ? settings.consumer_peer_id : settings.producer_peer_id;
    part.wait_for_call = settings.wait_for_call;
    return part;
}

static rtc::Result<std::shared_ptr<Place>> open_place(GstRtcRoomPeer* self) {
    auto settings = shell_of(self).settings();
    auto part = part_of(self, settings);
    if (!part)
        return part.error();
    return GST_RTC_ROOM_PEER_GET_CLASS(self)->open(self, *part, settings.token,
                                                   settings.token_file);
}

static gboolean gst_rtc_room_peer_start(GstRtcSignaling* self) {
    auto place = open_place(GST_RTC_ROOM_PEER(self));
    if (!place) {
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ_WRITE, ("%s", place.error().message.c_str()),
                          (nullptr));
        return FALSE;
    }
    shell_of(self).run(*place);
    (*place)->seat().set_live(gst_rtc_signaling_get_live(self));
    rtc::http::announce(self, (*place)->urls());
    return TRUE;
}

static void gst_rtc_room_peer_stop(GstRtcSignaling* self) {
    shell_of(self).stop();
}

static void gst_rtc_room_peer_send_description(GstRtcSignaling* signaling, const gchar* session_id,
                                               GstWebRTCSDPType type, const gchar* sdp) {
    auto place = shell_of(signaling).running();
    if (place && (type == GST_WEBRTC_SDP_TYPE_OFFER || type == GST_WEBRTC_SDP_TYPE_ANSWER))
        place->seat().describe(session_id, type == GST_WEBRTC_SDP_TYPE_OFFER, sdp);
}

static void gst_rtc_room_peer_send_candidate(GstRtcSignaling* signaling, const gchar* session_id,
                                             guint mline, const gchar* candidate) {
    if (auto place = shell_of(signaling).running())
        place->seat().candidate(session_id, mline, candidate ? candidate : "");
}

static void gst_rtc_room_peer_end_session(GstRtcSignaling* signaling, const gchar* session_id,
                                          GstRtcEndReason reason, const gchar* text) {
    if (auto place = shell_of(signaling).running())
        place->seat().end(session_id, reason, text);
}

static void gst_rtc_room_peer_host_changed(GstRtcSignaling* signaling) {
    if (auto place = shell_of(signaling).running())
        place->seat().set_live(gst_rtc_signaling_get_live(signaling));
}

static void gst_rtc_room_peer_set_property(GObject* object, guint id, const GValue* value,
                                           GParamSpec* spec) {
    shell_of(object).set(properties, id, value);
}

static void gst_rtc_room_peer_get_property(GObject* object, guint id, GValue* value,
                                           GParamSpec* spec) {
    shell_of(object).get(properties, id, value);
}

static void gst_rtc_room_peer_finalize(GObject* object) {
    delete &shell_of(object);
    G_OBJECT_CLASS(gst_rtc_room_peer_parent_class)->finalize(object);
}

static void gst_rtc_room_peer_init(GstRtcRoomPeer* self) {
    auto* priv = static_cast<GstRtcRoomPeerPrivate*>(gst_rtc_room_peer_get_instance_private(self));
    priv->shell = new Shell(self);
    gst_rtc_signaling_set_trickle(GST_RTC_SIGNALING(self), TRUE);
}

static void gst_rtc_room_peer_class_init(GstRtcRoomPeerClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_room_peer_set_property;
    object_class->get_property = gst_rtc_room_peer_get_property;
    object_class->finalize = gst_rtc_room_peer_finalize;
    auto* signaling_class = GST_RTC_SIGNALING_CLASS(klass);
    signaling_class->start = gst_rtc_room_peer_start;
    signaling_class->stop = gst_rtc_room_peer_stop;
    signaling_class->send_description = gst_rtc_room_peer_send_description;
    signaling_class->send_candidate = gst_rtc_room_peer_send_candidate;
    signaling_class->end_session = gst_rtc_room_peer_end_session;
    signaling_class->host_changed = gst_rtc_room_peer_host_changed;

    rtc::install_properties<Settings>(object_class, properties);
    gst_type_mark_as_plugin_api(GST_TYPE_RTC_ROOM_PEER, GstPluginAPIFlags(0));
}
