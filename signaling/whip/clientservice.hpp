// A WHIP or WHEP client with its connections, between an endpoint and the host of a signaling
// element.
//
// Life: start() makes a loop of its own; stop() ends the session, waits for a while until the
// endpoint was told, and ends the loop. Requests, the client and all signals to the host are on the
// loop; the host's words may come from any thread and are posted there.
#pragma once

#include "signaling/http/client.hpp"
#include "signaling/whip/client.hpp"

#include <condition_variable>
#include <mutex>

namespace rtc::whip {

struct ClientSettings {
    std::string endpoint;
    std::string token; // secret
    std::string token_file;
    std::string tls_ca_file;
    bool insecure = false;
    bool trust_redirects = false;
    guint timeout = 10000;
    int retries = -1;
    guint longest_pause = 30000;
    guint stop_timeout = 2000;
};

class ClientService : public std::enable_shared_from_this<ClientService> {
public:
    // The element outlives the service's stop(). The error is for people.
    static Result<std::shared_ptr<ClientService>> start(Kind kind, const ClientSettings& settings,
                                                        GstRtcSignaling* element);
    ~ClientService();
    ClientService(const ClientService&) = delete;
    ClientService& operator=(const ClientService&) = delete;

    // Returns once the endpoint was told, or `stop_timeout` is over.
    void stop();

    // The host's words. Any thread.
    void host_changed();
    void describe(std::string session, GstWebRTCSDPType type, std::string sdp);
    void candidate(std::string session, guint mline, std::optional<std::string> candidate);
    void end(std::string session, GstRtcEndReason reason, std::string text);

private:
    ClientService(Kind kind, ClientSettings settings, std::string endpoint, std::string token,
                  GstRtcSignaling* element);
    void post(std::function<void(ClientService&)> function);

    // On the loop.
    void run(client::Commands commands);
    void run(client::Send& send);
    void run(const client::StartSession& start);
    void run(const client::Describe& describe);
    void run(const client::AddIceServers& add);
    void run(const client::CloseSession& close);
    void run(const client::Warn& warn);
    void run(const client::GiveUp& give_up);
    void received(Ticket ticket, const http::Outcome& outcome);
    void schedule();
    void refresh_token();
    void warn_of_weak_security();

    const Kind kind_;
    const ClientSettings settings_;
    GstRtcSignaling* const element_;

    std::mutex mutex_;
    std::condition_variable became_idle_;
    std::shared_ptr<Loop> loop_; // guarded by the mutex; until stop()
    bool idle_ = false;          // likewise; once stopping

    // On the loop alone.
    std::string endpoint_;
    std::string token_;
    Client client_;
    std::unique_ptr<http::Client> http_;
    bool stopping_ = false;
    Timer timer_;
};

} // namespace rtc::whip
