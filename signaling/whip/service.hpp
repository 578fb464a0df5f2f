// A WHIP or WHEP resource on a shared HTTP server, between its requests and the host of a signaling
// element.
//
// Life: start() takes the path on the server; stop() gives it back, answers what waits and closes
// all sessions. Requests, the resource and all signals to the host are on the server's loop; the
// host's words may come from any thread and are posted there.
#pragma once

#include "signaling/http/auth.hpp"
#include "signaling/http/ratelimit.hpp"
#include "signaling/http/server.hpp"
#include "signaling/whip/resource.hpp"

namespace rtc::whip {

struct Settings {
    std::string address = "0.0.0.0";
    guint port = 8080;
    std::string path;
    std::string token; // secret
    std::string token_file;
    std::string tls_certificate;
    std::string tls_key;
    std::string public_url;
    std::string cors_origin = "*";
    guint max_sessions = 100;
    guint max_sessions_per_address = 0;
    guint max_body_size = 128 * 1024;
    guint rate_limit = 50;
    guint answer_timeout = 10000;
    bool pages = true;
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
    void end(std::string session, GstRtcEndReason reason, std::string text);

private:
    Service(Kind kind, const Settings& settings, http::Token token, GstRtcSignaling* element);
    Result<void> serve();
    void post(std::function<void(Service&)> function);

    // On the server's loop.
    Host host() const;
    std::optional<http::Response> refuse(const http::Head& head);
    void handle(std::shared_ptr<http::Exchange> exchange);
    http::EndpointStatus status() const;
    void run(Commands commands);
    void run(Reply& reply);
    void run(const StartSession& start);
    void run(const GiveCandidate& candidate);
    void run(const CloseSession& close);
    void schedule();

    const Kind kind_;
    const Settings settings_;
    const http::Token token_;
    GstRtcSignaling* const element_;

    mutable std::mutex mutex_;
    std::shared_ptr<http::Server> server_; // guarded by the mutex
    std::unique_ptr<http::Server::Registration> registration_;

    // On the server's loop alone.
    Resource resource_;
    http::RateLimit rate_limit_;
    std::map<Ticket, std::shared_ptr<http::Exchange>> waiting_;
    Ticket last_ticket_ = 0;
    Timer timer_;
};

} // namespace rtc::whip
