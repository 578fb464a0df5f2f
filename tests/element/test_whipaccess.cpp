// Who may use a whipserver: by tokens, by JSON Web Tokens, by a service; seen through proxies.
#include "signaling/sdp/iceserver.hpp"
#include "signaling/whep/whepserver.hpp"
#include "signaling/whip/whipserver.hpp"
#include "tests/element/conformance.hpp"
#include "tests/element/serving.hpp"

#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>
#include <jwt.h>

#include <atomic>

using namespace rtc;
using namespace rtc::test;

namespace {

const std::string whipserver = "whipserver address=127.0.0.1 port=0 ";
const std::string keys = TEST_DATA "/keys/";

struct Door {
    explicit Door(const std::string& properties)
        : host(whipserver + properties)
        , url(host.start()) {
        answer_all(host);
    }
    http::Response knock(const http::Fields& headers, const std::string& path = "") {
        auto request = post_offer(path.empty() ? url : base() + path);
        request.headers = headers;
        return fetch(request);
    }
    http::Response show(const std::string& token, const std::string& path = "") {
        return knock({{"Authorization", "Bearer " + token}}, path);
    }
    std::string base() const { return url.substr(0, url.find('/', 8)); }
    FakeHost host;
    std::string url;
};

// A file that is there for one test.
struct File {
    explicit File(const std::string& text) {
        char* name = nullptr;
        g_close(g_file_open_tmp("access-XXXXXX", &name, nullptr), nullptr);
        path = Owned<char>(name).get();
        g_assert_true(g_file_set_contents(path.c_str(), text.c_str(), -1, nullptr));
    }
    ~File() { g_unlink(path.c_str()); }
    std::string path;
};

void tokens_for_rooms() {
    File file("hall path=/whip/hall name=Hall\nall\n");
    Door door("path=/whip/{room} token-file=" + file.path);
    g_assert_cmpuint(door.show("hall", "/whip/hall").status, ==, 201);
    RTC_ASSERT_TEXT(door.host.wait(Report::requested).text, "Hall");
    g_assert_cmpuint(door.show("hall", "/whip/yard").status, ==, 403);
    g_assert_cmpuint(door.show("all", "/whip/yard").status, ==, 201);
    g_assert_cmpuint(door.show("nobody", "/whip/yard").status, ==, 401);
    auto status = fetch({"GET", door.base() + "/status", {{"Authorization", "Bearer all"}}});
    g_assert_true(has(status.text(), "\"name\":\"Hall\",\"room\":\"hall\""));
}

std::string signed_token(const std::string& claims) {
    jwt_t* token = nullptr;
    g_assert_cmpint(jwt_new(&token), ==, 0);
    g_assert_cmpint(jwt_add_grants_json(token, claims.c_str()), ==, 0);
    char* key = nullptr;
    gsize size = 0;
    g_assert_true(g_file_get_contents((keys + "ec.pem").c_str(), &key, &size, nullptr));
    Owned<char> owned{key};
    jwt_set_alg(token, JWT_ALG_ES256, reinterpret_cast<unsigned char*>(key), int(size));
    char* text = jwt_encode_str(token);
    std::string result = text;
    free(text);
    jwt_free(token);
    return result;
}

void json_web_tokens() {
    auto now = g_get_real_time() / G_USEC_PER_SEC;
    auto claims = [&](gint64 expiry, const char* more) {
        return "{\"iss\":\"me\",\"exp\":" + std::to_string(expiry) + more + "}";
    };
    for (const char* key : {"jwt-key-file=", "jwt-jwks-file="}) {
        bool set = g_str_equal(key, "jwt-jwks-file=");
        Door door(key + keys + (set ? "set.json" : "ec.pub") + " jwt-issuer=me");
        auto good = signed_token(claims(now + 600, ",\"action\":\"publish\""));
        g_assert_cmpuint(door.show(good).status, ==, 201);
        g_assert_cmpuint(door.show(signed_token(claims(now - 1, ""))).status, ==, 401);
        g_assert_cmpuint(door.show(signed_token(claims(now + 600, ",\"action\":\"play\""))).status,
                         ==, 403);
        g_assert_cmpuint(door.show(good + "x").status, ==, 401);
        g_assert_cmpuint(door.knock({}).status, ==, 401);
    }
}

// Whoever began a session may end it, though the token is good no more.
void a_token_outlived() {
    File file("first\n");
    Door door("token-file=" + file.path);
    auto opened = door.show("first");
    g_assert_cmpuint(opened.status, ==, 201);
    g_assert_true(g_file_set_contents(file.path.c_str(), "another\n", -1, nullptr));
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (door.show("another").status != 201) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(100000);
    }
    g_assert_cmpuint(door.show("first").status, ==, 401);
    std::string session(opened.header("Location"));
    g_assert_cmpuint(fetch({"DELETE", session, {{"Authorization", "Bearer first"}}}).status, ==,
                     200);
}

