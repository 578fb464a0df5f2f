/**
 * SECTION:element-roomserver
 * @title: roomserver
 * @short_description: serves a room and is a peer of it
 *
 * Serves the WebSocket protocol of GStreamer's own signaling server: webrtcsink, webrtcsrc, the
 * browser library gstwebrtc-api and #roomclient meet in the room. The host is a peer of it, too:
 * rtcsink a producer whom all may watch, rtcsrc a consumer of each producer, or of one:
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink signaling="roomserver port=8443"
 * ]|
 *
 * The room's URL is in the element message `rtc-signaling-ready`.
 */
#include "signaling/room/roomserver.hpp"

#include "signaling/base/element.hpp"
#include "signaling/room/roompeer.hpp"
#include "signaling/room/service.hpp"

using rtc::Property;
using rtc::room::Part;
using rtc::room::Place;
using rtc::room::Seat;
using rtc::room::ServerSettings;
using rtc::room::Service;

namespace {

struct Settings : ServerSettings {
    std::string peer_id;
};

const Property<Settings> properties[] = {
    {"address",
     "IP address of this machine to listen on; 0.0.0.0 takes all of IPv4, :: those of IPv6 too",
     &Settings::address},
    {"port",
     "TCP port to listen on; 0 takes any free one. Elements with the same address, port and "
     "certificate share one server",
     &Settings::port, 0, 65535},
    {"path",
     "Path of the room and everything below it; / takes every path that no other element has",
     &Settings::path},
    {"tls-certificate", "PEM file with the certificate (and its chain), for wss://",
     &Settings::tls_certificate},
    {"tls-key", "PEM file with the certificate's private key; empty: it is in tls-certificate",
     &Settings::tls_key},
    {"public-url",
     "Scheme and host by which peers reach this server, where a proxy stands before it "
     "(https://live.example.org)",
     &Settings::public_url},
    {"cors-origin",
     "Origins whose pages may connect: *, a list (https://a.example, https://b.example), or empty "
     "for none but its own",
     &Settings::cors_origin},
    {"max-peers", "How many peers may be connected at once", &Settings::max_peers, 1},
    {"max-peers-per-address",
     "How many of them from one IP address (of IPv6, from a /64); 0 is half of max-peers, and as "
     "many as there are for this machine's own addresses",
     &Settings::max_peers_per_address},
    {"max-sessions",
     "How many sessions there may be at once. Each with this process takes ten file descriptors of "
     "it, each peer one",
     &Settings::max_sessions, 1},
    {"max-sessions-per-peer", "How many of them with one and the same peer",
     &Settings::max_sessions_per_peer, 1},
    {"max-message-size", "Largest message of a peer, in bytes", &Settings::max_message_size, 1024,
     16 * 1024 * 1024},
    {"rate-limit",
     "Messages of one peer per second, in the long run; four times as many at once. Who sends more "
     "is closed; 0 is no limit",
     &Settings::rate_limit, 0, 100000},
    {"ping-interval",
     "How often peers are asked whether they are there, in seconds; three without an answer and a "
     "peer is gone",
     &Settings::ping_interval, 1, 3600},
    {"trusted-proxies",
     "Addresses and networks of the proxies before this server (127.0.0.1, 10.0.0.0/8), whose word "
     "for the client's address is taken",
     &Settings::trusted_proxies},
    {"jwt-key-file", "PEM file with the key that JSON Web Tokens are signed with",
     &Settings::jwt_key_file},
    {"jwt-jwks-file", "File with a JSON Web Key Set for the same", &Settings::jwt_jwks_file},
    {"jwt-algorithm", "The one algorithm that they may be signed with; empty: the key's own",
     &Settings::jwt_algorithm},
    {"jwt-issuer", "What the claim iss must be; empty: anything", &Settings::jwt_issuer},
    {"jwt-audience", "What the claim aud must have; empty: anything", &Settings::jwt_audience},
    {"end-with-token",
     "Whether a peer is closed when its token is taken out of the file or expires; not with "
     "auth-url",
     &Settings::end_with_token},
    {"auth-url", "URL of a service that is asked, by a POST of JSON, whether a peer may join",
     &Settings::auth_url},
    {"auth-timeout", "How long that service may take, in milliseconds", &Settings::auth_timeout, 1,
     60000},
    {"pages", "Whether to show the pages and /status, too", &Settings::pages},
    {"peer-id", "Id of the host in the room; empty: a random one", &Settings::peer_id},
};

// A room here, with the host in it.
class OwnRoom : public Place {
public:
    static rtc::Result<std::shared_ptr<Place>> start(const Settings& settings, Part part,
                                                     GstRtcSignaling* element) {
        rtc::Owned<char> name{gst_object_get_name(GST_OBJECT(element))};
        auto service = Service::start(settings, name.get());
        if (!service)
            return service.error();
        return std::shared_ptr<Place>(new OwnRoom(*service, settings, std::move(part), element));
    }
    ~OwnRoom() override { stop(); }

