// Who may do what: each request shows a bearer token (RFC 6750), and one of several judges says
// what it is good for: tokens of a file, JSON Web Tokens, or a service that is asked by HTTP.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"
#include "signaling/http/message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace rtc::http {

// What a request wants to do.
struct Wish {
    std::string action; // "publish", "play", "join"
    std::string path;   // of the endpoint: "/whip/hall"
};

// Whom it was granted to.
struct Grant {
    std::string name = {}; // for people; "" for nobody in particular
};

// Granted, or the answer that refuses, and says why without repeating the token.
using Verdict = std::variant<Grant, Response>;

class Auth {
public:
    virtual ~Auth() = default;
    // Whether a request must show something.
    virtual bool required() const { return true; }
    // Judges at once; nothing where ask() is needed.
    virtual std::optional<Verdict> judge(const Head& head, const Wish& wish) = 0;
    // Judges later, on the loop that it was made for. `done` is called once, or never where the
    // judge ends before.
    virtual void ask(const Head& head, const Wish& wish, std::function<void(Verdict)> done);
};

struct AuthSettings {
    std::string token;      // the only one
    std::string token_file; // see tokens.hpp
    std::string jwt_key_file;
    std::string jwt_jwks_file;
    std::string jwt_algorithm; // "" for the one that goes with the key
    std::string jwt_issuer;
    std::string jwt_audience;
    std::string auth_url;
    guint auth_timeout = 5000;   // milliseconds
    bool end_with_token = false; // whether what a token began ends with it
};

// At most one of token, token_file, the two key files and auth_url is set; without any, all may do
// everything. The loop is that of the server whose requests are judged, and outlives the judge.
Result<std::unique_ptr<Auth>> make_auth(const AuthSettings& settings, Loop& loop);

// What judges share.

// The token that is shown; nothing where there is none.
std::optional<std::string_view> bearer_token(const Head& head);
// Whether a pattern covers a path: the same text, or up to a final "*".
bool covers(std::string_view pattern, std::string_view path);
Response token_missing();                                             // 401
Response cannot_judge();                                              // 503
Response token_wrong(std::string_view detail = "the token is wrong"); // 401
Response not_allowed(const Wish& wish);                               // 403

} // namespace rtc::http
