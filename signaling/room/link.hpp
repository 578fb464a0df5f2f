// A seat in a room of another server: keeps a WebSocket to it, and comes back when that is lost.
//
// Life: start() begins to connect, on a loop of its own; stop() leaves the room, or gives up after
// a second.
#pragma once

#include "signaling/http/websocketclient.hpp"
#include "signaling/room/seat.hpp"

namespace rtc::room {

struct ClientSettings {
    std::string uri = "ws://127.0.0.1:8443";
    std::string tls_ca_file;
    bool insecure = false;
    guint retry_limit = 30000; // milliseconds
    guint ping_interval = 20;  // seconds
};

class Link : public Place {
public:
    // The element outlives stop(). The error is for people.
    static Result<std::shared_ptr<Place>> start(const ClientSettings& settings, std::string token,
                                                Part part, GstRtcSignaling* element);
    ~Link() override;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void stop() override;
    Seat& seat() override { return *seat_; }
    std::vector<std::string> urls() const override { return {}; } // announced once it is there

private:
    Link(const ClientSettings& settings, GstRtcSignaling* element);
    // On the loop.
    void connect();
    void opened(http::WebSocketClient::Outcome outcome);
    void received(std::string_view text);
    void lost(const std::string& text);
    void try_later(const std::string& text);

    const std::string uri_;
    GstRtcSignaling* const element_;
    std::shared_ptr<Seat> seat_;
    Loop loop_;
    // On the loop alone.
    std::unique_ptr<http::WebSocketClient> client_;
    std::unique_ptr<http::WebSocket> socket_;
    Backoff backoff_;
    Timer retry_;
    bool complained_ = false; // since it was connected
};

} // namespace rtc::room
