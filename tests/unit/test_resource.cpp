// The server's side of WHIP and WHEP: requests, and the host's words, up to the answer.
#include "signaling/whip/fragment.hpp"
#include "tests/support/sametext.hpp"
#include "tests/unit/resource_fixture.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

// Requests that no session comes of, and their status.
void refused_requests() {
    struct Row {
        const char *method, *path, *type;
        std::string body;
        guint status;
    };
    const Row rows[] = {
        {"POST", "/whip", "", make_offer("sendonly"), 415},
        {"POST", "/whip", "application/json", "{}", 415},
        {"POST", "/whip", "application/sdp", "garbage", 400},
        {"POST", "/whip", "application/sdp", make_offer("recvonly"), 422},
        {"PUT", "/whip", "application/sdp", "x", 405},
        {"PATCH", "/whip", fragment_type, "a=mid:0", 405},
        {"DELETE", "/whip", "", "", 405},
        {"POST", "/whip/nope", "application/sdp", "x", 405},
        {"PATCH", "/whip/nope", fragment_type, "a=mid:0", 404},
        {"DELETE", "/whip/nope", "", "", 404},
        {"GET", "/whip/nope", "", "", 404},
        {"GET", "/whip/", "", "", 404},
        {"ET", "/whip", "", "", 405},
        {"GET, HEAD", "/whip", "", "", 405},
    };
    for (const auto& row : rows) {
        Fixture f;
        auto commands = f.ask(head(row.method, row.path, row.type), row.body);
        g_assert_cmpuint(commands.size(), ==, 1);
        auto response = f.reply_in(commands);
        g_test_message("%s %s %s", row.method, row.path, row.type);
        g_assert_cmpuint(response.status, ==, row.status);
        RTC_ASSERT_TEXT(response.content_type, "application/problem+json");
        if (row.status == 405)
            g_assert_false(response.header("Allow").empty());
        if (row.status == 415)
            g_assert_true(response.header("Accept-Post") == "application/sdp");
    }
}

// RFC 9725 section 4.1.
void endpoint_describes_itself() {
    Fixture f;
    for (const char* method : {"GET", "HEAD"}) {
        auto response = f.reply(head(method, "/whip"));
        g_assert_cmpuint(response.status, ==, 200);
        g_assert_true(response.text().empty());
        g_assert_true(response.header("Accept-Post") == "application/sdp");
    }
    auto response = f.reply(head("OPTIONS", "/whip"));
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(response.header("Accept-Post") == "application/sdp");
    g_assert_true(response.header("Allow") == "GET, HEAD, POST, OPTIONS");
}

void an_offer_starts_a_session() {
    Fixture f;
    auto request = post();
    request.query = {{"name", " Bob\n/../\x01 "}};
    request.headers.emplace_back("User-Agent", "test/1");
    auto commands = f.ask(request, make_offer("sendonly"));
    g_assert_cmpuint(commands.size(), ==, 1);
    auto& started = std::get<StartSession>(commands[0]);
    RTC_ASSERT_TEXT(started.peer, "Bob/../");
    RTC_ASSERT_TEXT(started.address, "192.0.2.7");
    RTC_ASSERT_TEXT(started.user_agent, "test/1");
    RTC_ASSERT_TEXT(started.offer, make_offer("sendonly"));
    g_assert_cmpuint(f.resource.peers().size(), ==, 1);
    g_assert_false(f.resource.peers()[0].answered);
}

