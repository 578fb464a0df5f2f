#include "plugins/rtc/sessions.hpp"

#include "plugins/rtc/webrtcbinpeer.hpp"
#include "signaling/base/descriptors.hpp"

namespace rtc {
namespace {

std::string text_of(const char* text) {
    return text ? text : "";
}

std::vector<sdp::IceServer> ice_servers_of(char** uris) {
    std::vector<sdp::IceServer> servers;
    for (char** uri = uris; uri && *uri; uri++)
        if (auto server = sdp::parse_ice_server(*uri))
            servers.push_back(*server);
    return servers;
}

} // namespace

// What a handler of the signaling's signals holds: a report may be under way on another thread
// while the sessions stop.
struct Sessions::Link {
    std::weak_ptr<Sessions> sessions;
    std::shared_ptr<Loop> loop;

    // Runs on the loop, once sessions may begin.
    void post(std::function<void(Sessions&)> function) const {
        loop->post([weak = sessions, function = std::move(function)] {
            auto self = weak.lock();
            if (!self)
                return;
            if (self->released_)
                return function(*self);
            self->held_.push_back([weak, function] {
                if (auto held = weak.lock())
                    function(*held);
            });
        });
    }
    void with_session(const char* id, std::function<void(Session&)> function) const {
        post([id = text_of(id), function = std::move(function)](Sessions& self) {
            auto found = self.sessions_.find(id);
            if (found != self.sessions_.end())
                function(*std::shared_ptr(found->second));
        });
    }
};

Sessions::Sessions(SessionHost& host, GstElement* element, std::function<void(const Ended&)> ended)
    : host_(host)
    , element_(element)
    , ended_(std::move(ended)) {}

Sessions::~Sessions() {
    disconnect_signaling();
}

void Sessions::start(GstElement* signaling, SessionSettings settings,
                     std::vector<sdp::IceServer> ice_servers) {
    signaling_ = retain(signaling);
    settings_ = std::move(settings);
    ice_servers_ = std::move(ice_servers);
    raise_descriptor_limit();
    auto wanted = settings_.max_sessions * descriptors_of(settings_.ice_tcp, ice_servers_.size());
    if (auto limit = descriptor_limit(); wanted + reserved_descriptors > limit)
        GST_WARNING_OBJECT(element_,
                           "max-sessions=%u can take %zu file descriptors, and this process may "
                           "have %zu: raise its limit (ulimit -Hn, LimitNOFILE= of a unit)",
                           settings_.max_sessions, wanted, limit);
    accepting_ = true;
    released_ = false;
    {
        std::lock_guard lock(loop_mutex_);
        loop_ = std::make_shared<Loop>("rtc-sessions");
    }
    loop_->post(warm_up_webrtcbin);
    connect_signaling();
}

void Sessions::release() {
    loop_->post([weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        self->released_ = true;
        for (auto& [id, session] : self->sessions_)
            session->update_clock();
        for (auto& function : std::exchange(self->held_, {}))
            function();
    });
}

void Sessions::stop(const std::string& text) {
    if (!loop_)
        return;
    disconnect_signaling();
    loop_->call([this, &text] {
        accepting_ = false;
        timers_.clear();
        held_.clear();
        auto sessions = std::exchange(sessions_, {});
        for (auto& [id, session] : sessions)
            session->end(GST_RTC_END_REASON_SHUTDOWN, text, true);
    });
}

bool Sessions::wait_torn_down(std::chrono::milliseconds timeout) {
    bool done;
    {
        std::unique_lock lock(teardowns_->mutex);
        done = teardowns_->changed.wait_for(lock, timeout,
                                            [this] { return teardowns_->running == 0; });
    }
    std::shared_ptr<Loop> ended; // its thread is waited for without the lock
    {
        std::lock_guard lock(loop_mutex_);
        std::swap(ended, loop_);
    }
    ended.reset();
    signaling_.reset();
    return done;
}

void Sessions::end_session(const std::string& id, GstRtcEndReason reason, const std::string& text) {
    if (loop_)
        Link{weak_from_this(), loop_}.with_session(
            id.c_str(), [reason, text](Session& session) { session.end(reason, text, true); });
}

std::vector<ViewerStatistics> Sessions::statistics() {
    std::shared_ptr<Loop> loop;
    {
        std::lock_guard lock(loop_mutex_);
        loop = loop_;
    }
    std::vector<ViewerStatistics> list;
    if (loop)
        loop->call([&] {
            for (const auto& [id, session] : sessions_)
                list.push_back(session->statistics());
        });
    return list;
}

void Sessions::run_after(std::chrono::milliseconds delay, std::function<void()> function) {
    if (!loop_)
        return;
    loop_->post([weak = weak_from_this(), delay, function = std::move(function)] {
        if (auto self = weak.lock(); self && self->accepting_)
            self->timers_.push_back(self->loop_->after(delay, function));
    });
}

void Sessions::connect_signaling() {
    auto connect = [this](const char* name, GCallback callback) {
        handlers_.push_back(g_signal_connect_data(
            signaling_.get(), name, callback, new Link{weak_from_this(), loop_},
            [](gpointer data, GClosure*) { delete static_cast<Link*>(data); }, GConnectFlags(0)));
    };
    connect("session-requested", G_CALLBACK(on_requested));
    connect("description-received", G_CALLBACK(on_description));
    connect("candidate-received", G_CALLBACK(on_candidate));
    connect("ice-servers-received", G_CALLBACK(on_ice_servers));
    connect("session-closed", G_CALLBACK(on_closed));
    connect("layer-selected", G_CALLBACK(on_layer));
}

void Sessions::on_requested(GstRtcSignaling* signaling, const char* id, const char* peer,
                            GstRtcOfferer offerer, GstWebRTCRTPTransceiverDirection, char** servers,
                            GstStructure* details, gpointer data) {
    SessionRequest request{text_of(id), text_of(peer), offerer == GST_RTC_OFFERER_HOST,
                           bool(gst_rtc_signaling_get_trickle(signaling)), ice_servers_of(servers)};
    guint patience = 0;
    if (details && gst_structure_get_uint(details, "patience", &patience))
        request.patience = patience;
    if (details)
        request.room = text_of(gst_structure_get_string(details, "room"));
    static_cast<Link*>(data)->post([request](Sessions& self) { self.begin(request); });
}

void Sessions::on_description(GstRtcSignaling*, const char* id, GstWebRTCSDPType type,
                              const char* sdp, gpointer data) {
    static_cast<Link*>(data)->with_session(id, [type, text = text_of(sdp)](Session& session) {
        session.remote_description(type, text);
    });
}

void Sessions::on_candidate(GstRtcSignaling*, const char* id, guint mline, const char* candidate,
                            gpointer data) {
    static_cast<Link*>(data)->with_session(
        id, [mline, text = text_of(candidate)](Session& s) { s.remote_candidate(mline, text); });
}

void Sessions::on_ice_servers(GstRtcSignaling*, const char* id, char** servers, gpointer data) {
    static_cast<Link*>(data)->with_session(
        id, [list = ice_servers_of(servers)](Session& session) { session.more_ice_servers(list); });
}

void Sessions::on_closed(GstRtcSignaling*, const char* id, GstRtcEndReason reason, const char* text,
                         gpointer data) {
    static_cast<Link*>(data)->with_session(id, [reason, words = text_of(text)](Session& session) {
        session.end(reason, words, false);
    });
}

void Sessions::on_layer(GstRtcSignaling*, const char* id, guint mline, const char* layer,
                        gpointer data) {
    static_cast<Link*>(data)->with_session(id, [mline, wish = text_of(layer)](Session& session) {
        session.select_layer(mline, wish);
    });
}

void Sessions::disconnect_signaling() {
    for (auto handler : std::exchange(handlers_, {}))
        g_signal_handler_disconnect(signaling_.get(), handler);
}

void Sessions::begin(SessionRequest request) {
    auto refuse = [&](GstRtcEndReason reason, const char* text) {
        gst_rtc_signaling_end_session(GST_RTC_SIGNALING(signaling_.get()), request.id.c_str(),
                                      reason, text);
    };
    if (!accepting_)
        return refuse(GST_RTC_END_REASON_SHUTDOWN, "The pipeline is stopping");
    if (sessions_.contains(request.id))
        return;
    if (sessions_.size() >= settings_.max_sessions)
        return refuse(GST_RTC_END_REASON_BUSY, "As many sessions as are allowed are on");
    auto claim = DescriptorClaim::make(
        descriptors_of(settings_.ice_tcp, ice_servers_.size() + request.ice_servers.size()));
    if (!claim) {
        GST_WARNING_OBJECT(element_,
                           "%zu file descriptors of %zu are free, too few for another session: "
                           "raise the process's limit (ulimit -Hn, LimitNOFILE= of a unit)",
                           free_descriptors(), descriptor_limit());
        return refuse(GST_RTC_END_REASON_BUSY,
                      "Too few file descriptors are left for another session");
    }
    Session::Context context;
    context.loop = loop_;
    context.host = &host_;
    context.element = retain(element_);
    context.signaling = signaling_;
    context.settings = settings_;
    context.ice_servers = ice_servers_;
    context.claim = std::move(claim);
    context.ended = [weak = weak_from_this(), peer = request.peer](
                        const std::string& id, GstRtcEndReason reason, const std::string& text) {
        if (auto self = weak.lock())
            self->session_ended({id, peer, reason, text});
    };
    {
        std::lock_guard lock(teardowns_->mutex);
        teardowns_->running++;
    }
    context.torn_down = [teardowns = teardowns_] {
        std::lock_guard lock(teardowns->mutex);
        teardowns->running--;
        teardowns->changed.notify_all();
    };
    auto session = std::make_shared<Session>(std::move(context), request);
    sessions_.emplace(request.id, session);
    count_++;
    session->start();
}

void Sessions::session_ended(const Ended& report) {
    sessions_.erase(report.id);
    count_--;
    ended_(report);
}

} // namespace rtc
