// The client's side of WHIP and WHEP, event by event.
#include "signaling/whip/client.hpp"
#include "signaling/whip/fragment.hpp"
#include "tests/support/offers.hpp"
#include "tests/support/rows.hpp"
#include "tests/support/sametext.hpp"

#include <algorithm>

using namespace rtc;
using namespace rtc::test;
using namespace rtc::whip;
using namespace std::chrono_literals;
using http::Response;

namespace {

constexpr const char* url = "https://live.example/whip/hall?key=1";
constexpr const char* session_url = "https://live.example/whip/hall/abc";
constexpr const char* candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

struct Fixture {
    explicit Fixture(ClientConfig config = {})
        : client(
              complete(config), [] { return 1.0; }, [this] { return std::to_string(++ids); }) {}
    static ClientConfig complete(ClientConfig config) {
        if (config.endpoint.empty())
            config.endpoint = url;
        return config;
    }

    // The one command of a kind among the last ones.
    template <typename T>
    T the() const {
        auto found = all<T>();
        g_assert_cmpuint(found.size(), ==, 1);
        return found[0];
    }
    template <typename T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& command : last)
            if (auto* one = std::get_if<T>(&command))
                found.push_back(*one);
        return found;
    }
    template <typename T>
    bool any() const {
        return !all<T>().empty();
    }

    // From the start to the POST.
    client::Send post() {
        last = client.set_live(true, now);
        session = the<client::StartSession>().session;
        return describe();
    }
    client::Send describe(GstWebRTCSDPType type = GST_WEBRTC_SDP_TYPE_OFFER) {
        last = client.describe(session, type, make_offer("sendonly"), now);
        return the<client::Send>();
    }
    void respond(Ticket ticket, const Response& response, Client::RetryAfter after = {}) {
        last = client.respond(ticket, response, after, now);
    }
    void open(Response response = created()) { respond(post().ticket, response); }
    void end(GstRtcEndReason reason) { last = client.end(session, reason, "words", now); }
    // The next session begins once the pause is over.
    void next_session() {
        g_assert_true(client.deadline().has_value());
        now = *client.deadline();
        last = client.advance(now);
        session = the<client::StartSession>().session;
    }

    static Response created() {
        auto response = http::text_response(201, "application/sdp", make_answer());
        return response.with("Location", "/whip/hall/abc").with("ETag", "\"tag\"");
    }

    int ids = 0;
    Time now{};
    std::string session;
    client::Commands last;
    Client client;
};

std::string header(const client::Send& send, const char* name) {
    for (const auto& [key, value] : send.request.headers)
        if (key == name)
            return value;
    return "";
}

void waits_for_the_host() {
    Fixture f;
    g_assert_true(f.client.set_live(false, f.now).empty());
    f.last = f.client.set_live(true, f.now);
    g_assert_cmpint(f.the<client::StartSession>().offerer, ==, GST_RTC_OFFERER_HOST);
    g_assert_true(f.client.set_live(true, f.now).empty());
}

