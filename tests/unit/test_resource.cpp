// The server's side of WHIP and WHEP: requests and the host's words in, commands out.
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/resource.hpp"
#include "tests/support/expect.hpp"
#include "tests/support/offers.hpp"

using namespace rtc;
using namespace rtc::whip;
using namespace std::chrono_literals;
using rtc::test::expect_equal;
using rtc::test::make_answer;
using rtc::test::make_offer;

namespace {

const Time start{};
const std::string candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

http::Head head(const char* method, const std::string& path, const char* type = "") {
    http::Head result;
    result.method = method;
    result.path = path;
    result.origin = "https://live.example:8443";
    result.address = "192.0.2.7";
    if (*type)
        result.headers = {{"Content-Type", type}};
    return result;
}

http::Head post(const std::string& path = "/whip") {
    return head("POST", path, "application/sdp; charset=utf-8");
}

// A resource whose random numbers count, and shorthands over its commands.
struct Fixture {
    explicit Fixture(Config config = {})
        : resource(config, [this](size_t bytes) {
            auto text = std::to_string(++random_calls);
            return std::string(bytes * 2 - text.size(), '0') + text;
        }) {}

    Commands ask(const http::Head& request, std::string_view body = "", const Host& host = {},
                 Time now = start) {
        return resource.request(++ticket, request, body, host, now);
    }
    http::Response reply(const http::Head& request, std::string_view body = "",
                         const Host& host = {}) {
        return reply_in(ask(request, body, host));
    }
    http::Response reply_in(const Commands& commands) {
        for (const auto& command : commands)
            if (auto* found = std::get_if<Reply>(&command)) {
                g_assert_cmpuint(found->ticket, ==, ticket);
                return found->response;
            }
        g_test_fail_printf("no reply");
        return {};
    }
    std::string offer(Host host = {}, Time now = start) {
        auto commands = ask(post(), make_offer("sendonly"), host, now);
        g_assert_cmpuint(commands.size(), ==, 1);
        return std::get<StartSession>(commands[0]).session;
    }
    // An answered session's path.
    std::string open() {
        session = offer();
        auto response = reply_in(resource.answer(session, make_answer()));
        auto location = std::string(response.header("Location"));
        etag = response.header("ETag");
        std::string origin = "https://live.example:8443";
        g_assert_true(location.starts_with(origin + "/whip/"));
        return location.substr(origin.size());
    }

    guint random_calls = 0;
    Ticket ticket = 0;
    Resource resource;
    std::string session, etag;
};

template <typename T>
const T* find(const Commands& commands) {
    for (const auto& command : commands)
        if (auto* found = std::get_if<T>(&command))
            return found;
    return nullptr;
}

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
        expect_equal(response.content_type, "application/problem+json");
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
    expect_equal(started.peer, "Bob/../");
    expect_equal(started.address, "192.0.2.7");
    expect_equal(started.user_agent, "test/1");
    expect_equal(started.offer, make_offer("sendonly"));
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
    expect_equal(response.content_type, "application/sdp");
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
    expect_equal(find<CloseSession>(commands)->session, first);
    g_assert_cmpint(find<CloseSession>(commands)->reason, ==, GST_RTC_END_REASON_TIMEOUT);
    g_assert_cmpuint(find<Reply>(commands)->ticket, ==, 1);
    g_assert_cmpuint(find<Reply>(commands)->response.status, ==, 504);
    g_assert_true(f.resource.deadline() == start + 6s);
    g_assert_false(f.resource.answer(second, make_answer()).empty());
    g_assert_false(f.resource.deadline().has_value());
    g_assert_true(f.resource.advance(start + 1h).empty());
}

void the_client_goes_away() {
    Fixture f;
    auto id = f.offer();
    auto commands = f.resource.disconnected(f.ticket);
    g_assert_cmpuint(commands.size(), ==, 1);
    expect_equal(std::get<CloseSession>(commands[0]).session, id);
    g_assert_true(f.resource.answer(id, make_answer()).empty());
    g_assert_true(f.resource.disconnected(f.ticket).empty());
    // After the answer the connection means nothing.
    f.open();
    g_assert_true(f.resource.disconnected(f.ticket).empty());
    g_assert_cmpuint(f.resource.peers().size(), ==, 1);
}

void delete_hangs_up() {
    Fixture f;
    auto path = f.open();
    auto commands = f.ask(head("DELETE", path));
    g_assert_cmpuint(f.reply_in(commands).status, ==, 200);
    auto* closed = find<CloseSession>(commands);
    expect_equal(closed->session, f.session);
    g_assert_cmpint(closed->reason, ==, GST_RTC_END_REASON_HANGUP);
    g_assert_cmpuint(f.reply(head("DELETE", path)).status, ==, 404);
    g_assert_true(f.resource.end(f.session, GST_RTC_END_REASON_ERROR, "").empty());
}

void an_ended_session_is_not_found() {
    Fixture f;
    auto path = f.open();
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
    g_assert_true(f.resource.end(f.session, GST_RTC_END_REASON_LOST, "silent").empty());
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 404);
}