    void stop() override {
        seat_->stop();
        service_->stop();
    }
    Seat& seat() override { return *seat_; }
    std::vector<std::string> urls() const override { return service_->urls(); }

private:
    OwnRoom(std::shared_ptr<Service> service, const Settings& settings, Part part,
            GstRtcSignaling* element)
        : service_(std::move(service)) {
        auto id = settings.peer_id.empty() ? rtc::room::new_uuid() : settings.peer_id;
        seat_ = std::make_shared<Seat>(
            service_->loop(), std::move(part), element,
            [service = service_.get(), id](const auto& message) { service->say(id, message); });
        service_->call([&](Service& on) {
            on.enter(settings.path, id, [seat = std::weak_ptr(seat_)](const auto& message) {
                if (auto to = seat.lock())
                    to->received(message);
            });
            seat_->connected();
        });
    }

    std::shared_ptr<Service> service_;
    std::shared_ptr<Seat> seat_;
};

} // namespace

struct GstRtcRoomServer {
    GstRtcRoomPeer parent;
    Settings* settings; // guarded by the object lock
};
struct GstRtcRoomServerClass {
    GstRtcRoomPeerClass parent_class;
};

GType gst_rtc_room_server_get_type(void);
G_DEFINE_TYPE(GstRtcRoomServer, gst_rtc_room_server, GST_TYPE_RTC_ROOM_PEER)
#define GST_RTC_ROOM_SERVER(object) reinterpret_cast<GstRtcRoomServer*>(object)
GST_ELEMENT_REGISTER_DEFINE(roomserver, "roomserver", GST_RANK_NONE, gst_rtc_room_server_get_type())

static rtc::Result<std::shared_ptr<Place>> open_place(GstRtcRoomPeer* peer, Part part,
                                                      std::string token, std::string token_file) {
    GST_OBJECT_LOCK(peer);
    auto settings = *GST_RTC_ROOM_SERVER(peer)->settings;
    GST_OBJECT_UNLOCK(peer);
    settings.token = std::move(token);
    settings.token_file = std::move(token_file);
    return OwnRoom::start(settings, std::move(part), GST_RTC_SIGNALING(peer));
}

static void gst_rtc_room_server_set_property(GObject* object, guint id, const GValue* value,
                                             GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    rtc::set_property<Settings>(properties, *GST_RTC_ROOM_SERVER(object)->settings, id, value);
    GST_OBJECT_UNLOCK(object);
}

static void gst_rtc_room_server_get_property(GObject* object, guint id, GValue* value,
                                             GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    rtc::get_property<Settings>(properties, *GST_RTC_ROOM_SERVER(object)->settings, id, value);
    GST_OBJECT_UNLOCK(object);
}

static void gst_rtc_room_server_finalize(GObject* object) {
    delete GST_RTC_ROOM_SERVER(object)->settings;
    G_OBJECT_CLASS(gst_rtc_room_server_parent_class)->finalize(object);
}

static void gst_rtc_room_server_init(GstRtcRoomServer* self) {
    self->settings = new Settings;
}

static void gst_rtc_room_server_class_init(GstRtcRoomServerClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_room_server_set_property;
    object_class->get_property = gst_rtc_room_server_get_property;
    object_class->finalize = gst_rtc_room_server_finalize;
    klass->parent_class.open = open_place;
    rtc::install_properties<Settings>(object_class, properties);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Room server", "Signaling/Network/WebRTC",
        "Serves a room and is a peer of it: the WebSocket protocol of webrtcsink and gstwebrtc-api",
        "The gst-rtc project");
}