void a_service_decides() {
    auto endpoint = echo("/auth");
    std::string asked;
    endpoint.handle = [&](std::shared_ptr<http::Exchange> exchange) {
        asked = exchange->body();
        if (has(asked, "\"token\":\"good\""))
            exchange->respond(http::text_response(200, "application/json", R"({"name":"Bob"})"));
        else if (has(asked, "\"token\":\"wait\""))
            static std::shared_ptr<http::Exchange> kept = exchange; // never answered
        else
            exchange->respond(
                http::text_response(403, "application/json", R"({"detail":"go away"})"));
    };
    Serving service(std::move(endpoint));
    Door door("auth-timeout=300 auth-url=" + service.base + "/auth");
    auto opened = door.show("good");
    g_assert_cmpuint(opened.status, ==, 201);
    RTC_ASSERT_TEXT(door.host.wait(Report::requested).text, "Bob");
    g_assert_true(has(asked, R"("action":"publish","path":"/whip")"));
    auto refused = door.show("bad");
    g_assert_cmpuint(refused.status, ==, 403);
    g_assert_true(has(refused.text(), "go away"));
    g_assert_cmpuint(door.show("wait").status, ==, 503);
    // The one that began it needs no question.
    asked.clear();
    std::string session(opened.header("Location"));
    g_assert_cmpuint(fetch({"DELETE", session, {{"Authorization", "Bearer good"}}}).status, ==,
                     200);
    g_assert_true(asked.empty());
    Door dead("auth-url=http://127.0.0.1:1/");
    g_assert_cmpuint(dead.show("good").status, ==, 503);
    g_assert_cmpuint(dead.host.count(Report::requested), ==, 0);
}

// Who shows no token that is good for it learns how many there are, and no more.
void status_shows_peers_to_whom_they_concern() {
    File file("hall path=/whip/hall\nall name=Ann\n");
    Door door("path=/whip/{room} trusted-proxies=127.0.0.1 token-file=" + file.path);
    g_assert_cmpuint(door.show("hall", "/whip/hall").status, ==, 201);
    g_assert_cmpuint(door.show("all", "/whip/yard").status, ==, 201);
    auto status = [&](const char* token) {
        http::Fields headers;
        if (*token)
            headers = {{"Authorization", std::string("Bearer ") + token}};
        return std::string(fetch({"GET", door.base() + "/status", headers}).text());
    };
    for (const char* token : {"", "wrong"}) {
        auto text = status(token);
        g_assert_true(has(text, "\"sessions\":2,\"peers\":[]"));
        g_assert_false(has(text, "127.0.0.1") || has(text, "hall") || has(text, "Ann"));
    }
    g_assert_true(has(status("hall"), "\"room\":\"hall\""));
    g_assert_false(has(status("hall"), "yard"));
    g_assert_true(has(status("all"), "yard") && has(status("all"), "hall"));
    // A page that goes on asking with an old token locks nobody out.
    for (int i = 0; i < 30; i++)
        status("wrong");
    g_assert_cmpuint(door.show("all", "/whip/third").status, ==, 201);
    g_assert_true(has(status("all"), "\"sessions\":3,\"peers\":[]")); // nor guesses there
}

// Where it is set, a session goes with its token, and another's stays.
void sessions_end_with_their_tokens() {
    File file("first\nsecond\n");
    Door door("end-with-token=true token-file=" + file.path);
    g_assert_cmpuint(door.show("first").status, ==, 201);
    auto first = door.host.wait(Report::requested).session;
    g_assert_cmpuint(door.show("second").status, ==, 201);
    g_assert_true(g_file_set_contents(file.path.c_str(), "second\n", -1, nullptr));
    auto closed = door.host.wait(Report::closed);
    RTC_ASSERT_TEXT(closed.session, first);
    RTC_ASSERT_TEXT(closed.text, "the token is not good any more");
    g_assert_cmpint(closed.value, ==, GST_RTC_END_REASON_REJECTED);
    auto status = fetch({"GET", door.base() + "/status", {{"Authorization", "Bearer second"}}});
    g_assert_true(has(status.text(), "\"sessions\":1"));
}

