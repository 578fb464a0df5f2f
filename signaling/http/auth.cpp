#include "signaling/http/auth.hpp"

#include "signaling/http/authcallback.hpp"
#include "signaling/http/jwt.hpp"
#include "signaling/http/tokens.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

constexpr std::string_view scheme = "Bearer ";

class Everybody : public Auth {
public:
    bool required() const override { return false; }
    std::optional<Verdict> judge(const Head&, const Wish&) override { return Grant{}; }
};

} // namespace

void Auth::ask(const Head& head, const Wish& wish, std::function<void(Verdict)> done) {
    done(*judge(head, wish));
}

std::optional<std::string_view> bearer_token(const Head& head) {
    auto authorization = head.header("Authorization");
    if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme))
        return std::nullopt;
    return trim(authorization.substr(scheme.size()));
}

bool covers(std::string_view pattern, std::string_view path) {
    if (pattern.ends_with('*'))
        return path.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == path;
}

Response token_missing() {
    return problem(401, "a token is needed: send it as Authorization: Bearer …")
        .with("WWW-Authenticate", "Bearer realm=\"gst-rtc\"");
}

Response cannot_judge() {
    return problem(503, "which tokens are good can't be told right now; try again later")
        .with("Retry-After", "5");
}

Response token_wrong(std::string_view detail) {
    return problem(401, detail)
        .with("WWW-Authenticate", "Bearer realm=\"gst-rtc\", error=\"invalid_token\"");
}

Response not_allowed(const Wish& wish) {
    return problem(403, "the token does not allow to " + wish.action + " at " + wish.path)
        .with("WWW-Authenticate", "Bearer realm=\"gst-rtc\", error=\"insufficient_scope\"");
}

Result<std::unique_ptr<Auth>> make_auth(const AuthSettings& s, Loop& loop) {
    int ways = 0;
    for (const auto* set :
         {&s.token, &s.token_file, &s.jwt_key_file, &s.jwt_jwks_file, &s.auth_url})
        ways += !set->empty();
    if (ways > 1)
        return Error{"several of token, token-file, jwt-key-file, jwt-jwks-file and auth-url are "
                     "set; set one of them"};
    // A service that is asked judges requests, and knows nothing of tokens between them.
    if (s.end_with_token && (!ways || !s.auth_url.empty()))
        return Error{"end-with-token goes with token-file, jwt-key-file or jwt-jwks-file; set one "
                     "of them"};
    if (!s.jwt_key_file.empty() || !s.jwt_jwks_file.empty())
        return JwtAuth::load(s);
    if (!s.auth_url.empty())
        return CallbackAuth::create(s.auth_url, std::chrono::milliseconds(s.auth_timeout), loop);
    if (ways)
        return TokenAuth::load(s.token, s.token_file);
    return std::unique_ptr<Auth>(std::make_unique<Everybody>());
}

} // namespace rtc::http
