// The server's side of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): what each request to an
// endpoint and to its sessions means. Pure: requests and the host's words come in, commands go out;
// time is an argument and ids come from a function that is given.
//
// Life of a session: POST with an offer starts it, and its request waits for the host's answer;
// with the answer it gets its URL (201) and is open; it ends by DELETE, by the host, or by stop().
// A session that the host doesn't answer in time, or whose client goes away before, never opens.
// Where the host makes the offer, that is the answer to the POST (406), and a PATCH brings the
// client's answer.
//
// A session has two ids. The one that the host hears of is for logs, file names and status pages.
// The one in the URL is a secret: who knows it can end the session.
#pragma once

#include "signaling/http/message.hpp"
#include "signaling/lib/rtcsignaling.h"
#include "signaling/whip/events.hpp"
#include "signaling/whip/kind.hpp"
#include "signaling/whip/layers.hpp"
#include "signaling/whip/place.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace rtc::whip {

// What becomes of a second publisher on a path.
enum class Takeover {
    many,    // it joins the others
    reject,  // 409, while the first is there
    replace, // the first one ends
};

struct Config {
    Kind kind = Kind::whip;
    std::string path = "/whip"; // or with rooms: "/whip/{room}"
    std::string public_url;   // scheme and authority of session URLs; "": as the client wrote them
    std::string overflow_url; // likewise, of the server to send clients to that find no room here
    guint max_sessions = 100;
    guint max_sessions_per_address = 0; // 0: see http::most_of_an_address
    guint max_candidates = 200;         // a session, from PATCH requests
    std::chrono::milliseconds answer_timeout{10000};
    std::chrono::milliseconds offer_timeout{10000}; // for the peer to answer an offer of the host
    Takeover takeover = Takeover::many;             // WHIP
    bool host_offers = false;                       // WHEP
};

// What the host says of itself when a request comes.
struct Host {
    bool live = true;                     // it has something to send; always for WHIP
    std::vector<std::string> ice_servers; // URIs with credentials, for the peer to use too
};

// Who asks.
struct Caller {
    std::string name = {};  // whom the token belongs to; "" for nobody in particular
    std::string token = {}; // that was shown; who shows it again may go on with the session
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
    std::string room;  // "" for a path without rooms
    std::string offer; // "": the host makes one
};
struct GiveDescription {
    std::string session;
    GstWebRTCSDPType type;
    std::string sdp;
};
struct GiveCandidate {
    std::string session;
    guint mline;
    std::optional<std::string> candidate; // nothing: there are no more
};
struct SelectLayer {
    std::string session;
    LayerWish wish;
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
// The answer to a request for events: it goes on, under this name.
struct OpenStream {
    Ticket ticket;
    std::string stream;
};
struct CloseStream {
    std::string stream;
};
using Command = std::variant<Reply, StartSession, GiveDescription, GiveCandidate, SelectLayer,
                             CloseSession, OpenStream, Emit, CloseStream>;
using Commands = std::vector<Command>;

// For status pages.
struct Peer {
    std::string session;
    std::string endpoint; // its path
    std::string name;
    std::string room;
    Time since;
    bool answered;
};

class Resource {
public:
    // Gives that many random bytes as hexadecimal digits, from a source fit for secrets.
    using Random = std::function<std::string(size_t bytes)>;

    Resource(Config config, Random random);

    // The endpoint's path that a request is about: "/whip/hall" for all at and below it. "" where
    // nothing of this resource is meant.
    std::string endpoint_of(std::string_view path) const;
    // Whether the path is of a session that was begun with this token.
    bool is_own(std::string_view path, std::string_view token) const;

    // Whether the path is of a stream of events: its URL alone opens it, for browsers send no token
    // with it (EventSource), and it has the session's secret in it.
    bool is_event_stream(std::string_view path) const;

    // What can be refused without the body, in the same words as request() would.
    std::optional<http::Response> refuse(const http::Head& head, const Host& host) const;
    // A request with its body. Its Reply is among the commands, or comes later.
    Commands request(Ticket ticket, const http::Head& head, std::string_view body, const Host& host,
                     Time now, const Caller& caller = {});
    // The client went away before its Reply.
    Commands disconnected(Ticket ticket);
    // The client of a stream of events went away.
    void stream_gone(const std::string& stream) { events_.closed(stream); }

