#include "plugins/rtc/webrtcbinpeer.hpp"

#include "plugins/rtc/webrtcbinvalues.hpp"

#include <gst/rtp/rtp.h>
#define GST_USE_UNSTABLE_API 1
#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <mutex>
#include <thread>

GST_DEBUG_CATEGORY_STATIC(rtc_peer_debug);
#define GST_CAT_DEFAULT rtc_peer_debug

namespace rtc {
namespace {

constexpr auto close_deadline = std::chrono::seconds(2);

class WebrtcbinPeer : public PeerConnection, public std::enable_shared_from_this<WebrtcbinPeer> {
public:
    WebrtcbinPeer(std::shared_ptr<Loop> loop, std::weak_ptr<Listener> listener)
        : loop_(std::move(loop))
        , listener_(std::move(listener)) {}

    Result<void> build(const std::string& name, const ConnectionSettings& settings);

    Result<void> add_transceivers(const std::vector<TrackPlan>& plan,
                                  const std::vector<guint32>& ssrcs, bool for_offer) override;
    void create_offer(Done<sdp::Message> done) override { create("create-offer", "offer", done); }
    void create_answer(Done<sdp::Message> done) override {
        create("create-answer", "answer", done);
    }
    void set_local(sdp::DescriptionType type, const GstSDPMessage* description,
                   Done<void> done) override {
        apply("set-local-description", type, description, std::move(done));
    }
    void set_remote(sdp::DescriptionType type, const GstSDPMessage* description,
                    Done<void> done) override {
        apply("set-remote-description", type, description, std::move(done));
    }
    void add_ice_servers(std::span<const sdp::IceServer> servers) override;
    void add_candidate(guint mline, const std::string& candidate) override;
    Result<bool> verify_certificate(std::span<const sdp::Fingerprint> fingerprints) override;
    Ref<GstPad> sink_pad(guint mline) override;
    GstBin* bin() override { return GST_BIN(pipeline_.get()); }
    gint64 last_received() const override { return last_received_.load(std::memory_order_relaxed); }
    void recalculate_latency() override { gst_bin_recalculate_latency(bin()); }
    void set_clock(Ref<GstClock> clock, GstClockTime base_time) override;
    void close(std::function<void()> done) override;

private:
    using Weak = std::weak_ptr<WebrtcbinPeer>;

    void configure_ice(const ConnectionSettings& settings);
    void configure_rtp(const ConnectionSettings& settings);
    void connect_signals();
    template <typename Callback>
    void connect(gpointer object, const char* signal, Callback callback);
    void create(const char* action, const char* field, Done<sdp::Message> done);
    void apply(const char* action, sdp::DescriptionType type, const GstSDPMessage* description,
               Done<void> done);
    void emit_with_promise(const char* action, gpointer argument,
                           std::function<void(const GstStructure*)> replied);

    void post(std::function<void(WebrtcbinPeer&, Listener&)> function);
    void element_added(GstElement* element);
    void on_candidate(guint mline, const char* candidate);
    void on_gathering_state();
    void on_ice_state();
    void on_connection_state();
    void on_pad_added(GstPad* pad);
    void on_message(GstMessage* message);
    void finish_close_when_idle(bool force);