void the_answer_makes_it_201() {
    Fixture f;
    Host host;
    host.ice_servers = {"stun://stun.example:3478", "turn://user%3A1:pass@turn.example:3478",
                        "nonsense"};
    auto id = f.offer(host);
    auto response = f.reply_in(f.resource.answer(id, make_answer()));
    g_assert_cmpuint(response.status, ==, 201);
    RTC_ASSERT_TEXT(response.content_type, "application/sdp");
    g_assert_true(response.text() == make_answer());
    auto location = response.header("Location");
    g_assert_true(location.starts_with("https://live.example:8443/whip/"));
    g_assert_true(location.find('?') == location.npos);
    // 128 bits, as hexadecimal.
    g_assert_cmpuint(location.substr(location.rfind('/') + 1).size(), ==, 32);
    // The host's id must not give the URL away.
    g_assert_true(location.find(id) == location.npos);
    auto etag = response.header("ETag");
    g_assert_true(etag.size() > 2 && etag.front() == '"' && etag.back() == '"');
    std::vector<std::string> links;
    for (const auto& [name, value] : response.headers)
        if (name == "Link")
            links.push_back(value);
    g_assert_cmpuint(links.size(), ==, 2);
    g_assert_true(links[0].starts_with("<stun:"));
    g_assert_true(links[1].find("username=\"user:1\"") != std::string::npos);
    g_assert_true(f.resource.peers()[0].answered);
    // Once is enough.
    g_assert_true(f.resource.answer(id, make_answer()).empty());
}

void a_public_url_is_used() {
    Config config;
    config.public_url = "https://proxy.example";
    Fixture f(config);
    auto id = f.offer();
    auto response = f.reply_in(f.resource.answer(id, make_answer()));
    g_assert_true(response.header("Location").starts_with("https://proxy.example/whip/"));
}

// What becomes of a POST when the host ends its session.
void the_host_refuses() {
    struct Row {
        GstRtcEndReason reason;
        guint status;
        bool retry;
    };
    const Row rows[] = {
        {GST_RTC_END_REASON_REJECTED, 422, false}, {GST_RTC_END_REASON_BUSY, 503, true},
        {GST_RTC_END_REASON_TIMEOUT, 504, false},  {GST_RTC_END_REASON_SHUTDOWN, 503, true},
        {GST_RTC_END_REASON_SECURITY, 422, false}, {GST_RTC_END_REASON_ERROR, 500, false},
        {GST_RTC_END_REASON_HANGUP, 500, false},
    };
    for (const auto& row : rows) {
        Fixture f;
        auto id = f.offer();
        auto commands = f.resource.end(id, row.reason, "no codec in common");
        g_assert_cmpuint(commands.size(), ==, 1);
        auto response = f.reply_in(commands);
        g_assert_cmpuint(response.status, ==, row.status);
        g_assert_true(response.text().find("no codec in common") != std::string_view::npos);
        g_assert_cmpint(!response.header("Retry-After").empty(), ==, row.retry);
        g_assert_cmpuint(f.resource.peers().size(), ==, 0);
        g_assert_true(f.resource.answer(id, make_answer()).empty());
    }
}

void an_answer_that_never_comes() {
    Config config;
    config.answer_timeout = 5s;
    Fixture f(config);
    g_assert_false(f.resource.deadline().has_value());
    auto first = f.offer();
    auto second = f.offer({}, start + 1s);
    g_assert_true(f.resource.deadline() == start + 5s);
    g_assert_true(f.resource.advance(start + 4999ms).empty());
    auto commands = f.resource.advance(start + 5s);
    g_assert_cmpuint(commands.size(), ==, 2);
    RTC_ASSERT_TEXT(find<CloseSession>(commands)->session, first);
    g_assert_cmpint(find<CloseSession>(commands)->reason, ==, GST_RTC_END_REASON_TIMEOUT);
    g_assert_cmpuint(find<Reply>(commands)->ticket, ==, 1);
    g_assert_cmpuint(find<Reply>(commands)->response.status, ==, 504);
    g_assert_true(f.resource.deadline() == start + 6s);
    g_assert_false(f.resource.answer(second, make_answer()).empty());
    g_assert_false(f.resource.deadline().has_value());
    g_assert_true(f.resource.advance(start + 1h).empty());
}

