// One WebSocket (RFC 6455) that a client opened at an endpoint.
//
// Life: made by the server on its loop and given to the endpoint's `websocket`, which keeps it for
// as long as it wants it. It belongs to the loop's thread: every call is made there, and so is its
// end. Ended while open it says goodbye to the client (1001). Messages are text or binary, up to
// Endpoint::max_message bytes; a client that sends more, is silent or takes nothing is dropped.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/http/message.hpp"

#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string_view>

namespace rtc::http {

// Whether the request asks to become a WebSocket (RFC 6455 section 4.2.1).
bool is_websocket_handshake(const Head& head);

class WebSocket {
public:
    // How a silent or stuck client is noticed: pings at each interval; without a pong for three of
    // them, or with more than this sent since the last one, the connection is dropped.
    struct Patience {
        std::chrono::seconds ping_interval{20};
        size_t unread_bytes = 4 * 1024 * 1024;
    };

    WebSocket(Ref<SoupWebsocketConnection> connection, Head head, Loop& loop, Patience patience);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    // The request that it began with.
    const Head& head() const { return head_; }
    // What was agreed of the client's protocols; "" for none.
    std::string protocol() const;

    // The handlers may end this object. Text is valid UTF-8.
    void on_text(std::function<void(std::string_view)> handler) { text_ = std::move(handler); }
    void on_binary(std::function<void(std::string_view)> handler) { binary_ = std::move(handler); }
    // Once, when the connection is closed by whichever side, or lost. Nothing comes after it.
    void on_closed(std::function<void()> handler) { closed_ = std::move(handler); }

    // `text` is UTF-8. Dropped where the connection isn't open any more.
    void send(std::string_view text);
    // Tells the client why (RFC 6455 section 7.4.1) and closes.
    void close(guint code, const std::string& reason);
    bool is_open() const;

private:
    void connect();
    void received(SoupWebsocketDataType type, GBytes* message);
    void lost();
    void await_pong();
    void drop();

    Ref<SoupWebsocketConnection> connection_;
    const Head head_;
    Loop& loop_;
    const Patience patience_;
    size_t unread_ = 0; // bytes sent since the last pong
    Timer silence_;
    std::function<void(std::string_view)> text_, binary_;
    std::function<void()> closed_;
};

// Completes the handshake of a request that was read in full: answers it with 101, then calls
// `opened` with the connection, which may carry messages of up to `max_message` bytes. False where
// the request is no proper handshake.
bool upgrade(SoupServerMessage* message, const std::vector<std::string>& protocols,
             size_t max_message, std::function<void(Ref<SoupWebsocketConnection>)> opened);

} // namespace rtc::http
