// JSON Web Tokens: keys, signatures, claims.
#include "signaling/http/jwt.hpp"

#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>
#include <jwt.h>

using namespace rtc;
using namespace rtc::http;

namespace {

const std::string keys = TEST_DATA "/keys/";
const std::string secret = "0123456789abcdef0123456789abcdef";
const Wish publish_hall{"publish", "/whip/hall"};
constexpr gint64 now = 1'700'000'000;

std::string content(const std::string& path) {
    auto text = WatchedFile(path).read();
    g_assert_true(bool(text));
    return *text;
}

std::string sign(jwt_alg_t algorithm, const std::string& key, const std::string& claims,
                 const char* id = nullptr) {
    jwt_t* token = nullptr;
    g_assert_cmpint(jwt_new(&token), ==, 0);
    g_assert_cmpint(jwt_add_grants_json(token, claims.c_str()), ==, 0);
    if (id)
        jwt_add_header(token, "kid", id);
    auto* data = reinterpret_cast<const unsigned char*>(key.data());
    g_assert_cmpint(jwt_set_alg(token, algorithm, key.empty() ? nullptr : data, int(key.size())),
                    ==, 0);
    char* text = jwt_encode_str(token);
    g_assert_nonnull(text);
    std::string result = text;
    free(text);
    jwt_free(token);
    return result;
}

std::string good_claims() {
    return "{\"exp\":" + std::to_string(g_get_real_time() / G_USEC_PER_SEC + 600) + "}";
}

guint status(const Verdict& verdict) {
    auto* response = std::get_if<Response>(&verdict);
    return response ? response->status : 200;
}

guint judge(Auth& auth, const std::string& token) {
    Head head;
    head.headers = {{"Authorization", "Bearer " + token}};
    return status(*auth.judge(head, publish_hall));
}

std::unique_ptr<Auth> load(const AuthSettings& settings) {
    auto auth = JwtAuth::load(settings);
    if (!auth)
        g_error("%s", auth.error().message.c_str());
    return std::move(*auth);
}

void the_key_decides_the_algorithm() {
    auto ec = content(keys + "ec.pem"), rsa = content(keys + "rsa.pem");
    auto by_ec = load({.jwt_key_file = keys + "ec.pub"});
    auto by_rsa = load({.jwt_key_file = keys + "rsa.pub"});
    auto by_384 = load({.jwt_key_file = keys + "rsa.pub", .jwt_algorithm = "RS384"});
    auto claims = good_claims();
    g_assert_cmpuint(judge(*by_ec, sign(JWT_ALG_ES256, ec, claims)), ==, 200);
    g_assert_cmpuint(judge(*by_rsa, sign(JWT_ALG_RS256, rsa, claims)), ==, 200);
    g_assert_cmpuint(judge(*by_384, sign(JWT_ALG_RS384, rsa, claims)), ==, 200);
    const std::string wrong[] = {
        sign(JWT_ALG_RS512, rsa, claims),
        // The public key as the secret of a symmetric algorithm (RFC 8725 section 2.1).
        sign(JWT_ALG_HS256, content(keys + "rsa.pub"), claims),
        sign(JWT_ALG_NONE, "", claims),
        sign(JWT_ALG_ES256, ec, claims),
        "",
        "a.b.c",
        "....",
        std::string(100000, 'A'),
    };
    for (const auto& token : wrong)
        g_assert_cmpuint(judge(*by_rsa, token), ==, 401);
    auto token = sign(JWT_ALG_RS256, rsa, claims);
    for (size_t i = 0; i < token.size(); i += 37) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        g_assert_cmpuint(judge(*by_rsa, changed), ==, 401);
    }
    Head nothing;
    g_assert_cmpuint(status(*by_rsa->judge(nothing, publish_hall)), ==, 401);
}

void a_set_has_several_keys() {
    auto auth = load({.jwt_jwks_file = keys + "set.json"});
    auto ec = content(keys + "ec.pem"), rsa = content(keys + "rsa.pem");
    auto claims = good_claims();
    g_assert_cmpuint(judge(*auth, sign(JWT_ALG_ES256, ec, claims, "ec-1")), ==, 200);
    g_assert_cmpuint(judge(*auth, sign(JWT_ALG_RS256, rsa, claims, "rsa-1")), ==, 200);
    g_assert_cmpuint(judge(*auth, sign(JWT_ALG_RS256, rsa, claims)), ==, 200);
    g_assert_cmpuint(judge(*auth, sign(JWT_ALG_RS256, rsa, claims, "other")), ==, 401);
    g_assert_cmpuint(judge(*auth, sign(JWT_ALG_RS384, rsa, claims, "rsa-1")), ==, 401);
    auto text = content(keys + "set.json");
    g_assert_cmpuint(read_key_set(text, "")->size(), ==, 2);
    g_assert_cmpuint(read_key_set(text, "ES256")->size(), ==, 1);
    for (const char* bad : {"", "[]", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\"}]}",
                            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}"})
        g_assert_false(bool(read_key_set(bad, "")));
    // A key in the set is as good as the same one in PEM.
    g_assert_true(read_key_set(text, "")->at(0).data == content(keys + "rsa.pub"));
    g_assert_true(read_key_set(text, "")->at(1).data == content(keys + "ec.pub"));
}

void keys_that_are_refused() {
    RTC_ASSERT_TEXT(read_key(secret + "\n", "")->algorithm, "HS256");
    g_assert_false(bool(read_key("short", "")));
    g_assert_false(bool(read_key(secret, "HS512")));
    g_assert_false(bool(read_key(secret, "RS256")));
    g_assert_false(bool(read_key(secret, "none")));
    g_assert_false(bool(read_key(content(keys + "rsa.pem"), "")));
    g_assert_false(bool(read_key(content(keys + "rsa.pub"), "HS256")));
    g_assert_false(
        bool(read_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "")));
    auto missing = JwtAuth::load({.jwt_key_file = "/nonexistent/key"});
    g_assert_true(missing.error().message.find("/nonexistent/key") != std::string::npos);
}

