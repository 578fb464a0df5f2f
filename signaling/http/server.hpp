// An HTTP server for everything that is served on one address and port.
//
// Life: acquire() gives the server of an address, port and certificate, starting it where there is
// none; all holders share it, and it ends with the last of them, after what was answered is sent.
// A server runs on a loop (a thread) of its own, and so do the handlers.
//
// Under a path, an Endpoint answers; everything else is pages, where an endpoint wants them. In one
// place for all: limits on size, time and connections, cross-origin access and its preflights,
// error bodies, HEAD, Content-Length.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"
#include "signaling/http/connection.hpp"
#include "signaling/http/eventstream.hpp"
#include "signaling/http/exchange.hpp"
#include "signaling/http/filebody.hpp"
#include "signaling/http/listener.hpp"
#include "signaling/http/pages.hpp"
#include "signaling/http/proxies.hpp"
#include "signaling/http/ratelimit.hpp"
#include "signaling/http/status.hpp"
#include "signaling/http/websocket.hpp"

#include <libsoup/soup.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

namespace rtc::http {

// What is served under one path and below it.
struct Endpoint {
    std::string path;               // "/whip"; "/" takes WebSockets alone, wherever no other does
    std::string owner;              // whose it is, for people: the element's name
    std::string cors_origins = "*"; // "*", a list, or "" for none
    size_t max_body = 128 * 1024;   // bytes
    bool pages = true;              // whether the server shows its pages too
    Proxies proxies = {};           // that requests come through

    // All are called on the server's loop.
    // The methods that a path takes, for preflights: "GET, POST".
    std::function<std::string(const std::string& path)> methods;
    // Refuses a request before its body is read, or lets it pass.
    std::function<std::optional<Response>(const Head&)> refuse;
    // Answers, now or later.
    std::function<void(std::shared_ptr<Exchange>)> handle;
    // What /status says, to whoever sent that request.
    std::function<EndpointStatus(const Head&)> status;

    // Takes a WebSocket that a client opened at the path or below it, after `refuse` let it pass.
    // Pages of other origins than those of cors_origins are refused. Nothing: there are none here.
    std::function<void(std::unique_ptr<WebSocket>)> websocket = nullptr;
    std::vector<std::string> websocket_protocols = {}; // one of these is agreed on; empty: any
    size_t max_message = 64 * 1024;                    // bytes
    WebSocket::Patience patience = {};
};

struct Address {
    std::string address = "0.0.0.0"; // an IP address of this machine; 0.0.0.0 or :: for all
    guint port = 0;                  // 0 takes any free one, and a server of its own
    std::string tls_certificate;     // PEM file with the certificate (chain); "" for plain HTTP
    std::string tls_key;             // PEM file; "": the key is in the certificate's file
    auto operator<=>(const Address&) const = default;
};

// Of one client: what the pages and a few hundred players of HLS behind one address need, and a
// loop answers in a small part of its time.
struct RequestRate {
    double per_second = 200; // in the long run
    double at_once = 1000;
};

class Server {
public:
    // An endpoint's place. Once it is destroyed no handler of it runs or will run. Outlived by the
    // server.
    class Registration {
    public:
        Registration(Server& server, std::string path)
            : server_(server)
            , path_(std::move(path)) {}
        ~Registration() { server_.remove(path_); }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        Server& server_;
        const std::string path_;
    };

    // Any thread. The error says what stands in the way and what to do.
    static Result<std::shared_ptr<Server>> acquire(const Address& address, Timeouts timeouts = {},
                                                   RequestRate rate = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Any thread. Refused: a path that isn't one, or that is taken.
    Result<std::unique_ptr<Registration>> add(Endpoint endpoint);

    Loop& loop() { return *loop_; }
    guint port() const { return listener_->port(); }
    // URLs of a path as others may reach it: on this machine first, then by each address.
    std::vector<std::string> urls(const std::string& path) const;

private:
    Server(Address address, std::shared_ptr<Listener> listener, Timeouts timeouts,
           RequestRate rate);
    void start(Timeouts timeouts);
    void remove(const std::string& path);
    void flush();

    // One request, from its head to its end.
    struct Transfer {
        Head head;                         // address and origin as trusted proxies tell them
        gsize received = 0;                // bytes of its body
        bool is_sending = false;           // answered, not yet sent
        bool is_pending = false;           // a handler has it
        std::weak_ptr<Exchange> exchange;  // of that handler
        std::shared_ptr<FileBody> file;    // what is being sent
        std::weak_ptr<EventStream> stream; // the same
        gsize unsent = 0;                  // bytes of the stream
        Timer keep_alive;
    };

    static Connection* connection_of(SoupServerMessage* message);
    const Endpoint* find(std::string_view path) const;
    bool has_pages() const;
    std::string scheme() const;
    Transfer* transfer_of(SoupServerMessage* message);
    Transfer& begin(SoupServerMessage* message);
    std::optional<Response> answer_early(const Head& head, const Endpoint* endpoint) const;
    Response page(const Head& head) const;
    void request_started(SoupServerMessage* message);
    void got_headers(SoupServerMessage* message);
    void got_body(SoupServerMessage* message);
    void got_chunk(SoupServerMessage* message, gsize size);
    void hand_over(SoupServerMessage* message, Transfer& transfer, Connection& connection,
                   const Endpoint& endpoint);
    void open_websocket(SoupServerMessage* message, const Head& head, const Endpoint& endpoint);
    void finished(SoupServerMessage* message);
    void client_gone(SoupServerMessage* message);
    void send(SoupServerMessage* message, Transfer& transfer, Response response);
    void begin_file(SoupServerMessage* message);
    void send_block(SoupServerMessage* message);
    void begin_stream(SoupServerMessage* message, const std::shared_ptr<EventStream>& stream);
    void write_stream(SoupServerMessage* message, std::optional<std::string> text);
    void cut_stream(SoupServerMessage* message);
    void end_stream(SoupServerMessage* message, Transfer& transfer);
    void end_streams();
    void set_sending(Transfer& transfer, bool sending);

    const Address address_;
    std::unique_ptr<Loop> loop_;
    std::shared_ptr<Listener> listener_;
    std::mutex sent_mutex_;
    std::condition_variable sent_; // unsent_ is 0
    size_t unsent_ = 0;            // how many are being sent; guarded by sent_mutex_
    // From here on, touched on the loop alone.
    Ref<SoupServer> soup_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
    std::map<SoupServerMessage*, Transfer> transfers_;
    RateLimit requests_;            // of all kinds
    std::shared_ptr<Server*> self_; // for answers: empty once the server is gone
};

} // namespace rtc::http
