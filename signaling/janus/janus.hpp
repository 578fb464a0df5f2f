// A client of Janus (its WebSocket protocol): publishes to a videoroom, subscribes to its
// publishers, or watches a streaming mountpoint. Pure: the host's words and messages of the server
// come in, commands go out; time is an argument.
//
//   connect ─▶ create ─▶ attach ─┬▶ publish:   offer ─▶ joinandconfigure ─▶ answer
//                                ├▶ subscribe: join, to hear of publishers; for each attach ─▶ join
//                                │             ─▶ offer of Janus ─▶ start with the answer
//                                └▶ watch:     watch ─▶ offer of Janus ─▶ start with the answer
//
// A session of Janus has one handle for each session of the host. What breaks is tried again after
// a pause that grows; what can't get better by itself (no such room, a wrong pin) is fatal.
#pragma once

#include "signaling/base/backoff.hpp"
#include "signaling/base/json.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <functional>
#include <map>
#include <variant>

namespace rtc::janus {

using Time = std::chrono::steady_clock::time_point;

enum class Task { publish, subscribe, watch };

struct Config {
    Task task = Task::publish;
    guint64 room = 1234;
    guint64 feed = 0; // to subscribe to; 0: all
    guint64 mountpoint = 1;
    std::string display;
    std::string pin, token, api_secret; // secrets
    std::chrono::milliseconds first_pause{1000};
    std::chrono::milliseconds longest_pause{30000};
    std::chrono::milliseconds keepalive{25000}; // Janus forgets a session after 60 s
    std::chrono::milliseconds answer_timeout{10000};
};

namespace command {
struct Connect {}; // a new connection; the one before is gone
struct Send {
    std::string json;
};
struct StartSession {
    std::string session, peer;
    GstRtcOfferer offerer;
};
struct Describe {
    std::string session;
    GstWebRTCSDPType type;
    std::string sdp;
};
struct GiveCandidate {
    std::string session;
    guint mline;
    std::optional<std::string> candidate;
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
struct SlowLink { // Janus sees losses
    std::string session;
    bool uplink; // on the way to Janus
    guint64 lost;
};
struct Warn { // once an outage
    std::string text;
};
struct GiveUp {
    std::string text;
};
} // namespace command
using Command = std::variant<command::Connect, command::Send, command::StartSession,
                             command::Describe, command::GiveCandidate, command::CloseSession,
                             command::SlowLink, command::Warn, command::GiveUp>;
using Commands = std::vector<Command>;

class Janus {
public:
    using Random = std::function<double()>;     // 0 to 1
    using NewId = std::function<std::string()>; // for sessions and transactions

    Janus(Config config, Random random, NewId new_id);

    Commands start();
    // The connection.
    Commands connected(Time now);
    Commands received(std::string_view text, Time now);
    Commands lost(const std::string& text, Time now);
    Commands refused(const std::string& text); // for good

    // The host.
    Commands set_live(bool live, Time now);
    Commands describe(const std::string& session, GstWebRTCSDPType type, const std::string& sdp,
                      Time now);
    Commands add_candidate(const std::string& session, guint mline, const char* candidate);
    Commands end(const std::string& session, GstRtcEndReason reason, const std::string& text,
                 Time now);

    // Keepalives, pauses that are over, answers that never came. Due at deadline().
    Commands advance(Time now);
    std::optional<Time> deadline() const;

    // Ends everything. Janus has been told once it is stopped().
    Commands stop();
    bool stopped() const { return stopping_ && !session_; }

private:
    enum class Use { control, media };
    struct Handle {
        Use use = Use::media;
        guint64 id = 0; // of Janus; 0 until it is attached
        guint64 feed = 0;
        std::string peer;
        std::string session; // of the host; "" until it begins
        bool answered = false;
    };
    using Handles = std::map<guint64, Handle>; // by a number of ours

    struct Pending { // a transaction that waits for its answer
        enum Kind { create, attach, other, keepalive, destroy } kind = other;
        guint64 handle = 0;
        Time until{};
    };

    // Writing.
    JsonWriter head(const char* janus, const std::string& transaction, guint64 janus_handle) const;
    JsonWriter request(const char* janus, Pending::Kind kind, guint64 handle, Time now);
    Commands attach(Handle handle, Time now);
    command::Send detach(const Handle& handle) const;

    // Reading.
    Commands succeeded(const Pending& pending, const JsonValue& message, Time now);
    Commands attached(guint64 number, Time now);
    Commands event(guint64 number, const JsonValue& message, Time now);
    Commands publishers(const JsonValue& data, Time now);
    Commands offered(Handle& handle, const std::string& sdp);
    Commands trickled(const Handle& handle, const JsonValue& message);
    Commands failed(guint64 number, const JsonValue& error, const char* code, const char* text,
                    Time now);
    Commands ended(guint64 number, GstRtcEndReason reason, const std::string& text, Time now);
    Commands begin(Time now);
    Commands forget_feed(guint64 feed, Time now);
    // Everything of this connection is over.
    void drop(Commands& commands, GstRtcEndReason reason, const std::string& text);
    void pause(Commands& commands, const std::string& text, Time now);
    guint64 number_of(guint64 janus_id) const;
    Handle* find(const std::string& session);

    const Config config_;
    const Random random_;
    const NewId new_id_;
    bool live_ = false;
    bool connected_ = false;
    bool stopping_ = false;
    bool done_ = false; // the host hung up, or it was given up
    bool warned_ = false;
    guint64 session_ = 0; // of Janus
    Handles handles_;
    guint64 last_number_ = 0;
    std::map<std::string, Pending> pending_; // by transaction
    Backoff backoff_;
    std::optional<Time> resume_; // the end of a pause
    Time next_keepalive_{};
};

} // namespace rtc::janus