void posts_the_offer() {
    Fixture f;
    auto send = f.post();
    RTC_ASSERT_TEXT(send.request.method, "POST");
    RTC_ASSERT_TEXT(send.request.url, url);
    RTC_ASSERT_TEXT(send.request.content_type, "application/sdp");
    g_assert_true(send.request.body == make_offer("sendonly"));
    g_assert_true(send.authorized);
    f.respond(send.ticket, Fixture::created());
    g_assert_true(f.the<client::Describe>().sdp == make_answer());
    g_assert_cmpint(f.the<client::Describe>().type, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    g_assert_false(f.any<client::Send>());
    g_assert_false(f.client.deadline().has_value());
}

// RFC 9725 section 4.3.2: until the answer they are kept, then they travel together, one PATCH at
// a time.
void trickles_together() {
    Fixture f;
    auto send = f.post();
    g_assert_true(f.client.add_candidate(f.session, 0, candidate).empty());
    g_assert_true(f.client.add_candidate(f.session, 1, candidate).empty());
    f.respond(send.ticket, Fixture::created());
    auto patch = f.the<client::Send>();
    RTC_ASSERT_TEXT(patch.request.method, "PATCH");
    RTC_ASSERT_TEXT(patch.request.url, session_url);
    RTC_ASSERT_TEXT(patch.request.content_type, fragment_type);
    RTC_ASSERT_TEXT(header(patch, "If-Match"), "\"tag\"");
    auto fragment = parse_fragment(patch.request.body);
    g_assert_true(bool(fragment));
    RTC_ASSERT_TEXT(fragment->ufrag, offer_ufrag);
    g_assert_cmpuint(fragment->sections.size(), ==, 2);
    RTC_ASSERT_TEXT(fragment->sections[1].mid, "1");
    RTC_ASSERT_TEXT(fragment->sections[1].media, "video");

    g_assert_true(f.client.add_candidate(f.session, 0, candidate).empty());
    g_assert_true(f.client.add_candidate(f.session, 0, nullptr).empty());
    f.respond(patch.ticket, Response{.status = 204}.with("ETag", "W/strange"));
    auto second = f.the<client::Send>();
    RTC_ASSERT_TEXT(header(second, "If-Match"), "W/strange");
    g_assert_true(parse_fragment(second.request.body)->end_of_candidates);
    f.respond(second.ticket, {.status = 204});
    g_assert_true(f.last.empty());
}

// 400, 405, 422, 501 and silence have all been seen: connecting needs none of it.
void lives_without_trickle() {
    for (guint status : {400u, 405u, 412u, 422u, 501u, 0u}) {
        Fixture f;
        auto send = f.post();
        f.client.add_candidate(f.session, 0, candidate);
        f.respond(send.ticket, Fixture::created());
        auto patch = f.the<client::Send>();
        if (status)
            f.respond(patch.ticket, {.status = status});
        else
            f.last = f.client.fail(patch.ticket, {http::Failure::timeout, "late"}, f.now);
        g_assert_true(f.last.empty());
        g_assert_true(f.client.add_candidate(f.session, 0, candidate).empty());
    }
    Fixture other;
    auto send = other.post();
    other.client.add_candidate(other.session, 0, candidate);
    other.respond(send.ticket, Fixture::created().with("Accept-Patch", "application/example"));
    g_assert_false(other.any<client::Send>());
}

void a_session_without_url_still_plays() {
    Fixture f;
    auto send = f.post();
    f.client.add_candidate(f.session, 0, candidate);
    f.respond(send.ticket, http::text_response(200, "application/sdp", make_answer()));
    g_assert_true(f.any<client::Describe>());
    g_assert_false(f.any<client::Send>());
    f.end(GST_RTC_END_REASON_HANGUP);
    g_assert_true(f.last.empty());
}

void ice_servers_of_links() {
    Fixture f;
    auto send = f.post();
    f.client.add_candidate(f.session, 0, candidate);
    f.client.add_candidate(f.session, 0, nullptr);
    auto response =
        Fixture::created()
            .with("Link", "<stun:stun.example:3478>; rel=\"ice-server\"")
            .with("Link", "<turn:turn.example:3478?transport=udp>; rel=\"ice-server\"; "
                          "username=\"17:me\"; credential=\"pass\"; credential-type=\"password\"");
    f.respond(send.ticket, response);
    auto servers = f.the<client::AddIceServers>().ice_servers;
    g_assert_cmpuint(servers.size(), ==, 2);
    RTC_ASSERT_TEXT(servers[1], "turn://17%3Ame:pass@turn.example:3478?transport=udp");
    // The relay's candidates are still to come.
    g_assert_false(parse_fragment(f.the<client::Send>().request.body)->end_of_candidates);
    // The next session has them from the start.
    f.end(GST_RTC_END_REASON_LOST);
    f.next_session();
    g_assert_true(f.the<client::StartSession>().ice_servers == servers);
}

void hangs_up() {
    Fixture f;
    f.open();
    f.end(GST_RTC_END_REASON_HANGUP);
    auto send = f.the<client::Send>();
    RTC_ASSERT_TEXT(send.request.method, "DELETE");
    RTC_ASSERT_TEXT(send.request.url, session_url);
    g_assert_false(f.client.idle());
    f.respond(send.ticket, {.status = 200});
    g_assert_true(f.client.idle());
    g_assert_false(f.client.deadline().has_value());
    g_assert_true(f.client.set_live(true, f.now).empty());
}

// The endpoint makes the session while it is ended here: it must not stay behind.
void a_late_session_is_deleted() {
    Fixture f;
    auto send = f.post();
    f.last = f.client.stop();
    g_assert_cmpint(f.the<client::CloseSession>().reason, ==, GST_RTC_END_REASON_SHUTDOWN);
    g_assert_false(f.client.idle());
    f.respond(send.ticket, Fixture::created());
    auto remove = f.the<client::Send>();
    RTC_ASSERT_TEXT(remove.request.method, "DELETE");
    RTC_ASSERT_TEXT(remove.request.url, session_url);
    f.respond(remove.ticket, {.status = 404});
    g_assert_true(f.client.idle());
}

void redirects() {
    Fixture f;
    auto send = f.post();
    f.respond(send.ticket, Response{.status = 307}.with("Location", "/other"));
    auto second = f.the<client::Send>();
    RTC_ASSERT_TEXT(second.request.url, "https://live.example/other");
    RTC_ASSERT_TEXT(second.request.method, "POST");
    g_assert_true(second.request.body == make_offer("sendonly"));
    g_assert_true(second.authorized);
    f.respond(second.ticket, Response{.status = 308}.with("Location", "https://n1.example/w"));
    auto third = f.the<client::Send>();
    g_assert_false(third.authorized);
    // The session is where the last one says.
    f.respond(third.ticket,
              http::text_response(201, "application/sdp", make_answer()).with("Location", "s/1"));
    f.end(GST_RTC_END_REASON_HANGUP);
    RTC_ASSERT_TEXT(f.the<client::Send>().request.url, "https://n1.example/s/1");

    Fixture trusting({.trust_redirects = true});
    trusting.respond(trusting.post().ticket,
                     Response{.status = 302}.with("Location", "https://n1.example/w"));
    g_assert_true(trusting.the<client::Send>().authorized);
}

void redirects_that_are_not_followed() {
    Fixture down;
    down.respond(down.post().ticket, Response{.status = 307}.with("Location", "http://a.example/"));
    g_assert_true(down.the<client::GiveUp>().text.find("from https to http") != std::string::npos);

    Fixture round;
    auto send = round.post();
    for (int i = 0; i < 10; i++) {
        round.respond(send.ticket, Response{.status = 307}.with("Location", "/again"));
        send = round.the<client::Send>();
    }
    round.respond(send.ticket, Response{.status = 307}.with("Location", "/again"));
    g_assert_true(round.the<client::GiveUp>().text.find("10 times") != std::string::npos);
    g_assert_cmpint(round.the<client::CloseSession>().reason, ==, GST_RTC_END_REASON_REJECTED);
}

void gives_up_on_what_cannot_get_better() {
    struct {
        Kind kind;
        guint status;
        const char* words;
    } cases[] = {
        {Kind::whip, 401, "Set token"}, {Kind::whip, 404, "path right"},
        {Kind::whip, 415, "415"},       {Kind::whip, 422, "the words"},
        {Kind::whip, 406, "406"},       {Kind::whep, 405, "path right"},
        {Kind::whep, 499, "499"},
    };
    for (const auto& c : cases) {
        Fixture f({.kind = c.kind});
        f.respond(f.post().ticket, http::problem(c.status, "the words"));
        g_assert_true(f.the<client::GiveUp>().text.find(c.words) != std::string::npos);
        g_assert_false(f.the<client::GiveUp>().text.find("key=1") != std::string::npos);
        g_assert_false(f.client.deadline().has_value());
    }
    Fixture f;
    f.respond(f.post().ticket, http::text_response(200, "text/html", "<html>"));
    g_assert_true(f.the<client::GiveUp>().text.find("without a description") != std::string::npos);
    Fixture tls;
    tls.last = tls.client.fail(tls.post().ticket, {http::Failure::tls, "unknown"}, tls.now);
    g_assert_true(tls.any<client::GiveUp>());
}

void tries_again() {
    for (guint status : {404u, 408u, 409u, 429u, 500u, 503u, 599u}) {
        Fixture f({.kind = Kind::whep});
        f.respond(f.post().ticket, {.status = status});
        g_assert_false(f.any<client::GiveUp>());
        g_assert_true(f.any<client::Warn>());
        g_assert_true(*f.client.deadline() - f.now == 1000ms);
        g_assert_true(f.client.advance(f.now + 999ms).empty());
        f.next_session();
        // One warning an outage; each pause is longer, up to a bound.
        for (auto pause : {2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
            f.last = f.client.fail(f.describe().ticket, {http::Failure::network, "gone"}, f.now);
            g_assert_false(f.any<client::Warn>());
            g_assert_true(*f.client.deadline() - f.now == pause);
            f.next_session();
        }
    }
}

void retry_after_counts() {
    Fixture f;
    f.respond(f.post().ticket, {.status = 503}, 20000ms);
    g_assert_true(*f.client.deadline() - f.now == 21000ms); // with a spread of a second
    f.next_session();
    f.respond(f.describe().ticket, {.status = 503}, 24h);
    g_assert_true(*f.client.deadline() - f.now <= 11min);
}

void the_host_may_be_gone_after_the_pause() {
    Fixture f;
    f.respond(f.post().ticket, {.status = 503});
    f.client.set_live(false, f.now);
    f.now = *f.client.deadline();
    g_assert_true(f.client.advance(f.now).empty());
    f.last = f.client.set_live(true, f.now);
    g_assert_true(f.any<client::StartSession>());
}

// A stream that was up is tried again, whatever its endpoint says.
void what_lasted_is_never_given_up() {
    Fixture f;
    f.open();
    f.now += 11s;
    f.end(GST_RTC_END_REASON_LOST);
    RTC_ASSERT_TEXT(f.the<client::Send>().request.method, "DELETE");
    g_assert_true(*f.client.deadline() - f.now == 1000ms);
    f.next_session();
    f.respond(f.describe().ticket, {.status = 401});
    g_assert_false(f.any<client::GiveUp>());
    g_assert_true(*f.client.deadline() - f.now == 30000ms);
    f.next_session();
    f.respond(f.describe().ticket, Fixture::created());
    g_assert_true(f.any<client::Describe>());
}

void sessions_that_break_at_once_pause_longer() {
    Fixture f;
    f.open();
    f.end(GST_RTC_END_REASON_CONNECTION);
    g_assert_true(*f.client.deadline() - f.now == 1000ms);
    f.next_session();
    f.respond(f.describe().ticket, Fixture::created());
    f.now += 5s;
    f.end(GST_RTC_END_REASON_CONNECTION);
    g_assert_true(*f.client.deadline() - f.now == 2000ms);

    Fixture bad;
    bad.open();
    bad.end(GST_RTC_END_REASON_REJECTED);
    g_assert_true(bad.any<client::GiveUp>());
}

void retries_may_be_bounded() {
    Fixture f({.retries = 1});
    f.respond(f.post().ticket, {.status = 503});
    f.next_session();
    f.respond(f.describe().ticket, {.status = 503});
    g_assert_true(f.any<client::GiveUp>());
    Fixture never({.retries = 0});
    never.respond(never.post().ticket, {.status = 503});
    g_assert_true(never.any<client::GiveUp>());
}

// draft-ietf-wish-whep section 4.2.
void answers_a_counter_offer() {
    Fixture f({.kind = Kind::whep});
    auto send = f.post();
    auto first = f.session;
    auto counter = http::text_response(406, "application/sdp", make_offer("sendonly"));
    f.respond(send.ticket, counter.with("Location", "/whep/s1").with("ETag", "e"));
    g_assert_true(f.the<client::CloseSession>().session == first);
    auto start = f.the<client::StartSession>();
    g_assert_cmpint(start.offerer, ==, GST_RTC_OFFERER_PEER);
    g_assert_false(start.session == first);
    g_assert_cmpint(f.the<client::Describe>().type, ==, GST_WEBRTC_SDP_TYPE_OFFER);
    g_assert_true(f.client.end(first, GST_RTC_END_REASON_ERROR, "", f.now).empty());
    f.session = start.session;
    auto answer = f.describe(GST_WEBRTC_SDP_TYPE_ANSWER);
    RTC_ASSERT_TEXT(answer.request.method, "PATCH");
    RTC_ASSERT_TEXT(answer.request.content_type, "application/sdp");
    RTC_ASSERT_TEXT(answer.request.url, "https://live.example/whep/s1");
    RTC_ASSERT_TEXT(header(answer, "If-Match"), "e");
    g_assert_true(f.client.add_candidate(f.session, 0, candidate).empty());
    f.respond(answer.ticket, {.status = 204});
    RTC_ASSERT_TEXT(f.the<client::Send>().request.content_type, fragment_type);
    f.end(GST_RTC_END_REASON_HANGUP);
    RTC_ASSERT_TEXT(f.the<client::Send>().request.method, "DELETE");
}

void what_does_not_fit_is_ignored() {
    Fixture f;
    g_assert_true(f.client.respond(7, {.status = 201}, {}, f.now).empty());
    g_assert_true(f.client.fail(7, {}, f.now).empty());
    auto send = f.post();
    g_assert_true(
        f.client.describe(f.session, GST_WEBRTC_SDP_TYPE_OFFER, make_answer(), f.now).empty());
    g_assert_true(f.client.add_candidate("other", 0, candidate).empty());
    g_assert_true(f.client.end("other", GST_RTC_END_REASON_ERROR, "", f.now).empty());
    g_assert_true(f.client.advance(f.now).empty());
    f.respond(send.ticket, Fixture::created());
    g_assert_true(f.any<client::Describe>());
}

const Row rows[] = {
    {"waits-for-the-host", nullptr, nullptr, waits_for_the_host},
    {"posts-the-offer", "RFC 9725 4.2", "POST of the offer at once, with the token",
     posts_the_offer},
    {"hangs-up", "RFC 9725 4.2", "DELETE at the end", hangs_up},
    {"a-late-session-is-deleted", "RFC 9725 4.2",
     "DELETE of a session that is made while the client stops", a_late_session_is_deleted},
    {"unknown-status", "RFC 9725 4.2", "status codes that it does not know count by their class",
     gives_up_on_what_cannot_get_better},
    {"trickles-together", "RFC 9725 4.3.2",
     "candidates are kept until the 201, then go in one PATCH; ETags as they come",
     trickles_together},
    {"lives-without-trickle", "real peers",
     "a PATCH that fails, or is never answered, does not matter", lives_without_trickle},
    {"a-session-without-url-still-plays", "real peers", "200 for the POST, and no Location",
     a_session_without_url_still_plays},
    {"redirects", "RFC 9725 4.5", "redirects are followed; the token stays with its origin",
     redirects},
    {"redirects-that-are-not-followed", "RFC 9725 4.5",
     "ten of them at most, and none from https to http", redirects_that_are_not_followed},
    {"retry-after-counts", "RFC 9725 4.5", "503: another try, not before Retry-After",
     retry_after_counts},
    {"ice-servers-of-links", "RFC 9725 4.6", "ICE servers from the Link fields of the 201",
     ice_servers_of_links},
    {"tries-again", "draft-ietf-wish-whep 4.2",
     "409 and what else may pass: again, with pauses that grow up to a bound", tries_again},
    {"answers-a-counter-offer", "draft-ietf-wish-whep 4.2",
     "406 with an offer: the answer by PATCH of application/sdp", answers_a_counter_offer},
    {"the-host-may-be-gone-after-the-pause", nullptr, nullptr,
     the_host_may_be_gone_after_the_pause},
    {"what-lasted-is-never-given-up", nullptr, nullptr, what_lasted_is_never_given_up},
    {"sessions-that-break-at-once-pause-longer", nullptr, nullptr,
     sessions_that_break_at_once_pause_longer},
    {"retries-may-be-bounded", nullptr, nullptr, retries_may_be_bounded},
    {"what-does-not-fit-is-ignored", nullptr, nullptr, what_does_not_fit_is_ignored},
};

} // namespace

int main(int argc, char** argv) {
    return run_rows(argc, argv, "client", rows);
}
