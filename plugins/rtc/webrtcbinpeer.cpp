#include "plugins/rtc/webrtcbinpeer.hpp"

#include "plugins/rtc/icerestart.hpp"
#include "plugins/rtc/webrtcbinparts.hpp"
#include "plugins/rtc/webrtcbinvalues.hpp"

#include <gst/rtp/rtp.h>
#define GST_USE_UNSTABLE_API 1
#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <mutex>
#include <thread>

GST_DEBUG_CATEGORY(rtc_peer_debug);
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
    void add_ice_servers(std::span<const sdp::IceServer> servers) override {
        parts_->add_ice_servers(servers);
    }
    void add_candidate(guint mline, const std::string& candidate) override;
    Result<sdp::IceCredentials>
    restart_ice(const sdp::IceCredentials& remote,
                const std::vector<std::pair<guint, std::string>>& candidates) override;
    Result<bool> verify_certificate(std::span<const sdp::Fingerprint> fingerprints) override;
    Ref<GstPad> sink_pad(guint mline) override { return parts_->sink_pad(mline); }
    std::optional<DirectAccess> direct_access() override { return parts_->direct_access(); }
    void watch_rtcp(RtcpFunction function) override { parts_->watch_rtcp(std::move(function)); }
    GstBin* bin() override { return GST_BIN(pipeline_.get()); }
    gint64 last_received() const override { return parts_ ? parts_->last_received() : 0; }
    std::shared_ptr<SenderClock> sender_clock() override { return parts_->sender_clock(); }
    void recalculate_latency() override { gst_bin_recalculate_latency(bin()); }
    void set_clock(Ref<GstClock> clock, GstClockTime base_time) override;
    void close(std::function<void()> done) override;

private:
    using Weak = std::weak_ptr<WebrtcbinPeer>;

    void connect_signals();
    template <typename Callback>
    void connect(gpointer object, const char* signal, Callback callback);
    void create(const char* action, const char* field, Done<sdp::Message> done);
    void apply(const char* action, sdp::DescriptionType type, const GstSDPMessage* description,
               Done<void> done);
    void emit_with_promise(const char* action, gpointer argument,
                           std::function<void(const GstStructure*)> replied);

    void post(std::function<void(WebrtcbinPeer&, Listener&)> function);
    void on_candidate(guint mline, const char* candidate);
    void on_gathering_state(GstElement* webrtcbin);
    void on_ice_state(GstElement* webrtcbin);
    void on_connection_state(GstElement* webrtcbin);
    void on_pad_added(GstPad* pad);
    void on_message(GstMessage* message);
    void finish_close_when_idle(bool force);

    std::shared_ptr<Loop> loop_;
    std::weak_ptr<Listener> listener_;
    Ref<GstElement> pipeline_;
    Ref<GstElement> webrtcbin_;
    std::vector<std::pair<Ref<GObject>, gulong>> handlers_;
    std::shared_ptr<WebrtcbinParts> parts_;
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
    parts_ = std::make_shared<WebrtcbinParts>(webrtcbin_.get());
    parts_->configure_ice(settings);
    parts_->configure_rtp(settings);

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

void WebrtcbinPeer::connect_signals() {
    auto* bin = webrtcbin_.get();
    connect(
        bin, "on-ice-candidate", +[](GstElement*, guint mline, char* text, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_candidate(mline, text);
        });
    connect(
        bin, "notify::ice-gathering-state", +[](GstElement* webrtcbin, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_gathering_state(webrtcbin);
        });
    connect(
        bin, "notify::ice-connection-state",
        +[](GstElement* webrtcbin, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_ice_state(webrtcbin);
        });
    connect(
        bin, "notify::connection-state", +[](GstElement* webrtcbin, GParamSpec*, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_connection_state(webrtcbin);
        });
    connect(
        bin, "pad-added", +[](GstElement*, GstPad* pad, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->on_pad_added(pad);
        });
    connect(
        bin, "deep-element-added", +[](GstBin*, GstBin*, GstElement* element, gpointer data) {
            if (auto self = static_cast<Weak*>(data)->lock())
                self->parts_->added(element);
        });
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

Result<sdp::IceCredentials>
WebrtcbinPeer::restart_ice(const sdp::IceCredentials& remote,
                           const std::vector<std::pair<guint, std::string>>& candidates) {
    GObject* ice = nullptr;
    g_object_get(webrtcbin_.get(), "ice-agent", &ice, nullptr);
    auto held = adopt(ice);
    return rtc::restart_ice(ice, remote, candidates);
}

Result<bool> WebrtcbinPeer::verify_certificate(std::span<const sdp::Fingerprint> fingerprints) {
    auto certificate = parts_->peer_certificate();
    if (certificate.empty())
        return Error{"The peer showed no certificate"};
    return sdp::certificate_matches(certificate, fingerprints);
}

void WebrtcbinPeer::on_candidate(guint mline, const char* candidate) {
    post([mline, text = std::string(candidate ? candidate : "")](auto&, auto& listener) {
        if (!text.empty())
            listener.local_candidate(mline, text);
    });
}

void WebrtcbinPeer::on_gathering_state(GstElement* webrtcbin) {
    GstWebRTCICEGatheringState state;
    g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
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

void WebrtcbinPeer::on_ice_state(GstElement* webrtcbin) {
    GstWebRTCICEConnectionState state;
    g_object_get(webrtcbin, "ice-connection-state", &state, nullptr);
    GST_DEBUG_OBJECT(webrtcbin, "ICE connection state %d", state);
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

void WebrtcbinPeer::on_connection_state(GstElement* webrtcbin) {
    GstWebRTCPeerConnectionState state;
    g_object_get(webrtcbin, "connection-state", &state, nullptr);
    GST_DEBUG_OBJECT(webrtcbin, "connection state %d", state);
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
        GST_WARNING_OBJECT(GST_MESSAGE_SRC(message), "%s (%s)", error->message, debug ? debug : "");
        if (is_inside(GST_MESSAGE_SRC(message), "webrtcbin"))
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
    auto stop = [parts = parts_, pipeline = std::move(pipeline_),
                 done = std::move(closed_)]() mutable {
        if (parts)
            parts->stop_receiving();
        auto bus = adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline.get())));
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
        pipeline.reset();
        if (parts)
            parts->release();
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