void guesses_are_counted() {
    Door door("token=s3cret rate-limit=0 trusted-proxies=127.0.0.1");
    auto from = [&](const char* address, const std::string& token) {
        return door.knock({{"Authorization", "Bearer " + token}, {"X-Forwarded-For", address}})
            .status;
    };
    for (int i = 0; i < 20; i++)
        g_assert_cmpuint(from("192.0.2.1", "guess" + std::to_string(i)), ==, 401);
    g_assert_cmpuint(from("192.0.2.1", "s3cret"), ==, 429);
    g_assert_cmpuint(from("192.0.2.2", "s3cret"), ==, 201);
}

void clients_behind_a_proxy() {
    Door door("max-sessions-per-address=1 trusted-proxies=127.0.0.0/8");
    auto from = [&](const char* address) {
        return door.knock({{"X-Forwarded-For", address},
                           {"X-Forwarded-Proto", "https"},
                           {"X-Forwarded-Host", "live.example"}});
    };
    auto opened = from("192.0.2.1");
    g_assert_true(opened.header("Location").starts_with("https://live.example/whip/"));
    g_assert_cmpuint(from("192.0.2.1").status, ==, 503);
    g_assert_cmpuint(from("192.0.2.2").status, ==, 201);
    // Without that trust it is one client.
    Door plain("max-sessions-per-address=1");
    g_assert_cmpuint(plain.knock({{"X-Forwarded-For", "192.0.2.1"}}).status, ==, 201);
    g_assert_cmpuint(plain.knock({{"X-Forwarded-For", "192.0.2.2"}}).status, ==, 503);
}

void turn_users() {
    File secret("north\n");
    Door door("token=s3cret turn-servers=turn:turn.example.org:3478?transport=udp "
              "turn-lifetime=600 turn-secret-file=" +
              secret.path);
    g_assert_true(links_of(door.knock({})).empty());
    std::set<std::string> users;
    for (int i = 0; i < 2; i++) {
        auto links = links_of(door.show("s3cret"));
        g_assert_cmpuint(links.size(), ==, 1);
        auto servers = sdp::parse_link_header(links[0]);
        g_assert_cmpuint(servers.size(), ==, 1);
        g_assert_cmpstr(servers[0].host.c_str(), ==, "turn.example.org");
        auto expiry = std::stoll(servers[0].user);
        auto in = expiry - g_get_real_time() / G_USEC_PER_SEC;
        g_assert_true(in > 500 && in <= 600);
        g_assert_cmpuint(servers[0].credential.size(), ==, 28); // base64 of 20 bytes
        users.insert(servers[0].user);
    }
    g_assert_cmpuint(users.size(), ==, 2);
}

void settings_that_make_no_sense() {
    const std::pair<const char*, const char*> rows[] = {
        {"trusted-proxies=proxy.example", "proxy.example"},
        {"turn-servers=turn:turn.example.org", "turn-secret-file"},
        {"turn-servers=stun:x turn-secret-file=/nonexistent", "without a user"},
        {"turn-servers=turn:x turn-secret-file=/nonexistent", "/nonexistent"},
        {"jwt-key-file=/nonexistent", "/nonexistent"},
        {"auth-url=nonsense", "auth-url"},
        {"token=a auth-url=http://x/", "set one of them"},
        {"end-with-token=true", "set one of them"},
        {"end-with-token=true auth-url=http://x/", "set one of them"},
    };
    for (const auto& [properties, words] : rows) {
        FakeHost host(whipserver + properties);
        host.start();
        g_test_message("%s: %s", properties, host.error().c_str());
        g_assert_true(has(host.error(), words));
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(whipserver, nullptr);
    g_test_add_func("/whipaccess/rooms", tokens_for_rooms);
    g_test_add_func("/whipaccess/jwt", json_web_tokens);
    g_test_add_func("/whipaccess/outlived", a_token_outlived);
    g_test_add_func("/whipaccess/service", a_service_decides);
    g_test_add_func("/whipaccess/status", status_shows_peers_to_whom_they_concern);
    g_test_add_func("/whipaccess/end-with-token", sessions_end_with_their_tokens);
    g_test_add_func("/whipaccess/guesses", guesses_are_counted);
    g_test_add_func("/whipaccess/proxy", clients_behind_a_proxy);
    g_test_add_func("/whipaccess/turn", turn_users);
    g_test_add_func("/whipaccess/settings", settings_that_make_no_sense);
    return g_test_run();
}
