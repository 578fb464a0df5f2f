#include "signaling/http/listener.hpp"

#include "signaling/base/descriptors.hpp"
#include "signaling/http/addresses.hpp"
#include "signaling/http/connection.hpp"
#include "signaling/http/framedstream.hpp"
#include "signaling/http/soup.hpp"
#include "signaling/http/sources.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>

namespace rtc::http {
namespace {

// Older ones are deprecated (RFC 8996). GIO has no say in what is negotiated.
constexpr auto oldest_tls = G_TLS_PROTOCOL_VERSION_TLS_1_2;

gboolean on_client_waits(GSocket*, GIOCondition, gpointer data) {
    (*static_cast<std::function<void()>*>(data))();
    return G_SOURCE_CONTINUE;
}

// Sockets are a shared good: with more than this, new clients wait. A quarter of the descriptors
// that the process may have.
size_t max_connections() {
    static const size_t limit = std::clamp<size_t>(descriptor_limit() / 4, 16, 8192);
    return limit;
}

std::string port_text(guint port) {
    return "TCP port " + std::to_string(port);
}

Error bind_error(const std::string& address, guint port, const GError* error) {
    auto where = port_text(port) + " of " + address;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        return {where + " is taken by another program; stop it, or choose another port (port=0 "
                        "takes any free one)"};
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
        return {where + " may not be used without privileges; choose a port from 1024 on"};
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_FAILED))
        return {where + " can't be listened on (" + error->message +
                "); is the address one of this machine's? 0.0.0.0 takes all"};
    return {where + " can't be listened on: " + error->message};
}

} // namespace

Result<std::shared_ptr<Listener>> Listener::listen(const std::string& address, guint port,
                                                   std::optional<Certificate> certificate) {
    auto* literal = address == "localhost" ? "127.0.0.1" : address.c_str();
    auto at = adopt(g_inet_socket_address_new_from_string(literal, port));
    if (!at)
        return Error{"\"" + address +
                     "\" is not an address to listen on; write an IP address of this machine, "
                     "0.0.0.0 for all of them, or localhost"};
    GError* failure = nullptr;
    auto socket = adopt(g_socket_new(g_socket_address_get_family(at.get()), G_SOCKET_TYPE_STREAM,
                                     G_SOCKET_PROTOCOL_TCP, &failure));
    bool ok = bool(socket);
    if (ok) {
        g_socket_set_blocking(socket.get(), FALSE);
        g_socket_set_listen_backlog(socket.get(), 128);
        ok = g_socket_bind(socket.get(), at.get(), TRUE, &failure) &&
             g_socket_listen(socket.get(), &failure);
    }
    auto bound = adopt(ok ? g_socket_get_local_address(socket.get(), &failure) : nullptr);
    if (!bound) {
        Owned<GError> error{failure};
        return bind_error(address, port, error.get());
    }
    std::shared_ptr<Listener> listener(new Listener);
    listener->socket_ = std::move(socket);
    listener->certificate_ = std::move(certificate);
    listener->port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound.get()));
    return listener;
}

Listener::~Listener() {
    stop();
}

void Listener::start(Loop& loop, Timeouts timeouts, Accepted accepted) {
    loop_ = &loop;
    timeouts_ = timeouts;
    accepted_ = std::move(accepted);
    resume();
}

void Listener::add(Connection* connection) {
    std::lock_guard lock(mutex_);
    connections_.insert(connection);
    per_client_[connection->client()]++;
}

void Listener::remove(Connection* connection) {
    {
        std::lock_guard lock(mutex_);
        connections_.erase(connection);
        auto count = per_client_.find(connection->client());
        if (--count->second == 0)
            per_client_.erase(count);
        if (connections_.empty())
            empty_.notify_all();
    }
    resume();
}

bool Listener::is_full() {
    std::lock_guard lock(mutex_);
    return connections_.size() >= max_connections();
}

// One client never has more than half, so that there is room for others.
bool Listener::has_many(const std::string& client) {
    std::lock_guard lock(mutex_);
    auto count = per_client_.find(client);
    return count != per_client_.end() && count->second >= max_connections() / 2;
}

