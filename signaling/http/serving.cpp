// The server's part that runs on its loop: from a request to its answer.
#include "signaling/http/cors.hpp"
#include "signaling/http/server.hpp"
#include "signaling/http/soup.hpp"

#include <sys/socket.h>

namespace rtc::http {
namespace {

// How much of a refused body is read before the connection is cut: a client that is still sending
// doesn't look at the answer.
constexpr gsize max_drained = 8 * 1024 * 1024;

Response too_large(gsize limit) {
    return problem(413, "the body is larger than " + std::to_string(limit) + " bytes");
}

// What was no request that can be taken; nothing more is read of the connection.
Response refused(const Refusal& refusal) {
    return problem(refusal.status, refusal.words).with("Connection", "close");
}

// libsoup keeps a connection open after a response only while it has a listener of its own, but
// its listener stops for good at the first failed accept() and leaks a socket a connection in
// 3.2. So it gets one that nobody can connect to.
Ref<GSocket> silent_socket() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return nullptr;
    auto socket = adopt(g_socket_new_from_fd(ends[0], nullptr));
    auto other = adopt(g_socket_new_from_fd(ends[1], nullptr));
    if (!socket || !other)
        return nullptr;
    // The other end lives and dies with it.
    g_object_set_data_full(G_OBJECT(socket.get()), "rtc-http-other-end", other.release(),
                           g_object_unref);
    return socket;
}

} // namespace

void Server::start(Timeouts timeouts) {
    self_ = std::make_shared<Server*>(this);
    soup_ = adopt(soup_server_new(nullptr, nullptr));
    if (auto socket = silent_socket())
        soup_server_listen_socket(soup_.get(), socket.get(), SoupServerListenOptions(0), nullptr);
    using Callback = void (*)(SoupServer*, SoupServerMessage*, const char*, GHashTable*, gpointer);
    Callback early = [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                        gpointer self) { static_cast<Server*>(self)->got_headers(message); };
    Callback late = [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                       gpointer self) { static_cast<Server*>(self)->got_body(message); };
    soup_server_add_early_handler(soup_.get(), nullptr, early, this, nullptr);
    soup_server_add_handler(soup_.get(), nullptr, late, this, nullptr);

    using Signal = void (*)(SoupServer*, SoupServerMessage*, gpointer);
    Signal started = [](SoupServer*, SoupServerMessage* message, gpointer self) {
        static_cast<Server*>(self)->request_started(message);
    };
    Signal ended = [](SoupServer*, SoupServerMessage* message, gpointer self) {
        static_cast<Server*>(self)->finished(message);
    };
    g_signal_connect(soup_.get(), "request-started", G_CALLBACK(started), this);
    g_signal_connect(soup_.get(), "request-finished", G_CALLBACK(ended), this);
    g_signal_connect(soup_.get(), "request-aborted", G_CALLBACK(ended), this);

    listener_->start(*loop_, timeouts,
                     [this](GIOStream* stream, GSocketAddress* local, GSocketAddress* remote) {
                         soup_server_accept_iostream(soup_.get(), stream, local, remote, nullptr);
                     });
}

Connection* Server::connection_of(SoupServerMessage* message) {
    return Connection::of(soup_server_message_get_remote_address(message));
}

Server::Transfer* Server::transfer_of(SoupServerMessage* message) {
    auto found = transfers_.find(message);
    return found == transfers_.end() ? nullptr : &found->second;
}

// The head is read here and never again.
Server::Transfer& Server::begin(SoupServerMessage* message) {
    auto& transfer = transfers_[message];
    transfer.head = read_head(message, scheme());
    if (auto* endpoint = find(transfer.head.path))
        endpoint->proxies.apply(transfer.head);
    // libsoup would answer a thousand ranges of a page (soup-server-message-io-http1.c:
    // handle_partial_get()); a server may pass over them (RFC 9110 section 14.2).
    soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
    return transfer;
}