void patch_gives_candidates() {
    Fixture f;
    auto path = f.open();
    auto commands = f.ask(head("PATCH", path, fragment_type),
                          "a=ice-ufrag:abcd\r\nm=video 9 x 0\r\na=mid:1\r\na=" + candidate +
                              "\r\na=candidate:rubbish\r\na=end-of-candidates\r\n");
    g_assert_cmpuint(commands.size(), ==, 3);
    auto& given = std::get<GiveCandidate>(commands[0]);
    expect_equal(given.session, f.session);
    g_assert_cmpuint(given.mline, ==, 1);
    expect_equal(*given.candidate, candidate);
    g_assert_false(std::get<GiveCandidate>(commands[1]).candidate.has_value());
    auto response = f.reply_in(commands);
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(response.header("ETag").empty());
}

void patches_that_are_refused() {
    Fixture f;
    auto path = f.open();
    auto good = "a=ice-ufrag:abcd\r\na=mid:0\r\na=" + candidate + "\r\n";
    g_assert_cmpuint(f.reply(head("PATCH", path, "application/sdp"), good).status, ==, 415);
    g_assert_cmpuint(f.reply(head("PATCH", path, fragment_type), "garbage").status, ==, 400);
    // RFC 9725 section 4.3.3: a restart, which isn't supported; the session lives on.
    auto restart = f.ask(
        head("PATCH", path, fragment_type),
        "a=ice-ufrag:other\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=mid:0\r\na=" + candidate +
            "\r\n");
    g_assert_cmpuint(restart.size(), ==, 1);
    g_assert_cmpuint(f.reply_in(restart).status, ==, 422);
    g_assert_cmpuint(f.reply(head("PATCH", path, fragment_type), good).status, ==, 204);
}

void if_match_must_match() {
    Fixture f;
    auto path = f.open();
    auto bare = f.etag.substr(1, f.etag.size() - 2);
    auto body = "a=mid:0\r\na=" + candidate + "\r\n";
    for (const auto& [value, status] : std::vector<std::pair<std::string, guint>>{
             {f.etag, 204},
             {bare, 204},
             {"*", 204},
             {"\"*\"", 204},
             {"\"x\", " + f.etag, 204},
             {"\"x\"", 412},
             {"W/" + f.etag, 412},
         }) {
        auto request = head("PATCH", path, fragment_type);
        request.headers.emplace_back("If-Match", value);
        g_assert_cmpuint(f.reply(request, body).status, ==, status);
    }
}

void candidates_are_counted() {
    Config config;
    config.max_candidates = 3;
    Fixture f(config);
    auto path = f.open();
    std::string body = "a=mid:0\r\na=" + candidate + "\r\na=" + candidate + "\r\n";
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 3);
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 2);
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 1);
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

void stop_ends_all() {
    Fixture f;
    f.open();
    auto waiting = f.offer();
    auto commands = f.resource.stop();
    int closed = 0;
    for (const auto& command : commands)
        if (auto* close = std::get_if<CloseSession>(&command)) {
            g_assert_cmpint(close->reason, ==, GST_RTC_END_REASON_SHUTDOWN);
            closed++;
        }
    g_assert_cmpint(closed, ==, 2);
    g_assert_cmpuint(f.reply_in(commands).status, ==, 503);
    g_assert_cmpuint(f.resource.peers().size(), ==, 0);
    g_assert_true(f.resource.answer(waiting, make_answer()).empty());
}

void names_are_made_safe() {
    expect_equal(clean_name(""), "");
    expect_equal(clean_name({}), "");
    expect_equal(clean_name(" \t\n"), "");
    expect_equal(clean_name("  Zoë\x7f \x1b[31m "), "Zoë [31m");
    expect_equal(clean_name("a\xff"), "a\xef\xbf\xbd");
    std::string snowmen;
    for (int i = 0; i < 100; i++)
        snowmen += "☃";
    g_assert_cmpint(g_utf8_strlen(clean_name(snowmen).c_str(), -1), ==, 64);
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
    g_test_add_func("/resource/disconnected", the_client_goes_away);
    g_test_add_func("/resource/delete", delete_hangs_up);
    g_test_add_func("/resource/ended", an_ended_session_is_not_found);
    g_test_add_func("/resource/patch", patch_gives_candidates);
    g_test_add_func("/resource/patch-refused", patches_that_are_refused);
    g_test_add_func("/resource/if-match", if_match_must_match);
    g_test_add_func("/resource/max-candidates", candidates_are_counted);
    g_test_add_func("/resource/max-sessions", sessions_are_counted);
    g_test_add_func("/resource/whep-live", whep_waits_for_something_live);
    g_test_add_func("/resource/early", early_refusals_are_the_same);
    g_test_add_func("/resource/stop", stop_ends_all);
    g_test_add_func("/resource/names", names_are_made_safe);
    return g_test_run();
}