    // A description of the host; the offer of one that offers, or else an answer.
    Commands answer(const std::string& session, std::string_view sdp);
    Commands offer(const std::string& session, std::string_view sdp, Time now);
    Commands end(const std::string& session, GstRtcEndReason reason, std::string_view text);
    // Whether the token may still do at the endpoint what it was shown for.
    using IsGood = std::function<bool(const std::string& endpoint, const std::string& token)>;
    // Ends the sessions that were begun with a token that is not good any more.
    Commands end_with_tokens(const IsGood& is_good);
    // Whether there is something to watch has changed.
    Commands live_changed(bool live);
    // What a session can choose from in a media section.
    Commands layers_changed(const std::string& session, guint mline, std::vector<Layer> layers);

    // Does what is due: ends what has waited too long, tells how many watch. Due at deadline(), if
    // there is one.
    Commands advance(Time now);
    std::optional<Time> deadline() const;
    // Ends everything.
    Commands stop();

    std::vector<Peer> peers() const;
    // What the path takes: for Allow and for preflights.
    std::string methods(std::string_view path) const;

private:
    enum class State { waiting, offered, open };
    struct Session {
        std::string secret;
        std::string client; // see http::client_of()
        std::string room;
        std::string name;
        std::string token; // that it was begun with
        Time since;
        State state = State::waiting;
        Time due;          // until it is answered
        Ticket ticket = 0; // of the POST, or the restart, that waits; 0 for none
        std::string origin;
        std::string etag;
        std::string offer;              // the peer's, as it stands
        std::vector<std::string> links; // Link header values for the 201
        std::vector<std::string> mids;  // by m-line
        std::set<std::string> ufrags;   // the peer's ICE generation
        Layers layers;                  // to choose from
        guint candidates = 0;
    };
    using Sessions = std::map<std::string, Session>;

    struct Target {
        Path::Place place;
        Sessions::const_iterator session; // end() for an endpoint
    };
    std::optional<Target> find(std::string_view path) const;
    bool has_events(const Session& session) const;
    http::Response describe() const;
    http::Response options(const http::Head& head) const;
    std::optional<http::Response> refuse_post(const http::Head& head, const Host& host,
                                              const std::string& room) const;
    std::optional<http::Response> refuse_patch(const http::Head& head,
                                               const Session& session) const;
    http::Response full(const http::Head& head, std::string_view detail) const;
    Commands post(Ticket ticket, const http::Head& head, std::string_view body, const Host& host,
                  Time now, const Caller& caller);
    Commands replace(const std::string& room);
    Commands make_room_for_offer(const std::string& client);
    Commands patch(Ticket ticket, const http::Head& head, std::string_view body, Time now);
    Commands patch_answer(Ticket ticket, const std::string& id, std::string_view body);
    Commands restart(Ticket ticket, const std::string& id, std::string_view fragment, Time now);
    http::Response restarted(Session& session, std::string_view sdp);
    Commands remove(Ticket ticket, const Target& target);
    // A request to something of a session: its events, its layers.
    Commands extension(Ticket ticket, const http::Head& head, std::string_view body,
                       const Target& target, const Host& host);
    Commands subscribe(Ticket ticket, const Target& target, std::string_view body);
    Commands select_layer(Ticket ticket, const std::string& id, std::string_view body) const;
    void forget(Sessions::const_iterator session, Commands& commands);
    void recount(const std::string& room);
    std::set<std::string> watching(const std::string& room) const;
    std::string new_id() const;
    std::string url(const Session& session) const;

    Config config_;
    Path path_;
    Random random_;
    Sessions sessions_; // by the id that the host knows
    Events events_;
    bool live_ = false;
    std::set<std::string> recount_; // rooms whose number of viewers has changed
    Time recount_due_;
    Time now_; // of the last request or advance()
};

// A name that a stranger gave, fit to be shown: valid UTF-8 without control characters and without
// white space around it, at most 64 characters.
std::string clean_name(std::string_view name);

// Whether an If-Match header allows a change of what has this ETag. Peers send tags without quotes
// and "*" with them.
bool etag_matches(std::string_view if_match, std::string_view etag);

} // namespace rtc::whip