// The endpoint with the longest path that the request is at or below; "/" takes what is left.
const Endpoint* Server::find(std::string_view path) const {
    for (auto prefix = path; prefix.size() > 1; prefix = prefix.substr(0, prefix.rfind('/'))) {
        auto found = endpoints_.find(prefix);
        if (found != endpoints_.end())
            return &found->second;
    }
    auto rest = endpoints_.find("/");
    return rest == endpoints_.end() ? nullptr : &rest->second;
}

bool Server::has_pages() const {
    for (const auto& [path, endpoint] : endpoints_)
        if (endpoint.pages)
            return true;
    return false;
}

Response Server::page(const Head& head) const {
    if (!has_pages())
        return problem(404, "there is nothing here");
    if (head.path == "/status") {
        if (head.method != "GET" && head.method != "HEAD")
            return method_not_allowed(head.method, "GET, HEAD");
        std::vector<EndpointStatus> all;
        for (const auto& [path, endpoint] : endpoints_)
            all.push_back(endpoint.status(head));
        return text_response(200, "application/json", status_json(all))
            .with("Cache-Control", "no-store")
            .with("X-Content-Type-Options", "nosniff");
    }
    if (auto response = find_page(head))
        return std::move(*response);
    return problem(404, "there is no page " + head.path);
}

// What can be answered without the body.
std::optional<Response> Server::answer_early(const Head& head, const Endpoint* endpoint) const {
    if (!endpoint || (endpoint->path == "/" && !is_websocket_handshake(head)))
        return page(head);
    if (is_preflight(head))
        return preflight(head, endpoint->cors_origins, endpoint->methods(head.path));
    if (auto refusal = endpoint->refuse(head))
        return refusal;
    if (endpoint->websocket && is_websocket_handshake(head) &&
        !may_connect(head, endpoint->cors_origins))
        return problem(403, "pages of your origin may not open WebSockets here");
    auto length = head.header("Content-Length");
    if (!length.empty() &&
        g_ascii_strtoull(std::string(length).c_str(), nullptr, 10) > endpoint->max_body)
        return too_large(endpoint->max_body);
    return std::nullopt;
}

void Server::request_started(SoupServerMessage* message) {
    if (auto* connection = connection_of(message))
        connection->reading();
}

void Server::got_headers(SoupServerMessage* message) {
    using Signal = void (*)(SoupServerMessage*, GBytes*, gpointer);
    Signal chunk = [](SoupServerMessage* from, GBytes* bytes, gpointer self) {
        static_cast<Server*>(self)->got_chunk(from, g_bytes_get_size(bytes));
    };
    g_signal_connect(message, "got-chunk", G_CALLBACK(chunk), this);
    auto& transfer = begin(message);
    if (auto& refusal = connection_of(message)->framing().refusal())
        return send(message, transfer, refused(*refusal));
    if (!requests_.take(transfer.head.address, std::chrono::steady_clock::now()))
        return send(message, transfer,
                    problem(429, "too many requests came from your address; slow down")
                        .with("Retry-After", "1"));
    if (auto response = answer_early(transfer.head, find(transfer.head.path))) {
        // Whether the body comes all the same is the client's choice (RFC 9110 section 10.1.1).
        if (!transfer.head.header("Expect").empty())
            response->with("Connection", "close");
        send(message, transfer, std::move(*response));
    }
}

void Server::got_chunk(SoupServerMessage* message, gsize size) {
    auto* transfer = transfer_of(message);
    if (!transfer)
        return;
    auto total = transfer->received += size;
    if (!soup_server_message_get_status(message)) {
        auto* endpoint = find(transfer->head.path);
        auto limit = endpoint ? endpoint->max_body : 0;
        if (total > limit)
            send(message, *transfer, too_large(limit));
    } else if (auto* connection = connection_of(message); connection && total > max_drained) {
        connection->close();
    }
}