    std::shared_ptr<Loop> loop_;
    std::weak_ptr<Listener> listener_;
    Ref<GstElement> pipeline_;
    Ref<GstElement> webrtcbin_;
    std::vector<std::pair<Ref<GObject>, gulong>> handlers_;
    std::atomic<gint64> last_received_{0};
    bool gathering_ = false;
    int promises_ = 0;
    bool closing_ = false;
    std::function<void()> closed_;
    Timer close_timer_;
};

void WebrtcbinPeer::post(std::function<void(WebrtcbinPeer&, Listener&)> function) {
    loop_->post([weak = weak_from_this(), function = std::move(function)] {
        auto self = weak.lock();
        if (!self || self->closing_)
            return;
        if (auto listener = self->listener_.lock())
            function(*self, *listener);
    });
}

// A handler gets the peer, if it is still there, and the signal's arguments.
template <typename Callback>
void WebrtcbinPeer::connect(gpointer object, const char* signal, Callback callback) {
    auto* data = new Weak(weak_from_this());
    auto id = g_signal_connect_data(
        object, signal, G_CALLBACK(callback), data,
        [](gpointer d, GClosure*) { delete static_cast<Weak*>(d); }, GConnectFlags(0));
    handlers_.emplace_back(retain(G_OBJECT(object)), id);
}

Result<void> WebrtcbinPeer::build(const std::string& name, const ConnectionSettings& settings) {
    pipeline_ = sink(gst_pipeline_new(("session-" + name).c_str()));
    webrtcbin_ = sink(gst_element_factory_make("webrtcbin", nullptr));
    if (!webrtcbin_)
        return Error{"The element webrtcbin is missing: install GStreamer's bad plugins and "
                     "libnice's plugin (gstreamer1.0-plugins-bad, gstreamer1.0-nice)"};
    g_object_set(webrtcbin_.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE,
                 "ice-transport-policy",
                 settings.relay_only ? GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY
                                     : GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
                 "latency", settings.latency_ms, nullptr);
    configure_ice(settings);
    configure_rtp(settings);

    auto* pipeline = GST_PIPELINE(pipeline_.get());
    auto bus = adopt(gst_pipeline_get_bus(pipeline));
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer data) -> GstBusSyncReply {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_message(message);
            gst_message_unref(message);
            return GST_BUS_DROP;
        },
        new Weak(weak_from_this()), [](gpointer data) { delete static_cast<Weak*>(data); });
    connect_signals();
    gst_bin_add(GST_BIN(pipeline), webrtcbin_.get());
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    set_clock(settings.clock, settings.base_time);
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return Error{"webrtcbin does not start: are the plugins nice, dtls and srtp installed?"};
    return {};
}

// libnice asks relays that come while or after it gathers for candidates, too.
void WebrtcbinPeer::add_ice_servers(std::span<const sdp::IceServer> servers) {
    for (const auto& server : servers) {
        auto uri = server.to_uri();
        if (!server.is_turn()) {
            g_object_set(webrtcbin_.get(), "stun-server", uri.c_str(), nullptr);
            continue;
        }
        gboolean added = FALSE;
        g_signal_emit_by_name(webrtcbin_.get(), "add-turn-server", uri.c_str(), &added);
        if (!added)
            GST_WARNING_OBJECT(webrtcbin_.get(), "TURN server %s was not taken",
                               server.redacted().c_str());
    }
}

void WebrtcbinPeer::configure_ice(const ConnectionSettings& settings) {
    add_ice_servers(settings.ice_servers);
    GObject* ice = nullptr;
    g_object_get(webrtcbin_.get(), "ice-agent", &ice, nullptr);
    auto ice_ref = adopt(ice);
    if (!ice)
        return;
    gboolean added = FALSE;
    if (only_loopback())
        g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(ice), "agent"))
        return;
    GObject* agent = nullptr;
    g_object_get(ice, "agent", &agent, nullptr);
    if (auto agent_ref = adopt(agent))
        g_object_set(agent, "upnp", gboolean(settings.upnp), "ice-tcp", gboolean(settings.ice_tcp),
                     nullptr);
}

void WebrtcbinPeer::configure_rtp(const ConnectionSettings& settings) {
    auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
    if (!rtpbin)
        return;
    g_object_set(rtpbin.get(), "max-streams", settings.max_streams, nullptr);
    connect(
        rtpbin.get(), "new-jitterbuffer",
        +[](GstElement*, GstElement* jitterbuffer, guint, guint, gpointer) {
            // The first packets need not wait for the whole latency, and a packet is asked for
            // again when a later one shows that it is missing, not when it seems late: frames
            // do not come as evenly as that guess takes them to.
            g_object_set(jitterbuffer, "faststart-min-packets", 1, "rtx-next-seqnum", FALSE,
                         nullptr);
        });
}

