#include "plugins/rtc/webrtcbinparts.hpp"

#include "plugins/receive/bufferprobe.hpp"
#include "plugins/rtc/shortcut.hpp"
#include "plugins/rtc/webrtcbinvalues.hpp"
#include "plugins/transport/nicepath.hpp"
#include "plugins/transport/rtcpguard.hpp"

GST_DEBUG_CATEGORY_EXTERN(rtc_peer_debug);
#define GST_CAT_DEFAULT rtc_peer_debug

namespace rtc {
namespace {

// The elements of the plugin dtls number these so (gstdtlsconnection.h).
constexpr guint cipher_aes_128_icm = 1, auth_hmac_sha1_80 = 2;

// The key that this property of dtlsenc or dtlsdec has; nothing before DTLS is done.
std::optional<SrtpMaster> read_key(GstElement* dtls, const char* property) {
    if (!srtp_is_available()) {
        GST_WARNING_OBJECT(dtls, "OpenSSL has no AES-128-CTR or no HMAC-SHA1 here (a provider or a "
                                 "policy of this system): all media goes through webrtcbin");
        return std::nullopt;
    }
    GstBuffer* key = nullptr;
    guint cipher = 0, auth = 0;
    g_object_get(dtls, property, &key, "srtp-cipher", &cipher, "srtp-auth", &auth, nullptr);
    auto owned = adopt(key);
    SrtpMaster master;
    if (!key || cipher != cipher_aes_128_icm || auth != auth_hmac_sha1_80 ||
        gst_buffer_extract(key, 0, master.data(), master.size()) != master.size())
        return std::nullopt;
    return master;
}

Ref<GObject> object_property(gpointer object, const char* name) {
    GObject* value = nullptr;
    g_object_get(object, name, &value, nullptr);
    return adopt(value);
}

using Share = std::shared_ptr<SenderClock>;

void drop_share(gpointer share, GClosure*) {
    delete static_cast<Share*>(share);
}

// A sender report, as rtpjitterbuffer tells of it.
void take_report(GstElement*, const GstStructure* sync, gpointer clock) {
    guint64 rtp = 0;
    guint64 wall = 0;
    guint ssrc = 0;
    guint rate = 0;
    if (!gst_structure_get(sync, "sr-ext-rtptime", G_TYPE_UINT64, &rtp, "sr-ntpnstime",
                           G_TYPE_UINT64, &wall, "ssrc", G_TYPE_UINT, &ssrc, "clock-rate",
                           G_TYPE_UINT, &rate, nullptr))
        return;
    const char* cname = gst_structure_get_string(sync, "cname");
    (*static_cast<Share*>(clock))
        ->report({ssrc, cname ? cname : "", guint32(rtp), gint64(wall), rate});
}

bool takes_rtcp(GstPad* rtpbin_pad) {
    return g_str_has_prefix(GST_OBJECT_NAME(rtpbin_pad), "recv_rtcp_sink_");
}

// Calls with each packet, and drops those to which it says false.
void filter_rtcp(GstPad* pad, std::function<bool(std::span<const guint8>)> passes) {
    add_buffer_probe(pad, [passes = std::move(passes)](GstPad* at, Ref<GstBuffer>& packet) {
        GstMapInfo map;
        if (!gst_buffer_map(packet.get(), &map, GST_MAP_READ))
            return;
        bool passed = passes({map.data, map.size});
        gst_buffer_unmap(packet.get(), &map);
        if (passed)
            return;
        GST_DEBUG_OBJECT(at, "dropping RTCP: %" GST_PTR_FORMAT, packet.get());
        packet.reset();
    });
}

// Ahead of all that reads RTCP: GStreamer takes a packet's word for how much it is about.
void guard_rtcp(GstElement*, GstPad* pad, gpointer) {
    if (takes_rtcp(pad))
        filter_rtcp(pad, [guard = RtcpGuard()](auto packet) mutable {
            return guard.admit(packet, GstClockTime(g_get_monotonic_time()) * GST_USECOND);
        });
}

// RFC 4585, 3.5.2: after early feedback the next has to wait for a regular interval, which is a
// twentieth of the session's bandwidth. By GStreamer's guess of that it is most of a second, too
// long for a lost packet to be asked for in time.
void allow_feedback(GstElement* rtpbin, guint id) {
    constexpr gdouble bits_per_second = 2e6;
    GObject* session = nullptr;
    g_signal_emit_by_name(rtpbin, "get-internal-session", id, &session);
    if (auto owned = adopt(session))
        g_object_set(owned.get(), "bandwidth", bits_per_second, nullptr);
}

} // namespace

// libnice asks relays that come while or after it gathers for candidates, too.
void WebrtcbinParts::add_ice_servers(std::span<const sdp::IceServer> servers) {
    for (const auto& server : servers) {
        auto uri = server.to_uri();
        if (!server.is_turn()) {
            g_object_set(webrtcbin_, "stun-server", uri.c_str(), nullptr);
            continue;
        }
        gboolean taken = FALSE;
        g_signal_emit_by_name(webrtcbin_, "add-turn-server", uri.c_str(), &taken);
        if (!taken)
            GST_WARNING_OBJECT(webrtcbin_, "TURN server %s was not taken",
                               server.redacted().c_str());
    }
}

void WebrtcbinParts::configure_ice(const ConnectionSettings& settings) {
    add_ice_servers(settings.ice_servers);
    auto ice = object_property(webrtcbin_, "ice-agent");
    if (!ice)
        return;
    gboolean added = FALSE;
    if (only_loopback())
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", "127.0.0.1", &added);
    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(ice.get()), "agent"))
        return;
    if (auto agent = object_property(ice.get(), "agent"))
        g_object_set(agent.get(), "upnp", gboolean(settings.upnp), "ice-tcp",
                     gboolean(settings.ice_tcp), nullptr);
}

