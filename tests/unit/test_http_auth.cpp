// Tokens and what they are good for.
#include "signaling/http/authcallback.hpp"
#include "signaling/http/secret.hpp"
#include "signaling/http/tokens.hpp"

#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

using namespace rtc;
using namespace rtc::http;

namespace {

const Wish publish_hall{"publish", "/whip/hall"};

Head shows(const char* authorization) {
    Head head;
    if (authorization)
        head.headers = {{"Authorization", authorization}};
    return head;
}

guint status(const Verdict& verdict) {
    auto* response = std::get_if<Response>(&verdict);
    return response ? response->status : 200;
}

std::unique_ptr<Auth> load(const AuthSettings& settings) {
    static Loop loop("test-auth");
    auto auth = make_auth(settings, loop);
    if (!auth)
        g_test_message("%s", auth.error().message.c_str());
    return auth ? std::move(*auth) : nullptr;
}

void without_a_token_all_pass() {
    auto auth = load({});
    g_assert_false(auth->required());
    g_assert_cmpuint(status(*auth->judge(shows(nullptr), publish_hall)), ==, 200);
    g_assert_cmpuint(status(*auth->judge(shows("Bearer anything"), publish_hall)), ==, 200);
}

void secrets_are_compared_whole() {
    g_assert_true(equal_secrets("s3cret", "s3cret"));
    g_assert_true(equal_secrets("", ""));
    for (const char* other : {"", "s", "s3cre", "s3crets3cret", "S3cret", "s3creT", "s3cret\n"})
        g_assert_false(equal_secrets("s3cret", other));
    g_assert_false(equal_secrets("", "s3cret"));
    g_assert_false(equal_secrets("ab", "abab"));
}

void only_the_token_passes() {
    auto auth = load({.token = "s3cret"});
    g_assert_true(auth->required());
    for (const char* good : {"Bearer s3cret", "bearer s3cret", "BEARER   s3cret "})
        g_assert_cmpuint(status(*auth->judge(shows(good), publish_hall)), ==, 200);
    for (const char* bad :
         {"", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Bearer S3cret",
          "Basic s3cret", "Bearers3cret", "Bearer s3cret, Bearer s3cret"})
        g_assert_cmpuint(status(*auth->judge(shows(bad), publish_hall)), ==, 401);
    g_assert_cmpuint(status(*auth->judge(shows(nullptr), publish_hall)), ==, 401);
}

// RFC 6750 section 3.
void a_refusal_challenges() {
    auto auth = load({.token = "s3cret"});
    auto missing = std::get<Response>(*auth->judge(shows(nullptr), publish_hall));
    g_assert_true(missing.header("WWW-Authenticate") == "Bearer realm=\"gst-rtc\"");
    auto wrong = std::get<Response>(*auth->judge(shows("Bearer wrong"), publish_hall));
    g_assert_true(wrong.header("WWW-Authenticate").ends_with("error=\"invalid_token\""));
    for (const auto& refusal : {missing, wrong})
        g_assert_true(refusal.text().find("s3cret") == std::string_view::npos);
}

void each_token_has_its_limits() {
    auto table = TokenTable::parse("# who may what\n"
                                   "all\n"
                                   "  hall  path=/whip/hall action=publish name=Hall \r\n"
                                   "many path=/whip/* path=/whep/*\n"
                                   "both action=play action=publish\n");
    g_assert_true(bool(table));
    struct Row {
        const char *token, *action, *path;
        guint status;
    };
    const Row rows[] = {
        {"all", "play", "/whep/x", 200},     {"hall", "publish", "/whip/hall", 200},
        {"hall", "play", "/whip/hall", 403}, {"hall", "publish", "/whip/hall2", 403},
        {"many", "play", "/whep/x", 200},    {"many", "play", "/other", 403},
        {"both", "play", "/whep", 200},      {"both", "join", "/room", 403},
        {"#", "play", "/whep", 401},         {"name=Hall", "publish", "/whip/hall", 401},
    };
    for (const auto& row : rows) {
        g_test_message("%s %s %s", row.token, row.action, row.path);
        g_assert_cmpuint(status(table->judge(row.token, {row.action, row.path})), ==, row.status);
    }
    auto grant = table->judge("hall", publish_hall);
    RTC_ASSERT_TEXT(std::get<Grant>(grant).name, "Hall");
}

void tables_that_make_no_sense() {
    for (const char* text : {"", "# only a comment\n", "a b\n", "good\nbad path=whip\n",
                             "a name=\n", "t\xc3\xb6ken\n"}) {
        auto table = TokenTable::parse(text);
        g_assert_false(bool(table));
        g_assert_false(table.error().message.empty());
    }
    g_assert_true(TokenTable::parse("good\nbad path=x\n").error().message.find("line 2") !=
                  std::string::npos);
}

void a_file_gives_the_tokens() {
    char* path = nullptr;
    auto fd = g_file_open_tmp("token-XXXXXX", &path, nullptr);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, nullptr);
    Owned<char> file{path};
    g_assert_true(g_file_set_contents(path, "  abc\n", -1, nullptr));
    auto auth = load({.token_file = path});
    g_assert_cmpuint(status(*auth->judge(shows("Bearer abc"), publish_hall)), ==, 200);
    // Another content counts within a second or two.
    g_assert_true(g_file_set_contents(path, "another\n", -1, nullptr));
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (status(*auth->judge(shows("Bearer another"), publish_hall)) != 200) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10000);
    }
    g_assert_cmpuint(status(*auth->judge(shows("Bearer abc"), publish_hall)), ==, 401);
    g_assert_null(load({.token = "other", .token_file = path}).get());
    g_assert_true(g_file_set_contents(path, " \n", -1, nullptr));
    g_assert_null(load({.token_file = path}).get());
    g_unlink(path);
    g_assert_null(load({.token_file = path}).get());
    g_assert_null(load({.token = "has space"}).get());
    g_assert_null(load({.auth_url = "nonsense"}).get());
}