void WebrtcbinPeer::connect_signals() {
    auto* bin = webrtcbin_.get();
    connect(
        bin, "on-ice-candidate", +[](GstElement*, guint mline, char* text, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_candidate(mline, text);
        });
    connect(
        bin, "notify::ice-gathering-state", +[](GstElement*, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_gathering_state();
        });
    connect(
        bin, "notify::ice-connection-state", +[](GstElement*, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_ice_state();
        });
    connect(
        bin, "notify::connection-state", +[](GstElement*, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_connection_state();
        });
    connect(
        bin, "pad-added", +[](GstElement*, GstPad* pad, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_pad_added(pad);
        });
    connect(
        bin, "deep-element-added", +[](GstBin*, GstBin*, GstElement* element, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->element_added(element);
        });
}

// Watches what comes from the network: RTP and RTCP count as signs of life, STUN and DTLS don't
// (RFC 7983 tells them apart by the first byte).
void WebrtcbinPeer::element_added(GstElement* element) {
    auto* factory = gst_element_get_factory(element);
    if (!factory || !g_str_equal(GST_OBJECT_NAME(factory), "nicesrc"))
        return;
    auto pad = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer data) -> GstPadProbeReturn {
            guint8 first = 0;
            gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, &first, 1);
            if (first >= 128 && first <= 191)
                if (auto self = static_cast<Weak*>(data)->lock())
                    self->last_received_.store(g_get_monotonic_time(), std::memory_order_relaxed);
            return GST_PAD_PROBE_OK;
        },
        new Weak(weak_from_this()), [](gpointer data) { delete static_cast<Weak*>(data); });
}

Result<void> WebrtcbinPeer::add_transceivers(const std::vector<TrackPlan>& plan,
                                             const std::vector<guint32>& ssrcs, bool for_offer) {
    for (size_t i = 0; i < plan.size(); i++) {
        const auto& track = plan[i];
        auto caps = codec_preferences(track, ssrcs[i], for_offer);
        GstWebRTCRTPTransceiver* added = nullptr;
        g_signal_emit_by_name(webrtcbin_.get(), "add-transceiver", to_webrtc(track.direction),
                              caps.get(), &added);
        auto transceiver = adopt(added);
        if (!transceiver)
            return Error{"webrtcbin refused a media section"};
        // Generic NACK and RTX come only where this is set before the offer is applied.
        if (track.wants_nack())
            g_object_set(transceiver.get(), "do-nack", TRUE, nullptr);
    }
    return {};
}

void WebrtcbinPeer::emit_with_promise(const char* action, gpointer argument,
                                      std::function<void(const GstStructure*)> replied) {
    struct Call {
        std::shared_ptr<Loop> loop;
        Weak weak;
        std::function<void(const GstStructure*)> replied;
    };
    promises_++;
    // The change function runs on webrtcbin's thread; what follows runs on ours.
    auto promise = adopt(gst_promise_new_with_change_func(
        [](GstPromise* p, gpointer data) {
            auto* call = static_cast<Call*>(data);
            auto held = retain(p);
            call->loop->post([weak = call->weak, replied = call->replied, held] {
                auto self = weak.lock();
                if (!self)
                    return;
                self->promises_--;
                if (self->closing_)
                    return self->finish_close_when_idle(false);
                bool answered = gst_promise_wait(held.get()) == GST_PROMISE_RESULT_REPLIED;
                replied(answered ? gst_promise_get_reply(held.get()) : nullptr);
            });
        },
        new Call{loop_, weak_from_this(), std::move(replied)},
        [](gpointer data) { delete static_cast<Call*>(data); }));
    g_signal_emit_by_name(webrtcbin_.get(), action, argument, promise.get());
}

void WebrtcbinPeer::create(const char* action, const char* field, Done<sdp::Message> done) {
    emit_with_promise(action, nullptr, [action, field, done](const GstStructure* reply) {
        GstWebRTCSessionDescription* description = nullptr;
        if (reply && gst_structure_has_field(reply, field))
            gst_structure_get(reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description,
                              nullptr);
        if (!description)
            return done(Error{error_text(reply, action)});
        auto message = sdp::copy(description->sdp);
        gst_webrtc_session_description_free(description);
        done(std::move(message));
    });
}