void WebrtcbinParts::configure_rtp(const ConnectionSettings& settings) {
    auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_), "rtpbin"));
    if (!rtpbin)
        return;
    // rtpbin's own way to align streams leaves out what its jitter buffers correct, and jumps. No
    // offset is small enough for it now: SenderClock does it.
    g_object_set(rtpbin.get(), "max-streams", settings.max_streams, "max-ts-offset", gint64(1),
                 nullptr);
    g_signal_connect(rtpbin.get(), "pad-added", G_CALLBACK(guard_rtcp), nullptr);
    auto configure = +[](GstElement* bin, GstElement* jitterbuffer, guint session, guint,
                         gpointer data) {
        allow_feedback(bin, session);
        // The first packets need not wait for the whole latency, and a packet is asked for
        // again when a later one shows that it is missing, not when it seems late: frames
        // do not come as evenly as that guess takes them to.
        g_object_set(jitterbuffer, "faststart-min-packets", 1, "rtx-next-seqnum", FALSE, nullptr);
        g_signal_connect_data(jitterbuffer, "handle-sync", G_CALLBACK(take_report),
                              new Share(*static_cast<Share*>(data)), drop_share, GConnectFlags(0));
    };
    g_signal_connect_data(rtpbin.get(), "new-jitterbuffer", G_CALLBACK(configure),
                          new Share(sender_clock_), drop_share, GConnectFlags(0));
    // It keeps packets for error correction (RFC 5109), which is never negotiated; and a packet
    // that is kept is copied by who writes to it.
    auto keep_none = +[](GstElement*, GstElement* storage, guint, gpointer) {
        g_object_set(storage, "size-time", guint64(0), nullptr);
    };
    g_signal_connect(rtpbin.get(), "new-storage", G_CALLBACK(keep_none), nullptr);
}

void WebrtcbinParts::added(GstElement* element) {
    if (is_made_by(element, "nicesrc"))
        watch_network(element);
    std::lock_guard lock(mutex_);
    if (is_made_by(element, "nicesink"))
        network_sink_ = retain(element);
    if (is_made_by(element, "dtlsenc"))
        dtls_ = retain(element);
    if (is_made_by(element, "dtlsdec"))
        dtls_decoder_ = retain(element);
    if (is_made_by(element, "dtlsenc") || is_made_by(element, "dtlsdec"))
        dtls_elements_.push_back(retain(element));
}

// RTP and RTCP count as signs of life, STUN and DTLS don't.
void WebrtcbinParts::watch_network(GstElement* nicesrc) {
    auto keys = [weak = weak_from_this()] {
        auto self = weak.lock();
        return self ? self->receiver_key() : std::nullopt;
    };
    auto pad = adopt(gst_element_get_static_pad(nicesrc, "src"));
    auto shortcut = std::make_shared<Shortcut>(keys);
    add_buffer_probe(pad.get(), [weak = weak_from_this(), shortcut](GstPad* nicesrc_pad,
                                                                    Ref<GstBuffer>& packet) {
        if (!is_rtp(packet.get()))
            return;
        if (auto self = weak.lock())
            self->receive(*shortcut, nicesrc_pad, packet);
        else
            packet.reset();
    });
}

