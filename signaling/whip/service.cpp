#include "signaling/whip/service.hpp"

#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC(rtc_whip_debug);
#define GST_CAT_DEFAULT rtc_whip_debug

namespace rtc::whip {
namespace {

Time now() {
    return std::chrono::steady_clock::now();
}

// From the kernel's generator, as who guesses a session's URL can end it (RFC 9725 section 5).
std::string random_hex(size_t bytes) {
    std::vector<unsigned char> data(bytes);
    if (getentropy(data.data(), data.size()) != 0)
        g_error("the system gives no random numbers");
    std::string text;
    for (auto byte : data)
        for (auto digit : {byte >> 4, byte & 15})
            text += "0123456789abcdef"[digit];
    return text;
}

Config config_of(Kind kind, const Settings& settings) {
    Config config;
    config.kind = kind;
    config.path = settings.path;
    config.public_url = settings.public_url;
    while (config.public_url.ends_with('/'))
        config.public_url.pop_back();
    config.max_sessions = settings.max_sessions;
    config.max_sessions_per_address = settings.max_sessions_per_address;
    config.answer_timeout = std::chrono::milliseconds(settings.answer_timeout);
    return config;
}

bool changes_something(const http::Head& head) {
    return head.method == "POST" || head.method == "PATCH" || head.method == "DELETE";
}

} // namespace

const char* to_string(Kind kind) {
    return kind == Kind::whip ? "whip" : "whep";
}

Service::Service(Kind kind, const Settings& settings, http::Token token, GstRtcSignaling* element)
    : kind_(kind)
    , settings_(settings)
    , token_(std::move(token))
    , element_(element)
    , resource_(config_of(kind, settings), random_hex)
    , rate_limit_(settings.rate_limit, 4.0 * settings.rate_limit) {}

Service::~Service() {
    stop();
}

Result<std::shared_ptr<Service>> Service::start(Kind kind, const Settings& settings,
                                                GstRtcSignaling* element) {
    GST_DEBUG_CATEGORY_INIT(rtc_whip_debug, "rtcwhip", 0, "WHIP and WHEP servers");
    auto token = http::Token::load(settings.token, settings.token_file);
    if (!token)
        return token.error();
    std::shared_ptr<Service> service(new Service(kind, settings, *token, element));
    auto server = http::Server::acquire(
        {settings.address, settings.port, settings.tls_certificate, settings.tls_key});
    if (!server)
        return server.error();
    service->server_ = *server;
    if (auto served = service->serve(); !served)
        return served.error();
    return service;
}

Result<void> Service::serve() {
    auto weak = weak_from_this();
    http::Endpoint endpoint;
    endpoint.path = settings_.path;
    Owned<char> name{gst_object_get_name(GST_OBJECT(element_))};
    endpoint.owner = name.get();
    endpoint.cors_origins = settings_.cors_origin;
    endpoint.max_body = settings_.max_body_size;
    endpoint.pages = settings_.pages;
    // The registration ends in stop(), before the service does.
    endpoint.methods = [this](const std::string& path) { return resource_.methods(path); };
    endpoint.refuse = [this](const http::Head& head) { return refuse(head); };
    endpoint.handle = [this](auto exchange) { handle(std::move(exchange)); };
    endpoint.status = [this] { return status(); };
    auto registration = server_->add(std::move(endpoint));
    if (!registration)
        return registration.error();
    registration_ = std::move(*registration);
    return {};
}

void Service::stop() {
    registration_.reset();
    std::unique_lock lock(mutex_);
    auto server = std::move(server_);
    lock.unlock();
    if (!server)
        return;
    server->loop().call([this] {
        timer_.cancel();
        run(resource_.stop());
        waiting_.clear();
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

void Service::end(std::string session, GstRtcEndReason reason, std::string text) {
    post([session = std::move(session), reason, text = std::move(text)](Service& self) {
        GST_INFO_OBJECT(self.element_, "session %s ended: %s", session.c_str(), text.c_str());
        self.run(self.resource_.end(session, reason, text));
    });
}

Host Service::host() const {
    Host host;
    host.live = kind_ == Kind::whip || gst_rtc_signaling_get_live(element_);
    auto** servers = gst_rtc_signaling_get_ice_servers(element_);
    for (auto** server = servers; server && *server; server++)
        host.ice_servers.emplace_back(*server);
    g_strfreev(servers);
    return host;
}

std::optional<http::Response> Service::refuse(const http::Head& head) {
    if (changes_something(head) && !rate_limit_.take(head.address, now()))
        return http::problem(429, "too many requests; slow down").with("Retry-After", "1");
    if (auto refusal = token_.refuse(head))
        return refusal;
    return resource_.refuse(head, host());
}

void Service::handle(std::shared_ptr<http::Exchange> exchange) {
    auto ticket = ++last_ticket_;
    waiting_[ticket] = exchange;
    exchange->on_gone([weak = weak_from_this(), ticket] {
        if (auto self = weak.lock()) {
            self->waiting_.erase(ticket);
            self->run(self->resource_.disconnected(ticket));
        }
    });
    GST_DEBUG_OBJECT(element_, "%s from %s", exchange->head().method.c_str(),
                     exchange->head().address.c_str());
    run(resource_.request(ticket, exchange->head(), exchange->body(), host(), now()));
}

http::EndpointStatus Service::status() const {
    http::EndpointStatus status;
    status.kind = to_string(kind_);
    status.path = settings_.path;
    status.live = kind_ == Kind::whip || gst_rtc_signaling_get_live(element_);
    status.token_required = token_.required();
    auto wall = g_get_real_time() / G_USEC_PER_SEC;
    for (const auto& peer : resource_.peers()) {
        auto age = std::chrono::duration_cast<std::chrono::seconds>(now() - peer.since).count();
        status.peers.push_back(
            {peer.session, wall - age, peer.answered ? "connected" : "connecting"});
    }
    return status;
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
    GST_INFO_OBJECT(element_, "session %s: offer from %s", start.session.c_str(),
                    start.address.c_str());
    Owned<GstStructure> details{
        gst_structure_new("peer", "address", G_TYPE_STRING, start.address.c_str(), "user-agent",
                          G_TYPE_STRING, start.user_agent.c_str(), nullptr)};
    auto direction = kind_ == Kind::whip ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
    gst_rtc_signaling_request_session(element_, start.session.c_str(), start.peer.c_str(),
                                      GST_RTC_OFFERER_PEER, direction, nullptr, details.get());
    gst_rtc_signaling_receive_description(element_, start.session.c_str(),
                                          GST_WEBRTC_SDP_TYPE_OFFER, start.offer.c_str());
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