void WebrtcbinPeer::apply(const char* action, sdp::DescriptionType type,
                          const GstSDPMessage* message, Done<void> done) {
    auto* description = gst_webrtc_session_description_new(type == sdp::DescriptionType::offer
                                                               ? GST_WEBRTC_SDP_TYPE_OFFER
                                                               : GST_WEBRTC_SDP_TYPE_ANSWER,
                                                           sdp::copy(message).release());
    if (g_str_equal(action, "set-local-description"))
        gathering_ = true;
    emit_with_promise(action, description, [action, done](const GstStructure* reply) {
        if (reply && gst_structure_has_field(reply, "error"))
            return done(Error{error_text(reply, action)});
        done({});
    });
    gst_webrtc_session_description_free(description);
}

void WebrtcbinPeer::add_candidate(guint mline, const std::string& candidate) {
    // 1.22 takes NULL and "" as "no more candidates".
    g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", mline,
                          candidate.empty() ? nullptr : candidate.c_str());
}

Result<bool> WebrtcbinPeer::verify_certificate(std::span<const sdp::Fingerprint> fingerprints) {
    GArray* list = nullptr;
    g_signal_emit_by_name(webrtcbin_.get(), "get-transceivers", &list);
    std::string certificate;
    for (guint i = 0; list && i < list->len && certificate.empty(); i++) {
        auto* transceiver = g_array_index(list, GstWebRTCRTPTransceiver*, i);
        for (const char* end : {"receiver", "sender"}) {
            GObject* object = nullptr;
            g_object_get(transceiver, end, &object, nullptr);
            auto end_ref = adopt(object);
            if (!object)
                continue;
            GObject* transport = nullptr;
            g_object_get(object, "transport", &transport, nullptr);
            auto transport_ref = adopt(transport);
            if (!transport)
                continue;
            char* pem = nullptr;
            g_object_get(transport, "remote-certificate", &pem, nullptr);
            Owned<char> owned{pem};
            if (pem)
                certificate = pem;
        }
    }
    if (list)
        g_array_unref(list);
    if (certificate.empty())
        return Error{"The peer showed no certificate"};
    return sdp::certificate_matches(certificate, fingerprints);
}

// webrtcbin makes the sink pads of sections that send once both descriptions are applied, and
// numbers them as it likes.
Ref<GstPad> WebrtcbinPeer::sink_pad(guint mline) {
    GstPad* found = nullptr;
    GST_OBJECT_LOCK(webrtcbin_.get());
    for (auto* item = webrtcbin_->sinkpads; item && !found; item = item->next) {
        GObject* transceiver = nullptr;
        guint index = G_MAXUINT;
        g_object_get(item->data, "transceiver", &transceiver, nullptr);
        if (auto owned = adopt(transceiver))
            g_object_get(transceiver, "mlineindex", &index, nullptr);
        if (index == mline)
            found = GST_PAD(item->data);
    }
    auto result = retain(found);
    GST_OBJECT_UNLOCK(webrtcbin_.get());
    return result;
}

void WebrtcbinPeer::on_candidate(guint mline, const char* candidate) {
    post([mline, text = std::string(candidate ? candidate : "")](auto&, auto& listener) {
        if (!text.empty())
            listener.local_candidate(mline, text);
    });
}

void WebrtcbinPeer::on_gathering_state() {
    GstWebRTCICEGatheringState state;
    g_object_get(webrtcbin_.get(), "ice-gathering-state", &state, nullptr);
    if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        return;
    loop_->post([weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        self->gathering_ = false;
        if (self->closing_)
            return self->finish_close_when_idle(false);
        if (auto listener = self->listener_.lock())
            listener->gathering_complete();
    });
}

