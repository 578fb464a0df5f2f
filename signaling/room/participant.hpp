// One peer of a room, from its own side: what a host's words mean to the server, and the server's
// to the host. Pure.
//
// A producer is registered while it is live, and offers to each consumer that comes. A consumer
// starts a session with each producer in the room, or with the one it wants, and again after an end
// that may pass, at growing intervals. Or it waits for producers to call.
#pragma once

#include "signaling/base/backoff.hpp"
#include "signaling/lib/rtcsignaling.h"
#include "signaling/room/protocol.hpp"

#include <functional>
#include <map>

namespace rtc::room {

using Time = std::chrono::steady_clock::time_point;

struct Part {
    bool produce = false; // else consume
    std::string meta = {};
    std::string target = {};    // produce: the waiting consumer to call; consume: the one producer
    bool wait_for_call = false; // consume
};

// Commands.
struct ToServer {
    ClientMessage message;
};
struct BeginSession {
    std::string session;
    std::string peer; // its id
    std::string name; // what it calls itself, or the id
    std::string meta;
    bool host_offers;
};
struct GiveDescription {
    std::string session;
    Description description;
};
struct GiveCandidate {
    std::string session;
    Candidate candidate;
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
struct Note { // for the log
    std::string text;
};
using Command =
    std::variant<ToServer, BeginSession, GiveDescription, GiveCandidate, CloseSession, Note>;
using Commands = std::vector<Command>;

class Participant {
public:
    // random: 0 to 1, for the intervals.
    Participant(Part part, std::function<double()> random)
        : part_(std::move(part))
        , random_(std::move(random)) {}

    // The server is there: what to say first.
    Commands connected();
    // The server is gone, and with it all sessions.
    Commands disconnected(const std::string& text);
    Commands receive(const ServerMessage& message, Time now);
    // Forgets all sessions: the host stops.
    Commands stop();

    // The host's words.
    Commands set_live(bool live); // of a producer
    Commands describe(const std::string& session, bool offer, std::string sdp);
    Commands candidate(const std::string& session, guint mline, std::string candidate);
    Commands end(const std::string& session, GstRtcEndReason reason, const std::string& text,
                 Time now);

    // When advance() is to be called.
    std::optional<Time> deadline() const;
    Commands advance(Time now);

    const std::string& id() const { return id_; } // "" until the server says
    size_t sessions() const { return sessions_.size(); }

private:
    // A peer that we call.
    struct Target {
        Backoff backoff;
        std::string meta;
        std::string session = {};             // the one that is on
        std::optional<Time> due = {};         // call it, or call it again, then
        std::optional<Time> asked_until = {}; // it was called; the server has not answered yet
        Time since = {};                      // begin of the session
    };
    struct Session {
        std::string peer;
    };

    Roles roles() const;
    bool calls() const;
    bool wants(const std::string& peer, const Roles& roles) const;
    void handle(const Welcome& message, Time now, Commands& commands);
    void handle(const PeerStatusChanged& message, Time now, Commands& commands);
    void handle(const Producers& message, Time now, Commands& commands);
    void handle(const Consumers& message, Time now, Commands& commands);
    void handle(const SessionStarted& message, Time now, Commands& commands);
    void handle(const StartSession& message, Time now, Commands& commands);
    void handle(const PeerMessage& message, Time now, Commands& commands);
    void handle(const EndSession& message, Time now, Commands& commands);
    void handle(const Complaint& message, Time now, Commands& commands);
    void found(const Peer& peer, Time now, Commands& commands);
    void set_listed(const std::vector<Peer>& peers, const Roles& roles, Time now,
                    Commands& commands);
    void ask(const std::string& peer, Target& target, Time now, Commands& commands);
    // False where the session can't be.
    bool begin(const std::string& session, const std::string& peer, bool host_offers, Time now,
               Commands& commands);
    void forget(const std::string& session, bool again, Time now);

    const Part part_;
    const std::function<double()> random_;
    bool connected_ = false;
    bool live_ = false;
    std::string id_;
    std::map<std::string, Target> targets_;
    std::map<std::string, Session> sessions_;
};

} // namespace rtc::room
