// A WHIP or WHEP resource on a shared HTTP server, between its requests and the host of a signaling
// element.
//
// Life: start() takes the path on the server; stop() gives it back, answers what waits and closes
// all sessions. Requests, the resource and all signals to the host are on the server's loop; the
// host's words may come from any thread and are posted there.
#pragma once

#include "signaling/base/secret.hpp"
#include "signaling/http/auth.hpp"
#include "signaling/http/ratelimit.hpp"
#include "signaling/http/server.hpp"
#include "signaling/sdp/iceserver.hpp"
#include "signaling/whip/resource.hpp"

namespace rtc::whip {

// The rows of a property table name members of one struct: so what judges need is a part of it.
struct Settings : http::AuthSettings {
    std::string address = "0.0.0.0";
    guint port = 8080;
    std::string path;
    std::string tls_certificate;
    std::string tls_key;
    std::string public_url;
    std::string cors_origin = "*";
    guint max_sessions = 100;
    guint max_sessions_per_address = 0;
    guint max_body_size = 128 * 1024;
    guint rate_limit = 50;
    guint answer_timeout = 10000;
    guint offer_timeout = 10000;
    bool pages = true;
    std::string trusted_proxies;
    std::string overflow_url;
    std::string turn_servers;     // without credentials
    std::string turn_secret_file; // what makes them
    guint turn_lifetime = 3600;   // seconds
    int takeover = 0;             // whip::Takeover
    bool host_offers = false;
    std::string hls; // path of a playlist
};

const char* to_string(Kind kind); // "whip", "whep"

class Service : public std::enable_shared_from_this<Service> {
public:
    // The element outlives the service's stop(). The error is for people.
    static Result<std::shared_ptr<Service>> start(Kind kind, const Settings& settings,
                                                  GstRtcSignaling* element);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void stop();
    // Where peers reach it, a name of this machine first.
    std::vector<std::string> urls() const;

    // The host's words. Any thread.
    void answer(std::string session, std::string sdp);
    void offer(std::string session, std::string sdp);
    void host_changed();
    void end(std::string session, GstRtcEndReason reason, std::string text);
    void layers_changed(std::string session, guint mline, std::vector<Layer> layers);

private:
    Service(Kind kind, const Settings& settings, GstRtcSignaling* element);
    // Reads what the settings name.
    Result<void> prepare();
    Result<void> serve();
    Result<void> serve_hls();
    void post(std::function<void(Service&)> function);

    // On the server's loop.
    bool live() const;
    Host host() const;
    http::Wish wish_for(std::string endpoint) const;
    http::Wish wish(const http::Head& head) const;
    std::optional<http::Response> refuse(const http::Head& head);
    std::optional<http::Verdict> judge(const http::Head& head);
    std::optional<http::Response> refusal(const http::Head& head, http::Verdict& verdict);
    void handle(std::shared_ptr<http::Exchange> exchange);
    void proceed(std::shared_ptr<http::Exchange> exchange, http::Grant grant);
    http::EndpointStatus status(const http::Head& head);
    bool is_good(const std::string& endpoint, const std::string& token);
    void end_with_tokens();
    void run(Commands commands);
    void run(Reply& reply);
    void run(const StartSession& start);
    void run(const GiveDescription& given);
    void run(const GiveCandidate& given);
    void run(const SelectLayer& select);
    void run(const CloseSession& close);
    void run(const OpenStream& open);
    void run(const Emit& emit);
    void run(const CloseStream& close);
    void schedule();

    const Kind kind_;
    const Settings settings_;
    http::Proxies proxies_;
    std::vector<sdp::IceServer> turn_servers_; // of our own, without credentials
    SecretText turn_secret_;
    GstRtcSignaling* const element_;

    mutable std::mutex mutex_;
    std::shared_ptr<http::Server> server_; // guarded by the mutex
    std::unique_ptr<http::Server::Registration> registration_;
    std::unique_ptr<http::Server::Registration> hls_registration_;

    // On the server's loop alone.
    Resource resource_;
    std::unique_ptr<http::Auth> auth_;
    http::RateLimit rate_limit_;
    http::RateLimit guesses_;        // of tokens
    http::RateLimit status_guesses_; // the same, at /status
    std::map<Ticket, std::shared_ptr<http::Exchange>> waiting_;
    std::map<std::string, std::shared_ptr<http::EventStream>> streams_;
    Ticket last_ticket_ = 0;
    Timer timer_;
    Timer token_timer_;
};

} // namespace rtc::whip
