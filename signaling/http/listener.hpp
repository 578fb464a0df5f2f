// A listening socket and the connections that come in on it, up to a fully set up stream.
//
// Life: made by listen(), which binds; start() begins to accept on the loop. All on the loop's
// thread but listen().
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"
#include "signaling/http/certificate.hpp"

#include <gio/gio.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace rtc::http {

struct Timeouts {
    std::chrono::milliseconds request{10000};  // TLS handshake; head and body of a request
    std::chrono::milliseconds response{20000}; // for the client to take a response
    std::chrono::milliseconds idle{30000};     // between two requests of one connection
};

class Connection;

class Listener : public std::enable_shared_from_this<Listener> {
public:
    // Gives a stream that is ready, TLS done and requests framed, with its local and remote
    // address; Connection::of() has the connection.
    using Accepted = std::function<void(GIOStream*, GSocketAddress*, GSocketAddress*)>;

    // Binds and listens. `address` is an IP literal or "localhost"; port 0 takes any free one.
    // The error names the port and says what to do.
    static Result<std::shared_ptr<Listener>> listen(const std::string& address, guint port,
                                                    std::optional<Certificate> certificate);
    ~Listener();

    guint port() const { return port_; }
    void start(Loop& loop, Timeouts timeouts, Accepted accepted);
    // Closes the socket, so that the port is free when this returns, and all connections.
    void stop();
    // Any thread but the loop's: waits until the connections are gone.
    void wait_empty(std::chrono::milliseconds limit);

private:
    friend class Connection;
    Listener() = default;
    void add(Connection* connection);
    void remove(Connection* connection);
    bool is_full();
    bool has_many(const std::string& client);
    Loop* loop() const { return loop_; } // nothing while it is stopped
    const Timeouts& timeouts() const { return timeouts_; }
    void resume();
    bool accept_one();
    void adopt_socket(Ref<GSocket> socket);
    void deliver(Ref<GIOStream> stream, Ref<GSocketAddress> local, Ref<GSocketAddress> remote);
    void handshake(Ref<GIOStream> stream, Ref<GSocketAddress> local, Ref<GSocketAddress> remote);

    Ref<GSocket> socket_;
    std::optional<Certificate> certificate_;
    guint port_ = 0;
    Loop* loop_ = nullptr; // outlives start() to stop()
    Timeouts timeouts_;
    Accepted accepted_;
    Timer source_;
    Timer pause_;
    std::mutex mutex_;
    std::condition_variable empty_;
    std::set<Connection*> connections_;        // guarded by the mutex
    std::map<std::string, size_t> per_client_; // how many of them; guarded by the mutex
};

} // namespace rtc::http
