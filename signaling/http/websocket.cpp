#include "signaling/http/websocket.hpp"

#include "signaling/http/connection.hpp"

namespace rtc::http {
namespace {

constexpr const char* remote_key = "rtc-http-remote";

// What an upgrade waits with, from the handshake until 101 is written.
struct Upgrade {
    std::function<void(Ref<SoupWebsocketConnection>)> opened;
    size_t max_message;
};

void complete(SoupServerMessage* message, gpointer data) {
    auto& waiting = *static_cast<Upgrade*>(data);
    auto held = retain(message);
    auto remote = retain(soup_server_message_get_remote_address(message));
    auto stream = adopt(soup_server_message_steal_connection(message));
    if (!stream)
        return;
    Connection::of(remote.get())->framing().pass_all();
    // The Connection lives as long as the address: it counts and is closed as others are.
    g_object_set_data_full(G_OBJECT(stream.get()), remote_key, remote.release(), g_object_unref);
    auto* request = soup_server_message_get_request_headers(message);
    auto* response = soup_server_message_get_response_headers(message);
    auto connection = adopt(soup_websocket_connection_new(
        stream.get(), soup_server_message_get_uri(message), SOUP_WEBSOCKET_CONNECTION_SERVER,
        soup_message_headers_get_one(request, "Origin"),
        soup_message_headers_get_one(response, "Sec-WebSocket-Protocol"), nullptr));
    soup_websocket_connection_set_max_incoming_payload_size(connection.get(), waiting.max_message);
    waiting.opened(std::move(connection));
}

} // namespace

bool is_websocket_handshake(const Head& head) {
    return head.method == "GET" && equal_ignoring_case(head.header("Upgrade"), "websocket");
}

bool upgrade(SoupServerMessage* message, const std::vector<std::string>& protocols,
             size_t max_message, std::function<void(Ref<SoupWebsocketConnection>)> opened) {
    std::vector<char*> list;
    for (const auto& protocol : protocols)
        list.push_back(const_cast<char*>(protocol.c_str()));
    list.push_back(nullptr);
    // Without extensions: a compressed message could be far larger than it seems.
    if (!soup_websocket_server_process_handshake(
            message, nullptr, protocols.empty() ? nullptr : list.data(), nullptr, nullptr))
        return false;
    g_signal_connect_data(
        message, "wrote-informational", G_CALLBACK(complete),
        new Upgrade{std::move(opened), max_message},
        [](gpointer data, GClosure*) { delete static_cast<Upgrade*>(data); }, GConnectFlags(0));
    return true;
}

WebSocket::WebSocket(Ref<SoupWebsocketConnection> connection, Head head, Loop& loop,
                     Patience patience)
    : connection_(std::move(connection))
    , head_(std::move(head))
    , loop_(loop)
    , patience_(patience) {
    soup_websocket_connection_set_keepalive_interval(connection_.get(),
                                                     guint(patience_.ping_interval.count()));
    connect();
    await_pong();
}

WebSocket::~WebSocket() {
    g_signal_handlers_disconnect_by_data(connection_.get(), this);
    if (!is_open())
        return;
    soup_websocket_connection_close(connection_.get(), SOUP_WEBSOCKET_CLOSE_GOING_AWAY, nullptr);
    // Held until that is said.
    auto* object = connection_.release();
    g_signal_connect(object, "closed", G_CALLBACK(+[](GObject* self) { g_object_unref(self); }),
                     nullptr);
}

void WebSocket::connect() {
    auto* object = connection_.get();
    g_signal_connect(
        object, "message",
        G_CALLBACK(+[](SoupWebsocketConnection*, SoupWebsocketDataType type, GBytes* message,
                       gpointer self) { static_cast<WebSocket*>(self)->received(type, message); }),
        this);
    g_signal_connect(object, "pong",
                     G_CALLBACK(+[](SoupWebsocketConnection*, GBytes*, gpointer self) {
                         static_cast<WebSocket*>(self)->await_pong();
                     }),
                     this);
    g_signal_connect(object, "closed", G_CALLBACK(+[](SoupWebsocketConnection*, gpointer self) {
                         static_cast<WebSocket*>(self)->lost();
                     }),
                     this);
}

std::string WebSocket::protocol() const {
    auto* name = soup_websocket_connection_get_protocol(connection_.get());
    return name ? name : "";
}

bool WebSocket::is_open() const {
    return soup_websocket_connection_get_state(connection_.get()) == SOUP_WEBSOCKET_STATE_OPEN;
}

void WebSocket::received(SoupWebsocketDataType type, GBytes* message) {
    gsize size = 0;
    auto* data = static_cast<const char*>(g_bytes_get_data(message, &size));
    auto handler = type == SOUP_WEBSOCKET_DATA_TEXT ? text_ : binary_;
    if (handler)
        handler({size ? data : "", size});
}

void WebSocket::lost() {
    silence_.cancel();
    if (auto handler = std::exchange(closed_, nullptr))
        handler();
}

// A ping is queued behind what was sent before it, so a pong tells that all that was taken.
void WebSocket::await_pong() {
    unread_ = 0;
    silence_ = loop_.after(3 * patience_.ping_interval, [this] { drop(); });
}

// At once: a close frame would wait behind what the other side doesn't take.
void WebSocket::drop() {
    auto* stream = soup_websocket_connection_get_io_stream(connection_.get());
    auto* remote = stream ? g_object_get_data(G_OBJECT(stream), remote_key) : nullptr;
    if (remote)
        Connection::of(static_cast<GSocketAddress*>(remote))->close();
    else
        lost(); // a client's own: whoever holds it lets it go
}

void WebSocket::send(std::string_view text) {
    if (!is_open())
        return;
    unread_ += text.size();
    auto bytes = adopt(g_bytes_new(text.data(), text.size()));
    soup_websocket_connection_send_message(connection_.get(), SOUP_WEBSOCKET_DATA_TEXT,
                                           bytes.get());
    if (unread_ > patience_.unread_bytes)
        silence_ = loop_.after(std::chrono::milliseconds(0), [this] { drop(); });
}

void WebSocket::close(guint code, const std::string& reason) {
    if (is_open())
        soup_websocket_connection_close(connection_.get(), gushort(code), reason.c_str());
}

} // namespace rtc::http