void Listener::wait_empty(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    empty_.wait_for(lock, limit, [this] { return connections_.empty(); });
}

void Listener::stop() {
    source_.cancel();
    pause_.cancel();
    loop_ = nullptr;
    accepted_ = nullptr;
    if (socket_)
        g_socket_close(socket_.get(), nullptr);
    // Those in the TLS handshake, which libsoup doesn't know of yet.
    std::lock_guard lock(mutex_);
    for (auto* connection : connections_)
        connection->close();
}

void Listener::resume() {
    if (!loop_ || source_ || is_full())
        return;
    source_ = attach(adopt(g_socket_create_source(socket_.get(), G_IO_IN, nullptr)),
                     loop_->context(), G_SOURCE_FUNC(on_client_waits), [this] {
                         if (accept_one())
                             return;
                         // Full: the next connection that closes resumes. Short of descriptors:
                         // so does the timer, as the socket would stay readable for ever.
                         source_.cancel();
                         pause_ =
                             loop_->after(std::chrono::milliseconds(200), [this] { resume(); });
                     });
}

// Whether to go on accepting.
bool Listener::accept_one() {
    // Clients wait, rather than take what those need who have been served.
    if (free_descriptors() < reserved_descriptors / 2)
        return false;
    GError* failure = nullptr;
    auto socket = adopt(g_socket_accept(socket_.get(), nullptr, &failure));
    if (!socket) {
        Owned<GError> error{failure};
        return g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    }
    adopt_socket(std::move(socket));
    return !is_full();
}

void Listener::adopt_socket(Ref<GSocket> socket) {
    g_socket_set_blocking(socket.get(), FALSE);
    g_socket_set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
    auto local = adopt(g_socket_get_local_address(socket.get(), nullptr));
    auto remote = adopt(g_socket_get_remote_address(socket.get(), nullptr));
    if (!local || !remote || has_many(client_of(address_of(remote.get()))))
        return;                                         // it is gone already, or has to
    new Connection(shared_from_this(), socket, remote); // belongs to `remote`
    auto stream = adopt(G_IO_STREAM(g_socket_connection_factory_create_connection(socket.get())));
    if (certificate_)
        handshake(std::move(stream), std::move(local), std::move(remote));
    else
        deliver(std::move(stream), std::move(local), std::move(remote));
}

void Listener::deliver(Ref<GIOStream> stream, Ref<GSocketAddress> local,
                       Ref<GSocketAddress> remote) {
    auto framed = make_framed_stream(std::move(stream), remote);
    accepted_(framed.get(), local.get(), remote.get());
}

void Listener::handshake(Ref<GIOStream> stream, Ref<GSocketAddress> local,
                         Ref<GSocketAddress> remote) {
    auto certificate = certificate_->current(std::chrono::steady_clock::now());
    auto tls = adopt(g_tls_server_connection_new(stream.get(), certificate.get(), nullptr));
    if (!tls)
        return;
    // A client that just closes is no attack here: lengths are explicit in HTTP.
    g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(tls.get()), FALSE);
    struct Pending {
        std::weak_ptr<Listener> listener;
        Ref<GSocketAddress> local, remote;
    };
    g_tls_connection_handshake_async(
        G_TLS_CONNECTION(tls.get()), G_PRIORITY_DEFAULT, nullptr,
        [](GObject* source, GAsyncResult* result, gpointer data) {
            std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
            auto listener = pending->listener.lock();
            auto* connection = G_TLS_CONNECTION(source);
            bool done = g_tls_connection_handshake_finish(connection, result, nullptr) &&
                        g_tls_connection_get_protocol_version(connection) >= oldest_tls;
            if (done && listener && listener->accepted_)
                listener->deliver(retain(G_IO_STREAM(source)), std::move(pending->local),
                                  std::move(pending->remote));
        },
        new Pending{weak_from_this(), std::move(local), std::move(remote)});
}

} // namespace rtc::http
