#include "signaling/whip/clientservice.hpp"

#include "signaling/base/random.hpp"
#include "signaling/http/secret.hpp"
#include "signaling/http/url.hpp"

GST_DEBUG_CATEGORY_STATIC(rtc_whip_client_debug);
#define GST_CAT_DEFAULT rtc_whip_client_debug

namespace rtc::whip {
namespace {

using std::chrono::milliseconds;

constexpr size_t id_bytes = 6;

Time now() {
    return std::chrono::steady_clock::now();
}

ClientConfig config_of(Kind kind, const ClientSettings& settings, const std::string& endpoint) {
    ClientConfig config;
    config.kind = kind;
    config.endpoint = endpoint;
    config.trust_redirects = settings.trust_redirects;
    config.retries = settings.retries;
    config.longest_pause = milliseconds(settings.longest_pause);
    return config;
}

// A list that ends in NULL, for as long as the strings live.
std::vector<const char*> pointers(const std::vector<std::string>& strings) {
    std::vector<const char*> list;
    for (const auto& text : strings)
        list.push_back(text.c_str());
    list.push_back(nullptr);
    return list;
}

} // namespace

ClientService::ClientService(Kind kind, ClientSettings settings, std::string endpoint,
                             std::string token, GstRtcSignaling* element)
    : kind_(kind)
    , settings_(std::move(settings))
    , element_(element)
    , endpoint_(std::move(endpoint))
    , token_(std::move(token))
    , client_(
          config_of(kind, settings_, endpoint_), [] { return g_random_double(); },
          [] { return random_hex(id_bytes); }) {}

ClientService::~ClientService() {
    stop();
}

Result<std::shared_ptr<ClientService>>
ClientService::start(Kind kind, const ClientSettings& settings, GstRtcSignaling* element) {
    GST_DEBUG_CATEGORY_INIT(rtc_whip_client_debug, "rtcwhipclient", 0, "WHIP and WHEP clients");
    if (settings.endpoint.empty())
        return Error{"There is no endpoint: set endpoint=https://…"};
    auto endpoint = http::parse_url(settings.endpoint);
    if (!endpoint)
        return Error{"The endpoint can't be used: " + endpoint.error().message};
    auto token = http::read_secret(settings.token, settings.token_file);
    if (!token)
        return token.error();
    std::shared_ptr<ClientService> service(
        new ClientService(kind, settings, *endpoint, *token, element));
    auto loop = std::make_shared<Loop>("rtc-client");
    auto http = http::Client::create(loop, {settings.tls_ca_file, settings.insecure});
    if (!http)
        return http.error();
    service->http_ = std::move(*http);
    service->loop_ = std::move(loop);
    service->warn_of_weak_security();
    service->host_changed();
    return service;
}

void ClientService::warn_of_weak_security() {
    if (settings_.insecure)
        GST_ELEMENT_WARNING(
            element_, RESOURCE, SETTINGS,
            ("Certificates are not verified (insecure=true): anybody on the way can "
             "read and change what is sent. Use tls-ca-file for a certificate of "
             "your own"),
            (nullptr));
    if (!token_.empty() && endpoint_.starts_with("http:"))
        GST_ELEMENT_WARNING(
            element_, RESOURCE, SETTINGS,
            ("The token goes to %s without encryption: use https", http::shown(endpoint_).c_str()),
            (nullptr));
}

void ClientService::stop() {
    std::unique_lock lock(mutex_);
    auto loop = std::move(loop_);
    if (!loop)
        return;
    loop->post([self = this] { // waits for it below
        self->stopping_ = true;
        self->run(self->client_.stop());
    });
    bool told =
        became_idle_.wait_for(lock, milliseconds(settings_.stop_timeout), [this] { return idle_; });
    lock.unlock();
    if (!told)
        GST_WARNING_OBJECT(element_, "the endpoint was not told of the end in time");
    loop->call([this] { timer_.cancel(); });
    http_.reset();
}

void ClientService::post(std::function<void(ClientService&)> function) {
    std::lock_guard lock(mutex_);
    if (!loop_)
        return;
    loop_->post([weak = weak_from_this(), function = std::move(function)] {
        if (auto self = weak.lock())
            function(*self);
    });
}

void ClientService::host_changed() {
    post([](ClientService& self) {
        self.run(self.client_.set_live(gst_rtc_signaling_get_live(self.element_), now()));
    });
}

void ClientService::describe(std::string session, GstWebRTCSDPType type, std::string sdp) {
    post([session = std::move(session), type, sdp = std::move(sdp)](ClientService& self) {
        self.run(self.client_.describe(session, type, sdp, now()));
    });
}

void ClientService::candidate(std::string session, guint mline,
                              std::optional<std::string> candidate) {
    post([session = std::move(session), mline,
          candidate = std::move(candidate)](ClientService& self) {
        self.run(
            self.client_.add_candidate(session, mline, candidate ? candidate->c_str() : nullptr));
    });
}

void ClientService::end(std::string session, GstRtcEndReason reason, std::string text) {
    post([session = std::move(session), reason, text = std::move(text)](ClientService& self) {
        GST_INFO_OBJECT(self.element_, "session %s ended: %s", session.c_str(), text.c_str());
        self.run(self.client_.end(session, reason, text, now()));
    });
}

void ClientService::run(client::Commands commands) {
    for (auto& command : commands)
        std::visit([this](auto& c) { run(c); }, command);
    schedule();
    if (!stopping_ || !client_.idle())
        return;
    std::lock_guard lock(mutex_);
    idle_ = true;
    became_idle_.notify_all();
}

// A short-lived token is replaced in its file: it is read anew for each session.
void ClientService::refresh_token() {
    auto token = http::read_secret(settings_.token, settings_.token_file);
    if (token)
        token_ = *token;
    else
        GST_WARNING_OBJECT(element_, "%s", token.error().message.c_str());
}

void ClientService::run(client::Send& send) {
    auto& request = send.request;
    // Who knows the URL of a session can end it: it stays out of the log.
    GST_DEBUG_OBJECT(element_, "%s to %s", request.method.c_str(),
                     http::origin_of(request.url).c_str());
    if (send.authorized && !token_.empty())
        request.headers.emplace_back("Authorization", "Bearer " + token_);
    http_->send(request, milliseconds(settings_.timeout),
                [this, ticket = send.ticket](http::Outcome outcome) { received(ticket, outcome); });
}

// The HTTP client goes first, so this is there.
void ClientService::received(Ticket ticket, const http::Outcome& outcome) {
    if (auto* failure = std::get_if<http::Failure>(&outcome)) {
        GST_DEBUG_OBJECT(element_, "no response: %s", failure->text.c_str());
        return run(client_.fail(ticket, *failure, now()));
    }
    const auto& response = std::get<http::Response>(outcome);
    GST_DEBUG_OBJECT(element_, "response %s", http::explain(response).c_str());
    run(client_.respond(ticket, response,
                        http::retry_after(response, g_get_real_time() / G_USEC_PER_SEC), now()));
}

void ClientService::run(const client::StartSession& start) {
    refresh_token();
    auto direction = kind_ == Kind::whip ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY;
    GST_INFO_OBJECT(element_, "session %s with %s", start.session.c_str(),
                    http::shown(endpoint_).c_str());
    Owned<GstStructure> details{gst_structure_new("peer", "endpoint", G_TYPE_STRING,
                                                  http::shown(endpoint_).c_str(), nullptr)};
    gst_rtc_signaling_request_session(element_, start.session.c_str(),
                                      http::origin_of(endpoint_).c_str(), start.offerer, direction,
                                      pointers(start.ice_servers).data(), details.get());
}

void ClientService::run(const client::Describe& describe) {
    gst_rtc_signaling_receive_description(element_, describe.session.c_str(), describe.type,
                                          describe.sdp.c_str());
}

void ClientService::run(const client::AddIceServers& add) {
    gst_rtc_signaling_receive_ice_servers(element_, add.session.c_str(),
                                          pointers(add.ice_servers).data());
}

void ClientService::run(const client::CloseSession& close) {
    GST_INFO_OBJECT(element_, "session %s closes: %s", close.session.c_str(), close.text.c_str());
    gst_rtc_signaling_close_session(element_, close.session.c_str(), close.reason,
                                    close.text.c_str());
}

void ClientService::run(const client::Warn& warn) {
    GST_ELEMENT_WARNING(element_, RESOURCE, OPEN_READ_WRITE, ("%s", warn.text.c_str()), (nullptr));
}

void ClientService::run(const client::GiveUp& give_up) {
    GST_ELEMENT_ERROR(element_, RESOURCE, OPEN_READ_WRITE, ("%s", give_up.text.c_str()), (nullptr));
}

void ClientService::schedule() {
    auto due = client_.deadline();
    timer_.cancel();
    std::lock_guard lock(mutex_);
    if (!due || !loop_)
        return;
    auto delay = std::chrono::ceil<milliseconds>(*due - now());
    timer_ = loop_->after(std::max(delay, milliseconds(0)), [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->run(self->client_.advance(now()));
    });
}

} // namespace rtc::whip