void claims_are_judged() {
    ClaimsPolicy policy{"me", "gst-rtc"};
    auto base = [](const std::string& more) {
        return R"({"iss":"me","aud":"gst-rtc","exp":1700000600)" + more + "}";
    };
    struct Row {
        std::string claims;
        guint status;
    };
    const Row rows[] = {
        {base(""), 200},
        {base(R"(,"nbf":1700000000)"), 200},
        {base(R"(,"nbf":1700000001)"), 401},
        {base(R"(,"nbf":"soon")"), 401},
        {R"({"iss":"me","aud":"gst-rtc"})", 401},
        {R"({"iss":"me","aud":"gst-rtc","exp":1700000000})", 401},
        {R"({"iss":"me","aud":"gst-rtc","exp":"1700000600"})", 401},
        {R"({"iss":"you","aud":"gst-rtc","exp":1700000600})", 401},
        {R"({"aud":"gst-rtc","exp":1700000600})", 401},
        {R"({"iss":"me","exp":1700000600})", 401},
        {R"({"iss":"me","aud":["x","gst-rtc"],"exp":1700000600})", 200},
        {R"({"iss":"me","aud":["x"],"exp":1700000600})", 401},
        {base(R"(,"path":"/whip/hall","action":"publish")"), 200},
        {base(R"(,"path":["/a","/whip/*"],"action":["play","publish"])"), 200},
        {base(R"(,"path":"/whip/other")"), 403},
        {base(R"(,"path":[])"), 403},
        {base(R"(,"path":7)"), 403},
        {base(R"(,"action":"play")"), 403},
        {"", 401},
        {"[]", 401},
        {std::string(100000, '['), 401},
        {R"({"exp":)" + std::string(50, '[') + std::string(50, ']') + "}", 401},
    };
    for (const auto& row : rows) {
        g_test_message("%.120s", row.claims.c_str());
        g_assert_cmpuint(status(judge_claims(row.claims, policy, publish_hall, now)), ==,
                         row.status);
    }
    auto grant = judge_claims(base(R"(,"sub":"42","name":"Bob")"), policy, publish_hall, now);
    RTC_ASSERT_TEXT(std::get<Grant>(grant).name, "Bob");
    grant = judge_claims(base(R"(,"sub":"42")"), policy, publish_hall, now);
    RTC_ASSERT_TEXT(std::get<Grant>(grant).name, "42");
}

// Who took the key away meant it.
void a_key_that_goes_lets_nobody_in() {
    char* path = nullptr;
    g_close(g_file_open_tmp("key-XXXXXX", &path, nullptr), nullptr);
    Owned<char> file{path};
    auto key = content(keys + "ec.pub");
    auto write = [&](const std::string& text) {
        g_assert_true(g_file_set_contents(path, text.c_str(), gssize(text.size()), nullptr));
    };
    write(key);
    auto auth = load({.jwt_key_file = path});
    auto token = sign(JWT_ALG_ES256, content(keys + "ec.pem"), good_claims());
    auto await = [&](guint expected) {
        auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
        while (judge(*auth, token) != expected) {
            g_assert_cmpint(g_get_monotonic_time(), <, deadline);
            g_usleep(10000);
        }
    };
    await(200);
    g_test_expect_message("gst-rtc", G_LOG_LEVEL_WARNING, "Nobody is let in*");
    g_unlink(path);
    await(503);
    g_test_assert_expected_messages();
    write(key);
    await(200);
    g_unlink(path);
}

void base64url() {
    g_assert_true(decode_base64url("") == "");
    g_assert_true(decode_base64url("-_8") == "\xfb\xff");
    for (const char* bad : {"a", "+/8", "ab=", "a b"})
        g_assert_false(decode_base64url(bad).has_value());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http-jwt/algorithm", the_key_decides_the_algorithm);
    g_test_add_func("/http-jwt/set", a_set_has_several_keys);
    g_test_add_func("/http-jwt/bad-keys", keys_that_are_refused);
    g_test_add_func("/http-jwt/claims", claims_are_judged);
    g_test_add_func("/http-jwt/key-goes", a_key_that_goes_lets_nobody_in);
    g_test_add_func("/http-jwt/base64url", base64url);
    return g_test_run();
}
