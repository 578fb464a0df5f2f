// The server's side of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): what each request to an
// endpoint and to its sessions means. Pure: requests and the host's words come in, commands go out;
// time is an argument and ids come from a function that is given.
//
// Life of a session: POST with an offer starts it, and its request waits for the host's answer;
// with the answer it gets its URL (201) and is open; it ends by DELETE, by the host, or by stop().
// A session that the host doesn't answer in time, or whose client goes away before, never opens.
//
// A session has two ids. The one that the host hears of is for logs, file names and status pages.
// The one in the URL is a secret: who knows it can end the session.
#pragma once

#include "signaling/http/message.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace rtc::whip {

using Time = std::chrono::steady_clock::time_point;
using Ticket = guint64; // names one HTTP request

enum class Kind {
    whip, // peers send, the host receives
    whep, // peers receive, the host sends
};

struct Config {
    Kind kind = Kind::whip;
    std::string path = "/whip";
    std::string public_url; // scheme and authority of session URLs; "": as the client wrote them
    guint max_sessions = 100;
    guint max_sessions_per_address = 0; // 0: no limit but the one above
    guint max_candidates = 200;         // a session, from PATCH requests
    std::chrono::milliseconds answer_timeout{10000};
};

// What the host says of itself when a request comes.
struct Host {
    bool live = true;                     // it has something to send; always for WHIP
    std::vector<std::string> ice_servers; // URIs with credentials, for the peer to use too
};

struct Reply {
    Ticket ticket;
    http::Response response;
};
struct StartSession {
    std::string session;
    std::string peer; // a name for people, made safe to show
    std::string address;
    std::string user_agent;
    std::string offer;
};
struct GiveCandidate {
    std::string session;
    guint mline;
    std::optional<std::string> candidate; // nothing: there are no more
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
using Command = std::variant<Reply, StartSession, GiveCandidate, CloseSession>;
using Commands = std::vector<Command>;

// For status pages.
struct Peer {
    std::string session;
    Time since;
    bool answered;
};

class Resource {
public:
    // Gives that many random bytes as hexadecimal digits, from a source fit for secrets.
    using Random = std::function<std::string(size_t bytes)>;

    Resource(Config config, Random random);

    // What can be refused without the body, in the same words as request() would.
    std::optional<http::Response> refuse(const http::Head& head, const Host& host) const;
    // A request with its body. Its Reply is among the commands, or comes later.
    Commands request(Ticket ticket, const http::Head& head, std::string_view body, const Host& host,
                     Time now);
    // The client went away before its Reply.
    Commands disconnected(Ticket ticket);

    Commands answer(const std::string& session, std::string_view sdp);
    Commands end(const std::string& session, GstRtcEndReason reason, std::string_view text);

    // Ends what has waited too long. Due at deadline(), if there is one.
    Commands advance(Time now);
    std::optional<Time> deadline() const;
    // Ends everything.
    Commands stop();

    std::vector<Peer> peers() const;
    // What the path takes: for Allow and for preflights.
    std::string methods(std::string_view path) const;

private:
    struct Session {
        std::string secret;
        std::string address;
        Time since;
        Ticket ticket = 0; // of the POST that waits; 0 once answered
        std::string origin;
        std::string etag;
        std::vector<std::string> links; // Link header values for the 201
        std::vector<std::string> mids;  // by m-line
        std::set<std::string> ufrags;   // the peer's ICE generation
        guint candidates = 0;
    };
    using Sessions = std::map<std::string, Session>;

    bool is_endpoint(std::string_view path) const { return path == config_.path; }
    Sessions::const_iterator find(std::string_view path) const;
    http::Response describe() const;
    http::Response options(const http::Head& head) const;
    std::optional<http::Response> refuse_post(const http::Head& head, const Host& host) const;
    std::optional<http::Response> refuse_patch(const http::Head& head,
                                               const Session& session) const;
    Commands post(Ticket ticket, const http::Head& head, std::string_view body, const Host& host,
                  Time now);
    Commands patch(Ticket ticket, const http::Head& head, std::string_view body);
    Commands remove(Ticket ticket, const http::Head& head);
    std::string new_id() const;
    std::string url(const Session& session) const;

    Config config_;
    Random random_;
    Sessions sessions_; // by the id that the host knows
};

// A name that a stranger gave, fit to be shown: valid UTF-8 without control characters and without
// white space around it, at most 64 characters.
std::string clean_name(std::string_view name);

// Whether an If-Match header allows a change of what has this ETag. Peers send tags without quotes
// and "*" with them.
bool etag_matches(std::string_view if_match, std::string_view etag);

} // namespace rtc::whip
