#include "signaling/whip/service.hpp"

#include "signaling/base/random.hpp"
#include "signaling/http/peerview.hpp"
#include "signaling/http/watchedfile.hpp"
#include "signaling/sdp/turnrest.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY_STATIC(rtc_whip_debug);
#define GST_CAT_DEFAULT rtc_whip_debug

namespace rtc::whip {
namespace {

Time now() {
    return std::chrono::steady_clock::now();
}

Config config_of(Kind kind, const Settings& settings) {
    Config config;
    config.kind = kind;
    config.path = settings.path;
    config.public_url = settings.public_url;
    config.overflow_url = settings.overflow_url;
    for (auto* url : {&config.public_url, &config.overflow_url})
        while (url->ends_with('/'))
            url->pop_back();
    config.takeover = Takeover(settings.takeover);
    config.host_offers = settings.host_offers && kind == Kind::whep;
    config.offer_timeout = std::chrono::milliseconds(settings.offer_timeout);
    config.max_sessions = settings.max_sessions;
    config.max_sessions_per_address = settings.max_sessions_per_address;
    config.answer_timeout = std::chrono::milliseconds(settings.answer_timeout);
    return config;
}

// Wrong tokens that one address may try: as many at once, and then so many a second.
constexpr double guesses_at_once = 20;
constexpr double guesses_per_second = 0.2;
// How often tokens of sessions are looked at again, where sessions end with them.
constexpr std::chrono::seconds token_interval{2};

} // namespace

const char* to_string(Kind kind) {
    return kind == Kind::whip ? "whip" : "whep";
}

Service::Service(Kind kind, const Settings& settings, GstRtcSignaling* element)
    : kind_(kind)
    , settings_(settings)
    , element_(element)
    // Who guesses a session's URL can end it (RFC 9725 section 5).
    , resource_(config_of(kind, settings), random_hex)
    , rate_limit_(settings.rate_limit, 4.0 * settings.rate_limit)
    , guesses_(guesses_per_second, guesses_at_once)
    , status_guesses_(guesses_per_second, guesses_at_once) {}

Service::~Service() {
    stop();
}

Result<std::shared_ptr<Service>> Service::start(Kind kind, const Settings& settings,
                                                GstRtcSignaling* element) {
    GST_DEBUG_CATEGORY_INIT(rtc_whip_debug, "rtcwhip", 0, "WHIP and WHEP servers");
    std::shared_ptr<Service> service(new Service(kind, settings, element));
    if (auto prepared = service->prepare(); !prepared)
        return prepared.error();
    auto server = http::Server::acquire(
        {settings.address, settings.port, settings.tls_certificate, settings.tls_key});
    if (!server)
        return server.error();
    service->server_ = *server;
    auto auth = http::make_auth(settings, (*server)->loop());
    if (!auth)
        return auth.error();
    service->auth_ = std::move(*auth);
    if (auto served = service->serve(); !served)
        return served.error();
    return service;
}

Result<void> Service::prepare() {
    auto proxies = http::Proxies::parse(settings_.trusted_proxies);
    if (!proxies)
        return proxies.error();
    proxies_ = std::move(*proxies);
    if (settings_.turn_servers.empty() != settings_.turn_secret_file.empty())
        return Error{"turn-servers and turn-secret-file go together; set both"};
    if (settings_.turn_servers.empty())
        return {};
    auto servers = sdp::parse_ice_servers(settings_.turn_servers);
    if (!servers)
        return Error{"turn-servers: " + servers.error().message};
    for (const auto& server : *servers)
        if (!server.is_turn() || !server.user.empty())
            return Error{"turn-servers takes TURN servers without a user: turn:turn.example.org; "
                         "their users are made here"};
    turn_servers_ = std::move(*servers);
    auto secret = http::WatchedFile(settings_.turn_secret_file).read();
    if (!secret)
        return Error{"the TURN secret can't be read: " + secret.error().message};
    turn_secret_ = SecretText(trim(*secret));
    wipe(*secret);
    if (turn_secret_.empty())
        return Error{"the file " + settings_.turn_secret_file +
                     " is empty; write the TURN server's secret into it"};
    return {};
}

Result<void> Service::serve() {
    http::Endpoint endpoint;
    endpoint.path = Path(settings_.path).base();
    Owned<char> name{gst_object_get_name(GST_OBJECT(element_))};
    endpoint.owner = name.get();
    endpoint.cors_origins = settings_.cors_origin;
    endpoint.max_body = settings_.max_body_size;
    endpoint.pages = settings_.pages;
    endpoint.proxies = proxies_;
    // The registration ends in stop(), before the service does.
    endpoint.methods = [this](const std::string& path) { return resource_.methods(path); };
    endpoint.refuse = [this](const http::Head& head) { return refuse(head); };
    endpoint.handle = [this](auto exchange) { handle(std::move(exchange)); };
    endpoint.status = [this](const http::Head& head) { return status(head); };
    auto registration = server_->add(std::move(endpoint));
    if (!registration)
        return registration.error();
    registration_ = std::move(*registration);
    if (settings_.end_with_token)
        token_timer_ = server_->loop().every(token_interval, [weak = weak_from_this()] {
            if (auto self = weak.lock())
                self->end_with_tokens();
        });
    return settings_.hls.empty() ? Result<void>{} : serve_hls();
}

void Service::stop() {
    hls_registration_.reset();
    registration_.reset();
    std::unique_lock lock(mutex_);
    auto server = std::move(server_);
    lock.unlock();
    if (!server)
        return;
    server->loop().call([this] {
        timer_.cancel();
        token_timer_.cancel();
        run(resource_.stop());
        waiting_.clear();
        for (auto& [name, stream] : std::exchange(streams_, {}))
            stream->close();
        auth_.reset();
    });
}

std::vector<std::string> Service::urls() const {
    std::lock_guard lock(mutex_);
    if (!server_)
        return {};
    auto urls = server_->urls(settings_.path);
    if (!settings_.public_url.empty())
        urls.insert(urls.begin(), config_of(kind_, settings_).public_url + settings_.path);
    return urls;
}

void Service::post(std::function<void(Service&)> function) {
    std::lock_guard lock(mutex_);
    if (!server_)
        return;
    server_->loop().post([weak = weak_from_this(), function = std::move(function)] {
        if (auto self = weak.lock())
            function(*self);
    });
}

void Service::answer(std::string session, std::string sdp) {
    post([session = std::move(session), sdp = std::move(sdp)](Service& self) {
        GST_INFO_OBJECT(self.element_, "session %s is answered", session.c_str());
        self.run(self.resource_.answer(session, sdp));
    });
}

void Service::offer(std::string session, std::string sdp) {
    post([session = std::move(session), sdp = std::move(sdp)](Service& self) {
        GST_INFO_OBJECT(self.element_, "session %s gets an offer", session.c_str());
        self.run(self.resource_.offer(session, sdp, now()));
    });
}

void Service::layers_changed(std::string session, guint mline, std::vector<Layer> layers) {
    post([session = std::move(session), mline, layers = std::move(layers)](Service& self) {
        self.run(self.resource_.layers_changed(session, mline, layers));
    });
}

void Service::host_changed() {
    post([](Service& self) { self.run(self.resource_.live_changed(self.live())); });
}

void Service::end(std::string session, GstRtcEndReason reason, std::string text) {
    post([session = std::move(session), reason, text = std::move(text)](Service& self) {
        GST_INFO_OBJECT(self.element_, "session %s ended: %s", session.c_str(), text.c_str());
        self.run(self.resource_.end(session, reason, text));
    });
}

bool Service::live() const {
    return kind_ == Kind::whip || gst_rtc_signaling_get_live(element_);
}

Host Service::host() const {
    Host host;
    host.live = live();
    auto** servers = gst_rtc_signaling_get_ice_servers(element_);
    for (auto** server = servers; server && *server; server++)
        host.ice_servers.emplace_back(*server);
    g_strfreev(servers);
    auto expiry = g_get_real_time() / G_USEC_PER_SEC + settings_.turn_lifetime;
    for (const auto& server : turn_servers_)
        host.ice_servers.push_back(
            sdp::with_time_limit(server, turn_secret_.view(), random_hex(6), expiry).to_uri());
    return host;
}

http::Wish Service::wish_for(std::string endpoint) const {
    return {kind_ == Kind::whip ? "publish" : "play", std::move(endpoint)};
}

http::Wish Service::wish(const http::Head& head) const {
    return wish_for(resource_.endpoint_of(head.path));
}

// Who began a session may go on with it, whatever has become of the token since.
std::optional<http::Verdict> Service::judge(const http::Head& head) {
    auto shown = http::bearer_token(head);
    bool reads_events = head.method == "GET" && resource_.is_event_stream(head.path);
    if (reads_events || (shown && resource_.is_own(head.path, *shown)))
        return http::Grant{};
    return auth_->judge(head, wish(head));
}

// The answer to who may not, and a line in the log; the token is in neither.
std::optional<http::Response> Service::refusal(const http::Head& head, http::Verdict& verdict) {
    auto* response = std::get_if<http::Response>(&verdict);
    if (!response)
        return std::nullopt;
    if (response->status == 401 && http::bearer_token(head))
        guesses_.take(head.address, now());
    GST_INFO_OBJECT(element_, "%s %s of %s is refused: %u", head.method.c_str(), head.path.c_str(),
                    head.address.c_str(), response->status);
    return std::move(*response);
}

std::optional<http::Response> Service::refuse(const http::Head& head) {
    auto too_many = [](const char* words) {
        return http::problem(429, words).with("Retry-After", "1");
    };
    if (!rate_limit_.take(head.address, now()))
        return too_many("too many requests; slow down");
    if (http::bearer_token(head) && !guesses_.has(head.address, now()))
        return too_many("too many wrong tokens came from your address; wait a while");
    if (auto verdict = judge(head))
        if (auto response = refusal(head, *verdict))
            return response;
    return resource_.refuse(head, host());
}

void Service::handle(std::shared_ptr<http::Exchange> exchange) {
    if (auto verdict = judge(exchange->head())) {
        if (auto response = refusal(exchange->head(), *verdict))
            return exchange->respond(std::move(*response));
        return proceed(std::move(exchange), std::get<http::Grant>(*verdict));
    }
    auto head = exchange->head();
    auto done = [weak = weak_from_this(), exchange](http::Verdict verdict) {
        auto self = weak.lock();
        if (!self)
            return;
        if (auto response = self->refusal(exchange->head(), verdict))
            return exchange->respond(std::move(*response));
        self->proceed(exchange, std::get<http::Grant>(verdict));
    };
    auth_->ask(head, wish(head), std::move(done));
}

void Service::proceed(std::shared_ptr<http::Exchange> exchange, http::Grant grant) {
    if (exchange->is_gone())
        return;
    auto ticket = ++last_ticket_;
    waiting_[ticket] = exchange;
    exchange->on_gone([weak = weak_from_this(), ticket] {
        if (auto self = weak.lock()) {
            self->waiting_.erase(ticket);
            self->run(self->resource_.disconnected(ticket));
        }
    });
    const auto& head = exchange->head();
    GST_DEBUG_OBJECT(element_, "%s from %s (%s)", head.method.c_str(), head.address.c_str(),
                     grant.name.c_str());
    Caller caller{std::move(grant.name), std::string(http::bearer_token(head).value_or(""))};
    run(resource_.request(ticket, head, exchange->body(), host(), now(), caller));
}

http::EndpointStatus Service::status(const http::Head& head) {
    http::EndpointStatus status;
    status.kind = to_string(kind_);
    status.path = settings_.path;
    status.live = live();
    status.token_required = auth_->required();
    http::PeerView view(*auth_, status_guesses_, head);
    auto wall = g_get_real_time() / G_USEC_PER_SEC;
    for (const auto& peer : resource_.peers()) {
        status.sessions++;
        if (!view.shows(wish_for(peer.endpoint)))
            continue;
        auto age = std::chrono::duration_cast<std::chrono::seconds>(now() - peer.since).count();
        status.peers.push_back({peer.session, peer.name, peer.room, wall - age,
                                peer.answered ? "connected" : "connecting"});
    }
    return status;
}

// Whether a token may still do what it was shown for. One that can't be judged now (503) stays
// good.
bool Service::is_good(const std::string& endpoint, const std::string& token) {
    http::Head shown;
    shown.headers = {{"Authorization", "Bearer " + token}};
    auto verdict = auth_->judge(shown, wish_for(endpoint));
    auto* refusal = verdict ? std::get_if<http::Response>(&*verdict) : nullptr;
    return !refusal || (refusal->status != 401 && refusal->status != 403);
}

void Service::end_with_tokens() {
    run(resource_.end_with_tokens(
        [this](const auto& endpoint, const auto& token) { return is_good(endpoint, token); }));
}

void Service::run(Commands commands) {
    for (auto& command : commands)
        std::visit([this](auto& c) { run(c); }, command);
    schedule();
}

void Service::run(Reply& reply) {
    auto waiting = waiting_.extract(reply.ticket);
    GST_DEBUG_OBJECT(element_, "answering with %u", reply.response.status);
    if (waiting)
        waiting.mapped()->respond(std::move(reply.response));
}

void Service::run(const StartSession& start) {
    GST_INFO_OBJECT(element_, "session %s: %s from %s", start.session.c_str(), start.peer.c_str(),
                    start.address.c_str());
    Owned<GstStructure> details{
        gst_structure_new("peer", "address", G_TYPE_STRING, start.address.c_str(), "user-agent",
                          G_TYPE_STRING, start.user_agent.c_str(), nullptr)};
    if (!start.room.empty())
        gst_structure_set(details.get(), "room", G_TYPE_STRING, start.room.c_str(), nullptr);
    auto offerer = start.offer.empty() ? GST_RTC_OFFERER_HOST : GST_RTC_OFFERER_PEER;
    auto direction = kind_ == Kind::whip ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
    gst_rtc_signaling_request_session(element_, start.session.c_str(), start.peer.c_str(), offerer,
                                      direction, nullptr, details.get());
    if (offerer == GST_RTC_OFFERER_PEER)
        run(GiveDescription{start.session, GST_WEBRTC_SDP_TYPE_OFFER, start.offer});
}

void Service::run(const GiveDescription& given) {
    gst_rtc_signaling_receive_description(element_, given.session.c_str(), given.type,
                                          given.sdp.c_str());
}

void Service::run(const GiveCandidate& given) {
    gst_rtc_signaling_receive_candidate(element_, given.session.c_str(), given.mline,
                                        given.candidate ? given.candidate->c_str() : nullptr);
}

void Service::run(const CloseSession& close) {
    GST_INFO_OBJECT(element_, "session %s closes: %s", close.session.c_str(), close.text.c_str());
    gst_rtc_signaling_close_session(element_, close.session.c_str(), close.reason,
                                    close.text.c_str());
}

void Service::run(const SelectLayer& select) {
    const auto& [mline, layer] = select.wish;
    GST_INFO_OBJECT(element_, "session %s wants layer \"%s\"", select.session.c_str(),
                    layer.c_str());
    gst_rtc_signaling_select_layer(element_, select.session.c_str(), mline,
                                   layer.empty() ? nullptr : layer.c_str());
}

void Service::run(const OpenStream& open) {
    auto waiting = waiting_.extract(open.ticket);
    if (!waiting)
        return;
    auto stream = std::make_shared<http::EventStream>();
    stream->on_gone([weak = weak_from_this(), name = open.stream] {
        if (auto self = weak.lock()) {
            self->streams_.erase(name);
            self->resource_.stream_gone(name);
        }
    });
    streams_[open.stream] = stream;
    http::Response response;
    response.content_type = "text/event-stream";
    response.with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
    response.stream = std::move(stream);
    waiting.mapped()->respond(std::move(response));
}

void Service::run(const Emit& emit) {
    if (auto found = streams_.find(emit.stream); found != streams_.end())
        found->second->send(emit.event, emit.data);
}

void Service::run(const CloseStream& close) {
    if (auto stream = streams_.extract(close.stream))
        stream.mapped()->close();
}

void Service::schedule() {
    auto due = resource_.deadline();
    timer_.cancel();
    std::lock_guard lock(mutex_);
    if (!due || !server_)
        return;
    auto delay = std::chrono::ceil<std::chrono::milliseconds>(*due - now());
    timer_ = server_->loop().after(std::max(delay, std::chrono::milliseconds(0)),
                                   [weak = weak_from_this()] {
                                       if (auto self = weak.lock())
                                           self->run(self->resource_.advance(now()));
                                   });
}

} // namespace rtc::whip