// Who took the tokens away meant it.
void a_file_that_goes_lets_nobody_in() {
    char* path = nullptr;
    g_close(g_file_open_tmp("token-XXXXXX", &path, nullptr), nullptr);
    Owned<char> file{path};
    auto write = [&](const char* text) {
        g_assert_true(g_file_set_contents(path, text, -1, nullptr));
    };
    write("abc\n");
    auto auth = load({.token_file = path});
    auto await = [&](guint expected) {
        auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
        while (status(*auth->judge(shows("Bearer abc"), publish_hall)) != expected) {
            g_assert_cmpint(g_get_monotonic_time(), <, deadline);
            g_usleep(10000);
        }
    };
    await(200);
    auto expect_warning = [] {
        g_test_expect_message("gst-rtc", G_LOG_LEVEL_WARNING, "*so nobody is let in*");
    };
    for (const char* text : {"", "# none\n", "abc path=nonsense\n"}) {
        expect_warning();
        write(text);
        await(503);
        g_test_assert_expected_messages();
        write("abc\n");
        await(200);
    }
    expect_warning();
    g_unlink(path);
    await(503);
    g_test_assert_expected_messages();
    write("abc\n");
    await(200);
    g_unlink(path);
}

// A session can't end with a token that nothing tells of.
void sessions_end_with_tokens_that_are_known() {
    for (const auto& settings :
         {AuthSettings{.end_with_token = true},
          AuthSettings{.auth_url = "http://127.0.0.1:1/", .end_with_token = true}})
        g_assert_null(load(settings).get());
    g_assert_nonnull(load({.token = "abc", .end_with_token = true}).get());
}

// What a service says, and what that means for the client.
void a_service_decides() {
    Head head = shows("Bearer abc");
    head.address = "192.0.2.1";
    head.query = {{"name", "Z\xff"}};
    g_assert_true(write_question(head, publish_hall) ==
                  "{\"action\":\"publish\",\"path\":\"/whip/hall\",\"token\":\"abc\","
                  "\"address\":\"192.0.2.1\",\"user_agent\":\"\",\"name\":\"Z\xef\xbf\xbd\"}");
    g_assert_cmpuint(status(read_verdict(200, "", publish_hall)), ==, 200);
    RTC_ASSERT_TEXT(std::get<Grant>(read_verdict(204, R"({"name":"Bob"})", {})).name, "Bob");
    g_assert_cmpuint(status(read_verdict(401, "nonsense", publish_hall)), ==, 401);
    auto refused = std::get<Response>(read_verdict(403, R"({"detail":"not today"})", publish_hall));
    g_assert_cmpuint(refused.status, ==, 403);
    g_assert_true(refused.text().find("not today") != std::string_view::npos);
    for (guint odd : {0, 302, 404, 500})
        g_assert_cmpuint(status(read_verdict(odd, "{}", publish_hall)), ==, 503);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http-auth/open", without_a_token_all_pass);
    g_test_add_func("/http-auth/compared-whole", secrets_are_compared_whole);
    g_test_add_func("/http-auth/token", only_the_token_passes);
    g_test_add_func("/http-auth/challenge", a_refusal_challenges);
    g_test_add_func("/http-auth/table", each_token_has_its_limits);
    g_test_add_func("/http-auth/bad-table", tables_that_make_no_sense);
    g_test_add_func("/http-auth/file", a_file_gives_the_tokens);
    g_test_add_func("/http-auth/file-goes", a_file_that_goes_lets_nobody_in);
    g_test_add_func("/http-auth/end-with-token", sessions_end_with_tokens_that_are_known);
    g_test_add_func("/http-auth/service", a_service_decides);
    return g_test_run();
}
