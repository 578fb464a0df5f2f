/**
 * SECTION:element-roomclient
 * @title: roomclient
 * @short_description: is a peer of a room on another server
 *
 * Joins a room by the WebSocket protocol of GStreamer's own signaling server, which webrtcsink,
 * webrtcsrc, gstwebrtc-api and #roomserver speak. With rtcsink it is a producer, whom any number of
 * consumers may watch; with rtcsrc a consumer of each producer, or of one:
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink signaling="roomclient uri=ws://host:8443"
 * ]|
 *
 * While the server can't be reached it tries again, at growing intervals. Once it is welcome it
 * posts the element message `rtc-signaling-ready` with the server's URI.
 */
#include "signaling/room/roomclient.hpp"

#include "signaling/base/element.hpp"
#include "signaling/http/secret.hpp"
#include "signaling/room/link.hpp"
#include "signaling/room/roompeer.hpp"

using rtc::Property;
using rtc::room::ClientSettings;

namespace {

const Property<ClientSettings> properties[] = {
    {"uri", "WebSocket of the server: ws://host:port/path, or wss://… for TLS",
     &ClientSettings::uri},
    {"tls-ca-file", "PEM file with the authorities to trust; empty: the system's",
     &ClientSettings::tls_ca_file},
    {"insecure", "Whether to take any certificate: anybody between may then listen and change",
     &ClientSettings::insecure},
    {"retry-limit", "The longest wait before it tries again to reach the server, in milliseconds",
     &ClientSettings::retry_limit, 500, 3600000},
    {"ping-interval",
     "How often the server is asked whether it is there, in seconds; three without an answer and "
     "the connection is taken for lost",
     &ClientSettings::ping_interval, 1, 3600},
};

} // namespace

struct GstRtcRoomClient {
    GstRtcRoomPeer parent;
    ClientSettings* settings; // guarded by the object lock
};
struct GstRtcRoomClientClass {
    GstRtcRoomPeerClass parent_class;
};

GType gst_rtc_room_client_get_type(void);
G_DEFINE_TYPE(GstRtcRoomClient, gst_rtc_room_client, GST_TYPE_RTC_ROOM_PEER)
#define GST_RTC_ROOM_CLIENT(object) reinterpret_cast<GstRtcRoomClient*>(object)
GST_ELEMENT_REGISTER_DEFINE(roomclient, "roomclient", GST_RANK_NONE, gst_rtc_room_client_get_type())

static rtc::Result<std::shared_ptr<rtc::room::Place>>
open_place(GstRtcRoomPeer* peer, rtc::room::Part part, std::string token, std::string token_file) {
    GST_OBJECT_LOCK(peer);
    auto settings = *GST_RTC_ROOM_CLIENT(peer)->settings;
    GST_OBJECT_UNLOCK(peer);
    if (settings.insecure)
        GST_ELEMENT_WARNING(peer, RESOURCE, SETTINGS,
                            ("insecure is set: the server's certificate is not looked at"),
                            (nullptr));
    auto secret = rtc::http::read_secret(token, token_file);
    if (!secret)
        return secret.error();
    return rtc::room::Link::start(settings, std::move(*secret), std::move(part),
                                  GST_RTC_SIGNALING(peer));
}

static void gst_rtc_room_client_set_property(GObject* object, guint id, const GValue* value,
                                             GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    rtc::set_property<ClientSettings>(properties, *GST_RTC_ROOM_CLIENT(object)->settings, id,
                                      value);
    GST_OBJECT_UNLOCK(object);
}

static void gst_rtc_room_client_get_property(GObject* object, guint id, GValue* value,
                                             GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    rtc::get_property<ClientSettings>(properties, *GST_RTC_ROOM_CLIENT(object)->settings, id,
                                      value);
    GST_OBJECT_UNLOCK(object);
}

static void gst_rtc_room_client_finalize(GObject* object) {
    delete GST_RTC_ROOM_CLIENT(object)->settings;
    G_OBJECT_CLASS(gst_rtc_room_client_parent_class)->finalize(object);
}

static void gst_rtc_room_client_init(GstRtcRoomClient* self) {
    self->settings = new ClientSettings;
}

static void gst_rtc_room_client_class_init(GstRtcRoomClientClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_room_client_set_property;
    object_class->get_property = gst_rtc_room_client_get_property;
    object_class->finalize = gst_rtc_room_client_finalize;
    klass->parent_class.open = open_place;
    rtc::install_properties<ClientSettings>(object_class, properties);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Room client", "Signaling/Network/WebRTC",
        "Is a peer of a room: the WebSocket protocol of webrtcsink and gstwebrtc-api",
        "The gst-rtc project");
}