void WebrtcbinPeer::on_ice_state() {
    GstWebRTCICEConnectionState state;
    g_object_get(webrtcbin_.get(), "ice-connection-state", &state, nullptr);
    GST_DEBUG_OBJECT(pipeline_.get(), "ICE connection state %d", state);
    switch (state) {
    case GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED:
    case GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED:
        return post([](auto&, auto& listener) { listener.ice_connected(); });
    case GST_WEBRTC_ICE_CONNECTION_STATE_FAILED:
        return post([](auto&, auto& listener) { listener.ice_failed(); });
    default:
        return;
    }
}

void WebrtcbinPeer::on_connection_state() {
    GstWebRTCPeerConnectionState state;
    g_object_get(webrtcbin_.get(), "connection-state", &state, nullptr);
    GST_DEBUG_OBJECT(pipeline_.get(), "connection state %d", state);
    switch (state) {
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
        return post([](auto&, auto& listener) { listener.dtls_connected(); });
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
        return post([](auto&, auto& listener) { listener.dtls_failed(); });
    default:
        return;
    }
}

void WebrtcbinPeer::on_pad_added(GstPad* pad) {
    if (!GST_PAD_IS_SRC(pad))
        return;
    if (auto listener = listener_.lock())
        listener->pad_added(pad);
}

void WebrtcbinPeer::on_message(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_LATENCY:
        return post([](auto& self, auto&) { self.recalculate_latency(); });
    case GST_MESSAGE_ERROR: {
        GError* error = nullptr;
        char* debug = nullptr;
        gst_message_parse_error(message, &error, &debug);
        Owned<GError> owned_error{error};
        Owned<char> owned_debug{debug};
        bool ours =
            gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(webrtcbin_.get()));
        GST_WARNING_OBJECT(pipeline_.get(), "%s: %s (%s)", GST_MESSAGE_SRC_NAME(message),
                           error->message, debug ? debug : "");
        if (ours)
            post([text = std::string(error->message)](auto&, auto& l) { l.failed(text); });
        return;
    }
    default:
        return;
    }
}

// The session's timeline is the main pipeline's.
void WebrtcbinPeer::set_clock(Ref<GstClock> clock, GstClockTime base_time) {
    if (!clock)
        return;
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock.get());
    gst_element_set_base_time(pipeline_.get(), base_time);
}

void WebrtcbinPeer::close(std::function<void()> done) {
    closing_ = true;
    closed_ = std::move(done);
    close_timer_ = loop_->after(close_deadline, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->finish_close_when_idle(true);
    });
    finish_close_when_idle(false);
}

// webrtcbin leaks descriptors and threads when it is stopped with a promise in flight or while it
// gathers.
void WebrtcbinPeer::finish_close_when_idle(bool force) {
    if (!closing_ || !pipeline_ || (!force && (promises_ > 0 || gathering_)))
        return;
    close_timer_.cancel();
    for (auto& [object, id] : handlers_)
        g_signal_handler_disconnect(object.get(), id);
    handlers_.clear();
    webrtcbin_.reset();
    auto stop = [pipeline = std::move(pipeline_), done = std::move(closed_)]() mutable {
        auto bus = adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline.get())));
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
        pipeline.reset();
        std::exchange(done, nullptr)();
    };
    std::thread(std::move(stop)).detach();
}

} // namespace

Result<std::shared_ptr<PeerConnection>>
make_webrtcbin_peer(std::shared_ptr<Loop> loop, const std::string& name,
                    const ConnectionSettings& settings,
                    std::weak_ptr<PeerConnection::Listener> listener) {
    static std::once_flag once;
    std::call_once(once, [] {
        GST_DEBUG_CATEGORY_INIT(rtc_peer_debug, "rtcpeer", 0, "WebRTC peer connections");
    });
    auto peer = std::make_shared<WebrtcbinPeer>(std::move(loop), std::move(listener));
    auto built = peer->build(name, settings);
    if (!built) {
        peer->close([] {});
        return built.error();
    }
    return std::shared_ptr<PeerConnection>(peer);
}

void warm_up_webrtcbin() {
    for (const char* factory : {"dtlsdec", "webrtcbin", "nicesrc", "srtpenc", "rtpbin"})
        auto loaded = sink(gst_element_factory_make(factory, nullptr));
}

} // namespace rtc
