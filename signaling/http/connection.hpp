// One client's connection: what its socket waits for, and how its bytes are framed.
//
// Life: made by the listener; lives as long as the GSocketAddress of its remote end, which libsoup
// keeps with the connection. It is closed when its client is too slow: in the TLS handshake, in
// sending a request, or in taking a response; and when it has been idle for long. On the loop's
// thread.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/http/framing.hpp"

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <string>

namespace rtc::http {

class Listener;

class Connection {
public:
    Connection(std::shared_ptr<Listener> listener, Ref<GSocket> socket, Ref<GSocketAddress> remote);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    static Connection* of(GSocketAddress* remote);

    // Whom it counts for: see client_of().
    const std::string& client() const { return client_; }
    Framing& framing() { return framing_; }
    // What was read of it; nothing at its end.
    void received(std::string_view bytes);

    // What the connection waits for now; it is closed when that takes too long.
    void reading();
    void handling(); // no limit: whoever answers has a deadline
    void writing();
    void idle(); // after a request that is answered
    // At once; libsoup notices as it would a client that went away.
    void close();
    // Calls once when the client closes its side.
    void watch(std::function<void()> gone);
    void unwatch();

private:
    void expect(std::chrono::milliseconds limit);

    std::shared_ptr<Listener> listener_;
    Ref<GSocket> socket_;
    const std::string client_;
    Framing framing_;
    Timer timer_;
    Timer watch_;
};

} // namespace rtc::http
