// A listening socket and the connections that come in on it, up to a fully set up stream.
//
// Life: made by listen(), which binds; start() begins to accept on the loop. A connection is closed
// when its client is too slow: in the TLS handshake, in sending a request, or in taking a response;
// and when it has been idle for long. All on the loop's thread but listen().
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

class Listener;

// One client's connection. Lives as long as the GSocketAddress of its remote end, which libsoup
// keeps with the connection.
class Connection {
public:
    Connection(std::shared_ptr<Listener> listener, Ref<GSocket> socket, Ref<GSocketAddress> remote);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    static Connection* of(GSocketAddress* remote);

    GSocket* socket() const { return socket_.get(); }
    const std::string& address() const { return address_; } // the client's
    // What the connection waits for now; it is closed when that takes too long.
    void reading();
    void handling(); // no limit: whoever answers has a deadline
    void writing();
    void idle();
    // At once; libsoup notices as it would a client that went away.
    void close();
    // Calls once when the client closes its side.
    void watch(std::function<void()> gone);
    void unwatch();

private:
    void expect(std::chrono::milliseconds limit);

    std::shared_ptr<Listener> listener_;
    Ref<GSocket> socket_;
    const std::string address_;
    Timer timer_;
    Ref<GSource> watch_;
};

class Listener : public std::enable_shared_from_this<Listener> {
public:
    // Gives a stream that is ready, TLS done, with its local and remote address.
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
    bool has_many(const std::string& address);
    void resume();
    bool accept_one();
    void adopt_socket(Ref<GSocket> socket);
    void handshake(Ref<GIOStream> stream, Ref<GSocketAddress> local, Ref<GSocketAddress> remote);

    Ref<GSocket> socket_;
    std::optional<Certificate> certificate_;
    guint port_ = 0;
    Loop* loop_ = nullptr; // outlives start() to stop()
    Timeouts timeouts_;
    Accepted accepted_;
    Ref<GSource> source_;
    Timer pause_;
    std::mutex mutex_;
    std::condition_variable empty_;
    std::set<Connection*> connections_;         // guarded by the mutex
    std::map<std::string, size_t> per_address_; // how many of them; guarded by the mutex
};

} // namespace rtc::http
