// A connection to Janus, kept up, between it and the host of a signaling element.
//
// Life: start() begins to connect, on a loop of its own; stop() ends Janus's session, or gives up
// after two seconds. The host's words may come from any thread and are posted to the loop.
#pragma once

#include "signaling/http/websocketclient.hpp"
#include "signaling/janus/janus.hpp"

#include <condition_variable>
#include <mutex>

namespace rtc::janus {

struct Settings {
    std::string uri = "ws://127.0.0.1:8188";
    std::string tls_ca_file;
    bool insecure = false;
    guint64 room = 1234;
    guint64 feed = 0;
    guint64 mountpoint = 0;
    std::string display = "gst-rtc";
    guint longest_pause = 30000;
    std::string pin, token, api_secret; // secrets
};

class JanusLink : public std::enable_shared_from_this<JanusLink> {
public:
    // The element outlives stop(). The error is for people.
    static Result<std::shared_ptr<JanusLink>> start(const Settings& settings,
                                                    GstRtcSignaling* element);
    ~JanusLink();
    JanusLink(const JanusLink&) = delete;
    JanusLink& operator=(const JanusLink&) = delete;

    void stop();
    // Any thread.
    void post(std::function<Commands(Janus&)> function);

private:
    JanusLink(const Settings& settings, GstRtcSignaling* element);

    // On the loop.
    void opened(http::WebSocketClient::Outcome outcome);
    void run(const Commands& commands);
    void run(const command::Connect&);
    void run(const command::Send& send);
    void run(const command::StartSession& start);
    void run(const command::Describe& describe);
    void run(const command::GiveCandidate& given);
    void run(const command::CloseSession& close);
    void run(const command::SlowLink& slow);
    void run(const command::Warn& warn);
    void run(const command::GiveUp& give_up);
    void schedule();

    GstRtcSignaling* const element_;
    const std::string uri_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;       // guarded by the mutex
    std::shared_ptr<Loop> loop_; // likewise, until stop()

    // On the loop alone.
    Loop* current_ = nullptr;
    Janus janus_;
    std::unique_ptr<http::WebSocketClient> client_;
    std::unique_ptr<http::WebSocket> socket_;
    Timer timer_;
};

} // namespace rtc::janus
