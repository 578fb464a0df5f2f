// A peer of a room as a program of its own would be one: sends and receives texts over a WebSocket.
// A wait has a deadline and fails the test past it.
#pragma once

#include "signaling/http/websocketclient.hpp"
#include "signaling/room/protocol.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace rtc::test {

class RoomTalker {
public:
    // Connects and waits for the welcome, where there is one; `failure` says what went wrong.
    explicit RoomTalker(const std::string& url, const std::string& token = "", bool welcome = true);
    ~RoomTalker();

    std::string failure() const { return failure_; }
    const std::string& id() const { return id_; } // by the welcome
    void send(const std::string& text);
    void send(const room::ClientMessage& message) { send(room::to_json(message)); }
    // The next message of this type; others wait for their turn.
    template <typename Message>
    Message wait() {
        std::optional<Message> found;
        wait_until([&] {
            auto at = std::ranges::find_if(
                messages_, [](const auto& m) { return std::holds_alternative<Message>(m); });
            if (at == messages_.end())
                return false;
            found = std::get<Message>(*at);
            messages_.erase(at);
            return true;
        });
        return *found;
    }
    void wait_closed();
    // Enters in these roles, and waits until the room knows.
    void enter(room::Roles roles, const std::string& meta = "");

private:
    void wait_until(const std::function<bool()>& there);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<room::ServerMessage> messages_;
    bool done_ = false, closed_ = false;
    std::string failure_, id_;
    std::unique_ptr<http::WebSocketClient> client_;
    std::unique_ptr<http::WebSocket> socket_;
    Loop loop_{"test-talker"};
};

} // namespace rtc::test
