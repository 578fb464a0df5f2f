// Rooms on a shared HTTP server: the peers' WebSockets, and peers that live in this process.
//
// Life: start() takes the path on the server; stop() gives it back and says goodbye to all. Rooms
// and everything about their peers are on the server's loop.
#pragma once

#include "signaling/http/auth.hpp"
#include "signaling/http/ratelimit.hpp"
#include "signaling/http/server.hpp"
#include "signaling/room/room.hpp"

#include <atomic>
#include <deque>
#include <mutex>

namespace rtc::room {

// The rows of a property table name members of one struct: so what judges need is a part of it.
struct ServerSettings : http::AuthSettings {
    std::string address = "0.0.0.0";
    guint port = 8443;
    std::string path = "/";
    bool rooms_by_path = false; // a room for each path at or below `path`; else one for all
    std::string tls_certificate;
    std::string tls_key;
    std::string public_url;
    std::string cors_origin = "*";
    guint max_peers = 200; // in all rooms
    guint max_peers_per_address = 0;
    guint max_sessions = 1000; // in each room
    guint max_sessions_per_peer = 200;
    guint max_message_size = 64 * 1024;
    guint rate_limit = 50;    // messages of one peer per second
    guint ping_interval = 20; // seconds
    bool pages = true;
    std::string trusted_proxies;
};

// A peer that lives in this process; called on the server's loop.
using Deliver = std::function<void(const ServerMessage&)>;

// The way to other instances of a server, which share its rooms. On the server's loop.
class Cluster {
public:
    virtual ~Cluster() = default;
    virtual void tell(const std::string& room, const Tell& tell) = 0;
};

// What happened since the start, and how things stand.
struct Figures {
    size_t rooms = 0, peers = 0, sessions = 0;
    guint64 connections = 0; // that were let in
    guint64 refused = 0;     // that were not: wrong token, full
    guint64 messages_in = 0, messages_out = 0;
    guint64 faults = 0; // messages that could not be read, and peers that sent too many
};

class Service : public std::enable_shared_from_this<Service> {
public:
    // owner: whose it is, for people. The error is for people.
    static Result<std::shared_ptr<Service>> start(const ServerSettings& settings,
                                                  const std::string& owner);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void stop();
    // New peers are refused from now on. Any thread.
    void drain() { draining_ = true; }
    bool draining() const { return draining_; }
    // Where peers reach it, a name of this machine first.
    std::vector<std::string> urls() const;
    // Runs a function on the server's loop, before it returns; not at all after stop().
    void call(const std::function<void(Service&)>& function);
    // Until stop().
    Loop& loop() { return server_->loop(); }
    http::Server& server() { return *server_; }

    // On the server's loop.
    // A peer of this process enters; nothing where the id is taken or the room is full. `deliver`
    // is called until leave().
    bool enter(const std::string& room, const std::string& peer, Deliver deliver);
    void say(const std::string& peer, const ClientMessage& message);
    void leave(const std::string& peer);
    Figures figures() const;

    // Ends before the loop does.
    void join_cluster(std::unique_ptr<Cluster> cluster) { cluster_ = std::move(cluster); }
    // What another instance says, and that it is gone.
    void receive_from(const std::string& instance, const std::string& room,
                      const InstanceMessage& message);
    void lose(const std::string& instance);
    // Of all peers here, by room.
    std::vector<std::pair<std::string, PeerStatusChanged>> statuses() const;

private:
    struct Member {
        std::string room;
        std::string address;                     // "" for one of another instance
        std::string client;                      // see http::client_of()
        std::unique_ptr<http::WebSocket> socket; // or:
        Deliver deliver;
        http::RateLimit rate;
        gint64 since; // seconds since 1970
    };

    // Connected, while somebody else is asked whether it may be.
    struct Waiting {
        std::unique_ptr<http::WebSocket> socket;
        std::vector<std::string> texts; // that came meanwhile
    };

    Service(const ServerSettings& settings, http::Proxies proxies);
    Result<void> serve(const std::string& owner);
    std::optional<http::Response> refuse(const http::Head& head);
    std::optional<http::Response> refuse_peer(const http::Head& head);
    guint peers_of(const std::string& client) const;
    http::EndpointStatus status(const http::Head& head);
    void close_with_tokens();
    std::string room_of(const std::string& path) const;
    http::Wish wish(const http::Head& head) const;
    void connected(std::unique_ptr<http::WebSocket> socket);
    void ask(std::unique_ptr<http::WebSocket> socket);
    void answered(const std::string& peer, const http::Verdict& verdict);
    void admit(const std::string& peer, std::unique_ptr<http::WebSocket> socket);
    void received(const std::string& peer, std::string_view text);
    bool join(const std::string& peer, Member member);
    Room& room(const std::string& name);
    void drop_if_empty(const std::string& name);
    void with_room(const std::string& name, const std::function<void(Room&, Outputs&)>& act);
    void run(const std::string& room, Outputs outputs);
    void run(const std::string& room, const Send& send);
    void run(const std::string& room, const Tell& tell);

    const ServerSettings settings_;
    const http::Proxies proxies_;
    mutable std::mutex mutex_;
    std::shared_ptr<http::Server> server_; // guarded by the mutex
    std::unique_ptr<http::Server::Registration> registration_;
    std::atomic<bool> draining_ = false;

    // On the server's loop alone.
    std::unique_ptr<http::Auth> auth_;
    http::RateLimit guesses_;        // wrong tokens of an address
    http::RateLimit status_guesses_; // the same, at /status
    Timer token_timer_;
    std::map<std::string, Waiting> waiting_;
    std::unique_ptr<Cluster> cluster_; // nothing: alone
    std::map<std::string, std::unique_ptr<Room>> rooms_;
    std::map<std::string, Member> members_;
    std::deque<std::pair<std::string, std::variant<Send, Tell>>> outgoing_; // with their rooms
    bool sending_ = false;
    Figures figures_;
};

// A random UUID (RFC 9562 section 5.4), from the kernel's generator.
std::string new_uuid();

} // namespace rtc::room
