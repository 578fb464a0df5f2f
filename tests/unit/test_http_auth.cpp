// Bearer tokens.
#include "signaling/http/auth.hpp"

#include <glib/gstdio.h>

using namespace rtc;
using namespace rtc::http;

namespace {

guint status(const Token& token, const char* authorization) {
    Head head;
    if (authorization)
        head.headers = {{"Authorization", authorization}};
    auto refusal = token.refuse(head);
    return refusal ? refusal->status : 200;
}

void without_a_token_all_pass() {
    g_assert_false(Token().required());
    g_assert_cmpuint(status(Token(), nullptr), ==, 200);
    g_assert_cmpuint(status(Token(), "Bearer anything"), ==, 200);
}

void only_the_token_passes() {
    Token token("s3cret");
    g_assert_true(token.required());
    for (const char* good : {"Bearer s3cret", "bearer s3cret", "BEARER   s3cret "})
        g_assert_cmpuint(status(token, good), ==, 200);
    for (const char* bad :
         {"", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Bearer S3cret",
          "Basic s3cret", "Bearers3cret", "Bearer s3cret, Bearer s3cret"})
        g_assert_cmpuint(status(token, bad), ==, 401);
    g_assert_cmpuint(status(token, nullptr), ==, 401);
}

// RFC 6750 section 3.
void a_refusal_challenges() {
    Token token("s3cret");
    auto missing = token.refuse({});
    g_assert_true(missing->header("WWW-Authenticate") == "Bearer realm=\"gst-rtc\"");
    Head head;
    head.headers = {{"Authorization", "Bearer wrong"}};
    auto wrong = token.refuse(head);
    g_assert_true(wrong->header("WWW-Authenticate").ends_with("error=\"invalid_token\""));
    for (const auto& refusal : {missing, wrong})
        g_assert_true(refusal->text().find("s3cret") == std::string_view::npos);
}

void a_file_gives_the_token() {
    char* path = nullptr;
    auto fd = g_file_open_tmp("token-XXXXXX", &path, nullptr);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, nullptr);
    Owned<char> file{path};
    g_assert_true(g_file_set_contents(path, "  abc\n", -1, nullptr));
    auto token = Token::load("", path);
    g_assert_true(bool(token));
    g_assert_cmpuint(status(*token, "Bearer abc"), ==, 200);
    g_assert_false(bool(Token::load("other", path)));

    g_assert_true(g_file_set_contents(path, " \n", -1, nullptr));
    g_assert_false(bool(Token::load("", path)));
    g_unlink(path);
    auto gone = Token::load("", path);
    g_assert_false(bool(gone));
    g_assert_true(gone.error().message.find(path) != std::string::npos);
}

void a_token_must_fit_a_header() {
    for (const char* bad : {"two words", "line\nbreak", "schl\xc3\xbcssel"}) {
        auto token = Token::load(bad, "");
        g_assert_false(bool(token));
        g_assert_true(token.error().message.find(bad) == std::string::npos);
    }
    g_assert_true(bool(Token::load("a.b-c_d~e+f/g=", "")));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/auth/none", without_a_token_all_pass);
    g_test_add_func("/http/auth/compare", only_the_token_passes);
    g_test_add_func("/http/auth/challenge", a_refusal_challenges);
    g_test_add_func("/http/auth/file", a_file_gives_the_token);
    g_test_add_func("/http/auth/characters", a_token_must_fit_a_header);
    return g_test_run();
}