void Server::got_body(SoupServerMessage* message) {
    auto* transfer = transfer_of(message);
    auto* connection = connection_of(message);
    if (!transfer || !connection)
        return;
    if (auto& refusal = connection->framing().refusal())
        return send(message, *transfer, refused(*refusal));
    auto* endpoint = find(transfer->head.path);
    if (!endpoint) // removed while the body came
        return send(message, *transfer, problem(404, "there is nothing here"));
    if (endpoint->websocket && is_websocket_handshake(transfer->head))
        return open_websocket(message, transfer->head, *endpoint);
    hand_over(message, *transfer, *connection, *endpoint);
}

void Server::hand_over(SoupServerMessage* message, Transfer& transfer, Connection& connection,
                       const Endpoint& endpoint) {
    connection.handling();
    connection.watch([this, message] { client_gone(message); });
    soup_server_message_pause(message);
    auto answer = [self = std::weak_ptr(self_), held = retain(message)](Response response) {
        auto server = self.lock();
        auto* to = server ? (*server)->transfer_of(held.get()) : nullptr;
        // Not there any more: the client is gone.
        if (!to || !std::exchange(to->is_pending, false))
            return;
        if (auto* client = connection_of(held.get())) {
            client->unwatch();
            client->writing();
        }
        (*server)->send(held.get(), *to, std::move(response));
        soup_server_message_unpause(held.get());
    };
    auto exchange = std::make_shared<Exchange>(retain(loop_->context()), transfer.head,
                                               read_body(message), std::move(answer));
    transfer.is_pending = true;
    transfer.exchange = exchange;
    endpoint.handle(std::move(exchange));
}

void Server::open_websocket(SoupServerMessage* message, const Head& head,
                            const Endpoint& endpoint) {
    auto opened = [this, message, head](Ref<SoupWebsocketConnection> connection) {
        finished(message);
        if (auto* client = connection_of(message))
            client->handling(); // from here on, silence is the WebSocket's to judge
        if (auto* now = find(head.path); now && now->websocket)
            now->websocket(
                std::make_unique<WebSocket>(std::move(connection), head, *loop_, now->patience));
    };
    if (!upgrade(message, endpoint.websocket_protocols, endpoint.max_message, std::move(opened)))
        send(message, *transfer_of(message),
             problem(400, "this is no WebSocket handshake that can be taken"));
}

void Server::client_gone(SoupServerMessage* message) {
    auto* transfer = transfer_of(message);
    if (!transfer || !std::exchange(transfer->is_pending, false))
        return;
    auto held = retain(message);
    if (auto exchange = transfer->exchange.lock())
        exchange->lose();
    // libsoup notices when it tries to answer. It would not where the answer could be written.
    if (auto* connection = connection_of(message))
        connection->close();
    soup_server_message_set_status(message, SOUP_STATUS_REQUEST_TIMEOUT, nullptr);
    soup_server_message_unpause(message);
}

void Server::send(SoupServerMessage* message, Transfer& transfer, Response response) {
    // Bytes that come after the answer are counted, not kept.
    auto* body = soup_server_message_get_request_body(message);
    soup_message_body_set_accumulate(body, FALSE);
    soup_message_body_truncate(body);
    auto* endpoint = find(transfer.head.path);
    if (endpoint && endpoint->path != "/" && !is_preflight(transfer.head))
        allow_origin(response, transfer.head, endpoint->cors_origins);
    write_response(message, response);
    if (response.stream)
        return begin_stream(message, response.stream);
    set_sending(transfer, true);
    if ((transfer.file = std::move(response.file)))
        begin_file(message);
}

void Server::set_sending(Transfer& transfer, bool sending) {
    std::lock_guard lock(sent_mutex_);
    unsent_ += size_t(sending) - size_t(std::exchange(transfer.is_sending, sending));
    if (!unsent_)
        sent_.notify_all();
}

void Server::finished(SoupServerMessage* message) {
    if (auto ended = transfers_.extract(message)) {
        auto& transfer = ended.mapped();
        if (auto exchange = transfer.is_pending ? transfer.exchange.lock() : nullptr)
            exchange->lose();
        end_stream(message, transfer);
        set_sending(transfer, false);
    }
    if (auto* connection = connection_of(message))
        connection->idle();
}

} // namespace rtc::http