void sessions_are_counted() {
    Config config;
    config.max_sessions = 3;
    config.max_sessions_per_address = 2;
    Fixture f(config);
    f.offer();
    f.open();
    auto refused = f.reply(post(), make_offer("sendonly"));
    g_assert_cmpuint(refused.status, ==, 503);
    g_assert_false(refused.header("Retry-After").empty());
    auto other = post();
    other.address = "192.0.2.8";
    g_assert_nonnull(find<StartSession>(f.ask(other, make_offer("sendonly"))));
    other.address = "192.0.2.9";
    g_assert_cmpuint(f.reply(other, make_offer("sendonly")).status, ==, 503);
    // An end makes room.
    f.resource.end(f.session, GST_RTC_END_REASON_LOST, "");
    g_assert_nonnull(find<StartSession>(f.ask(other, make_offer("sendonly"))));
}

// One client may have all of a /64.
void sessions_are_counted_by_network() {
    Config config;
    config.max_sessions_per_address = 1;
    Fixture f(config);
    auto from = [&](const char* address) {
        auto head = post();
        head.address = address;
        return f.ask(head, make_offer("sendonly"));
    };
    g_assert_nonnull(find<StartSession>(from("2001:db8:0:1::1")));
    g_assert_cmpuint(find<Reply>(from("2001:db8:0:1:ffff::2"))->response.status, ==, 503);
    g_assert_nonnull(find<StartSession>(from("2001:db8:0:2::1")));
    g_assert_nonnull(find<StartSession>(from("192.0.2.1")));
    g_assert_nonnull(find<StartSession>(from("192.0.2.2")));
}

// Whoever sets nothing: one address leaves half of the sessions to others.
void one_address_is_not_everybody() {
    Config config;
    config.max_sessions = 4;
    Fixture f(config);
    f.offer();
    f.open();
    g_assert_cmpuint(f.reply(post(), make_offer("sendonly")).status, ==, 503);
    auto other = post();
    other.address = "192.0.2.8";
    g_assert_nonnull(find<StartSession>(f.ask(other, make_offer("sendonly"))));
}

void whep_waits_for_something_live() {
    Config config;
    config.kind = Kind::whep;
    config.path = "/whep";
    Fixture f(config);
    Host host;
    host.live = false;
    auto refused = f.reply(post("/whep"), make_offer("recvonly"), host);
    g_assert_cmpuint(refused.status, ==, 409);
    g_assert_false(refused.header("Retry-After").empty());
    g_assert_cmpuint(f.reply(head("HEAD", "/whep"), "", host).status, ==, 200);
    host.live = true;
    g_assert_nonnull(find<StartSession>(f.ask(post("/whep"), make_offer("recvonly"), host)));
    g_assert_cmpuint(f.reply(post("/whep"), make_offer("sendonly"), host).status, ==, 422);
}

void early_refusals_are_the_same() {
    Fixture f;
    auto path = f.open();
    Host host;
    for (const auto& request :
         {post(), head("POST", "/whip"), head("PUT", "/whip"), head("GET", "/whip/nope"),
          head("PATCH", path), head("DELETE", path), head("OPTIONS", path)}) {
        auto early = f.resource.refuse(request, host);
        auto commands = f.ask(request, "a=mid:0", host);
        auto* late = find<Reply>(commands);
        if (early)
            g_assert_cmpuint(late->response.status, ==, early->status);
        else if (request.method == "POST")
            g_assert_cmpuint(late->response.status, ==, 400); // its body
        else
            g_assert_cmpuint(late->response.status, <, 300);
    }
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/resource/refused", refused_requests);
    g_test_add_func("/resource/endpoint", endpoint_describes_itself);
    g_test_add_func("/resource/offer", an_offer_starts_a_session);
    g_test_add_func("/resource/answer", the_answer_makes_it_201);
    g_test_add_func("/resource/public-url", a_public_url_is_used);
    g_test_add_func("/resource/host-refuses", the_host_refuses);
    g_test_add_func("/resource/no-answer", an_answer_that_never_comes);
    g_test_add_func("/resource/max-sessions", sessions_are_counted);
    g_test_add_func("/resource/max-sessions-by-network", sessions_are_counted_by_network);
    g_test_add_func("/resource/half-for-one-address", one_address_is_not_everybody);
    g_test_add_func("/resource/whep-live", whep_waits_for_something_live);
    g_test_add_func("/resource/early", early_refusals_are_the_same);
    return g_test_run();
}
