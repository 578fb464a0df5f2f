// A room: who is in it, in which role, who has a session with whom, and who is told of what. Pure.
//
// A room may be spread over several instances of a server. Each holds the peers that are connected
// to it, knows the status of all others, and shares the sessions that one of its own takes part in.
// What comes from a peer or another instance goes in; what is to be sent comes out.
#pragma once

#include "signaling/room/protocol.hpp"

#include <functional>
#include <map>
#include <set>

namespace rtc::room {

// Between instances.
struct OpenSession {
    std::string session, producer, consumer;
    std::string asker;                // the one of the two that asked for it
    std::optional<std::string> offer; // the consumer's
    bool operator==(const OpenSession&) const = default;
};
using InstanceMessage = std::variant<PeerStatusChanged, OpenSession, PeerMessage, EndSession>;

struct Send { // to a peer that is connected here
    std::string peer;
    ServerMessage message;
};
struct Tell { // to another instance; "": to all
    std::string instance;
    InstanceMessage message;
};
using Outputs = std::vector<std::variant<Send, Tell>>;

class Room {
public:
    struct Limits {
        size_t peers = 1000;             // connected here
        size_t sessions = 1000;          // that one of them takes part in
        size_t sessions_per_peer = 1000; // of those
    };
    // `new_id` gives a UUID that was never given before.
    Room(Limits limits, std::function<std::string()> new_id)
        : limits_(limits)
        , new_id_(std::move(new_id)) {}

    // A peer connects and is welcomed; false where the room is full.
    bool join(const std::string& peer, Outputs& outputs);
    void receive(const std::string& peer, const ClientMessage& message, Outputs& outputs);
    void leave(const std::string& peer, Outputs& outputs);

    void receive_from(const std::string& instance, const InstanceMessage& message,
                      Outputs& outputs);
    // All peers of that instance are gone.
    void lose(const std::string& instance, Outputs& outputs);

    bool empty() const { return members_.empty(); } // nobody, on any instance
    size_t peers() const { return locals_; }        // connected here
    size_t sessions() const { return sessions_.size(); }
    // Statuses of the peers that are connected here, for an instance that is new.
    std::vector<PeerStatusChanged> statuses() const;

private:
    struct Member {
        std::string instance; // "": here
        Roles roles = {};
        std::string meta = {};
        Version version = Version::v1_0;
        bool spoke = false;
        std::set<std::string> sessions = {};
    };
    struct Party {
        std::string peer;
        std::string instance; // "": here
    };
    struct Session {
        Party producer, consumer;
    };
    using Members = std::map<std::string, Member>;

    void handle(const std::string& peer, const SetProtocolVersion& message, Outputs& outputs);
    void handle(const std::string& peer, const SetPeerStatus& message, Outputs& outputs);
    void handle(const std::string& peer, const List&, Outputs& outputs);
    void handle(const std::string& peer, const ListConsumers&, Outputs& outputs);
    void handle(const std::string& peer, const AskSession& message, Outputs& outputs);
    void handle(const std::string& peer, const PeerMessage& message, Outputs& outputs);
    void handle(const std::string& peer, const EndSession& message, Outputs& outputs);

    void handle_from(const std::string& instance, const PeerStatusChanged&, Outputs& outputs);
    void handle_from(const std::string& instance, const OpenSession& message, Outputs& outputs);
    void handle_from(const std::string& instance, const PeerMessage& message, Outputs& outputs);
    void handle_from(const std::string& instance, const EndSession& message, Outputs& outputs);

    bool take_session(const std::string& peer, Outputs& outputs);
    void open(const OpenSession& opened, const Session& session, Outputs& outputs);
    // The party that isn't `peer`, or nothing where it takes no part.
    static const Party* other(const Session& session, const std::string& peer);
    void end(const std::string& id, const std::string& by, std::optional<std::string> error,
             Outputs& outputs);
    void end_all(const std::string& peer, bool as_producer, Outputs& outputs);
    void tell_listeners(const PeerStatusChanged& status, Outputs& outputs) const;
    std::vector<Peer> with_role(bool Roles::*role) const;

    const Limits limits_;
    const std::function<std::string()> new_id_;
    Members members_;
    size_t locals_ = 0;
    std::map<std::string, Session> sessions_;
};

} // namespace rtc::room
