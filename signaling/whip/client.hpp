// The client's side of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): one endpoint and the
// session with it, which is kept up. Pure: the host's words and the endpoint's responses come in,
// commands go out; time is an argument, and random numbers come from a function that is given.
//
//   waiting ─▶ offering ─▶ posting ─▶ open ─▶ (ends) ─▶ pausing ─▶ offering ─▶ …
//                             └─ 406 ─▶ answering ─▶ open
//
// The host makes the offer; it is POSTed, and candidates gathered until the answer comes go out in
// one PATCH behind it (RFC 9725 section 4.3.2). A WHEP endpoint that wants to make the offer itself
// says 406 with its own; the host then answers in a session of another id.
//
// Whatever ends a session, another one follows after a pause that grows, unless the host hung up.
// What can't get better by itself (401, an URL without an endpoint, …) is fatal, but not once a
// session has lasted: a stream that was up is tried again for as long as it takes.
#pragma once

#include "signaling/base/backoff.hpp"
#include "signaling/http/reply.hpp"
#include "signaling/lib/rtcsignaling.h"
#include "signaling/whip/kind.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rtc::whip {

struct ClientConfig {
    Kind kind = Kind::whip;
    std::string endpoint; // as parse_url() gives it
    bool trust_redirects = false;
    int retries = -1; // pauses in a row without a session that lasts; -1: no limit
    std::chrono::milliseconds first_pause{1000};
    std::chrono::milliseconds longest_pause{30000};
    std::chrono::milliseconds lasting{10000}; // so long a session must live to count as one
};

namespace client {

struct Send {
    Ticket ticket;
    http::Request request;
    bool authorized; // the token goes with it
};
struct StartSession {
    std::string session;
    GstRtcOfferer offerer;
    std::vector<std::string> ice_servers; // URIs, known from the session before
};
struct Describe {
    std::string session;
    GstWebRTCSDPType type;
    std::string sdp;
};
struct AddIceServers {
    std::string session;
    std::vector<std::string> ice_servers; // URIs with credentials
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
struct Warn { // something is wrong that may pass; once an outage
    std::string text;
};
struct GiveUp { // nothing more will be tried
    std::string text;
};
using Command =
    std::variant<Send, StartSession, Describe, AddIceServers, CloseSession, Warn, GiveUp>;
using Commands = std::vector<Command>;

} // namespace client

class Client {
public:
    using Commands = client::Commands;
    using Random = std::function<double()>;                      // 0 to 1
    using NewId = std::function<std::string()>;                  // an id for a session
    using RetryAfter = std::optional<std::chrono::milliseconds>; // what a response asks for

    Client(ClientConfig config, Random random, NewId new_id);

    // Whether the host can serve a session. One that is on goes on.
    Commands set_live(bool live, Time now);
    Commands describe(const std::string& session, GstWebRTCSDPType type, const std::string& sdp,
                      Time now);
    Commands add_candidate(const std::string& session, guint mline, const char* candidate);
    Commands end(const std::string& session, GstRtcEndReason reason, const std::string& text,
                 Time now);

    Commands respond(Ticket ticket, const http::Response& response, RetryAfter retry_after,
                     Time now);
    Commands fail(Ticket ticket, const http::Failure& failure, Time now);

    // The end of a pause. Due at deadline(), if there is one.
    Commands advance(Time now);
    std::optional<Time> deadline() const;

    // Ends the session and starts no other. The endpoint has been told once it is idle().
    Commands stop();
    bool idle() const;

private:
    enum class State { waiting, offering, posting, answering, open, pausing, done };
    enum class Purpose { post, answer, trickle, remove };

    struct Flight { // a request under way
        Purpose purpose;
        std::string session;
        http::Request request;
        int redirects = 0;
    };
    struct Trickled {
        guint mline;
        std::optional<std::string> candidate;
    };
    // What is known of the session that is on.
    struct Current {
        std::string id;
        std::string url, etag; // once the endpoint gave them
        std::vector<std::string> media, mids;
        std::string ufrag, password;
        std::deque<Trickled> candidates; // not sent yet
        bool trickle = true;             // the endpoint takes candidates, as far as is known
        Ticket patch = 0;                // under way
        Time opened{};
    };

    Commands begin(Time now);
    client::Send send(Purpose purpose, http::Request request, int redirects = 0);
    bool shows_token(const std::string& url) const;
    bool read_local(const std::string& sdp);
    void pass_links(const http::Response& response, Commands& commands);
    void flush(Commands& commands);
    void remove(Commands& commands);

    Commands redirected(Flight flight, const http::Response& response, Time now);
    Commands posted(const Flight& flight, const http::Response& response, RetryAfter retry_after,
                    Time now);
    Commands accepted(const Flight& flight, const http::Response& response, Time now);
    Commands counter_offered(const Flight& flight, const http::Response& response, Time now);
    Commands answered(const Flight& flight, const http::Response& response, RetryAfter retry_after,
                      Time now);
    Commands trickled(const http::Response& response);
    Commands refused(const Flight& flight, const http::Response& response, RetryAfter retry_after,
                     Time now);

    struct Trouble {
        std::string text;
        GstRtcEndReason reason = GST_RTC_END_REASON_ERROR;
        bool fatal = false; // trying again won't help
        RetryAfter retry_after = std::nullopt;
    };
    // The attempt failed: the host is told.
    Commands broken(const Trouble& trouble, Time now);
    void pause(Commands& commands, const Trouble& trouble, Time now);
    std::string endpoint() const; // for messages

    const ClientConfig config_;
    const Random random_;
    const NewId new_id_;
    State state_ = State::waiting;
    bool live_ = false;
    bool has_lasted_ = false; // a session did, since the start
    bool warned_ = false;     // of this outage
    int pauses_ = 0;
    Backoff backoff_;
    Time due_{}; // the end of the pause
    Current current_;
    std::vector<std::string> ice_servers_; // of the last 201
    std::map<Ticket, Flight> flights_;
    Ticket last_ticket_ = 0;
};

} // namespace rtc::whip