void WebrtcbinParts::receive(Shortcut& shortcut, GstPad* nicesrc_pad, Ref<GstBuffer>& packet) {
    last_received_.store(g_get_monotonic_time(), std::memory_order_relaxed);
    std::lock_guard lock(receive_mutex_);
    if (receiving_)
        shortcut.take(nicesrc_pad, packet);
    else
        packet.reset();
}

// srtpdec does not expect a first packet while it is stopped.
void WebrtcbinParts::stop_receiving() {
    std::lock_guard lock(receive_mutex_);
    receiving_ = false;
}

// What a DTLS connection signals to dtlsdec and dtlsenc are closures, which GLib does not let two
// threads end at once. Its own last reference may be that of a timer, which ends on the system
// clock's thread: so those elements end there, too.
void WebrtcbinParts::release() {
    std::lock_guard lock(mutex_);
    dtls_.reset();
    dtls_decoder_.reset();
    network_sink_.reset();
    if (dtls_elements_.empty())
        return;
    using Elements = std::vector<Ref<GstElement>>;
    auto clock = adopt(gst_system_clock_obtain());
    auto id = gst_clock_new_single_shot_id(clock.get(), gst_clock_get_time(clock.get()));
    auto drop = +[](GstClock*, GstClockTime, GstClockID, gpointer elements) -> gboolean {
        delete static_cast<Elements*>(elements);
        return TRUE;
    };
    gst_clock_id_wait_async(id, drop, new Elements(std::exchange(dtls_elements_, {})), nullptr);
    gst_clock_id_unref(id);
}

std::string WebrtcbinParts::peer_certificate() const {
    GArray* list = nullptr;
    g_signal_emit_by_name(webrtcbin_, "get-transceivers", &list);
    std::string certificate;
    for (guint i = 0; list && i < list->len && certificate.empty(); i++) {
        auto* transceiver = g_array_index(list, GstWebRTCRTPTransceiver*, i);
        for (const char* end : {"receiver", "sender"}) {
            auto object = object_property(transceiver, end);
            auto transport = object ? object_property(object.get(), "transport") : nullptr;
            if (!transport)
                continue;
            char* pem = nullptr;
            g_object_get(transport.get(), "remote-certificate", &pem, nullptr);
            Owned<char> owned{pem};
            if (pem)
                certificate = pem;
        }
    }
    if (list)
        g_array_unref(list);
    return certificate;
}

// webrtcbin numbers its pads as it likes.
Ref<GstPad> WebrtcbinParts::sink_pad(guint mline) const {
    GstPad* found = nullptr;
    GST_OBJECT_LOCK(webrtcbin_);
    for (auto* item = webrtcbin_->sinkpads; item && !found; item = item->next) {
        guint index = G_MAXUINT;
        if (auto transceiver = object_property(item->data, "transceiver"))
            g_object_get(transceiver.get(), "mlineindex", &index, nullptr);
        if (index == mline)
            found = GST_PAD(item->data);
    }
    auto result = retain(found);
    GST_OBJECT_UNLOCK(webrtcbin_);
    return result;
}

std::optional<DirectAccess> WebrtcbinParts::direct_access() const {
    std::lock_guard lock(mutex_);
    if (!network_sink_ || !dtls_)
        return std::nullopt;
    auto key = read_key(dtls_.get(), "encoder-key");
    if (!key)
        return std::nullopt;
    DirectAccess access{*key, nullptr};
    guint stream = 0, component = 0;
    g_object_get(network_sink_.get(), "stream", &stream, "component", &component, nullptr);
    auto agent = object_property(network_sink_.get(), "agent");
    if (!agent)
        return std::nullopt;
    access.path = make_nice_path(agent.get(), stream, component);
    return access;
}

std::optional<SrtpMaster> WebrtcbinParts::receiver_key() const {
    std::lock_guard lock(mutex_);
    return dtls_decoder_ ? read_key(dtls_decoder_.get(), "decoder-key") : std::nullopt;
}

void WebrtcbinParts::watch_rtcp(PeerConnection::RtcpFunction function) const {
    auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_), "rtpbin"));
    if (!rtpbin)
        return;
    GST_OBJECT_LOCK(rtpbin.get());
    std::vector<Ref<GstPad>> pads;
    for (auto* item = rtpbin->sinkpads; item; item = item->next)
        if (takes_rtcp(GST_PAD(item->data)))
            pads.push_back(retain(GST_PAD(item->data)));
    GST_OBJECT_UNLOCK(rtpbin.get());
    for (const auto& pad : pads)
        filter_rtcp(pad.get(), [function](auto packet) {
            function(packet);
            return true;
        });
}

} // namespace rtc
