#include "signaling/http/jwt.hpp"

#include "signaling/base/json.hpp"

#include <jwt.h>

#include <algorithm>

namespace rtc::http {
namespace {

constexpr size_t max_token = 8 * 1024; // bytes

// The n-th of the three parts, decoded.
std::optional<std::string> part(std::string_view token, int number) {
    for (; number > 0; number--) {
        auto dot = token.find('.');
        if (dot == token.npos)
            return std::nullopt;
        token.remove_prefix(dot + 1);
    }
    return decode_base64url(token.substr(0, token.find('.')));
}

// A claim that is a text or a list of texts; nothing for one that isn't there.
std::optional<std::vector<std::string>> texts(const JsonValue& claims, const char* name) {
    if (auto text = claims.text(name))
        return std::vector{*text};
    if (auto list = claims.texts(name))
        return list;
    // Something else allows nothing.
    return claims.has(name) ? std::optional(std::vector<std::string>{}) : std::nullopt;
}

bool fits(const std::optional<std::vector<std::string>>& patterns, const std::string& value) {
    return !patterns || std::any_of(patterns->begin(), patterns->end(),
                                    [&](const auto& pattern) { return covers(pattern, value); });
}

} // namespace

Result<JwtHeader> read_jwt_header(std::string_view token) {
    if (token.size() > max_token || std::count(token.begin(), token.end(), '.') != 2)
        return Error{"the token is no JSON Web Token"};
    auto text = part(token, 0);
    auto header = text ? JsonValue::parse(*text, 4, 50) : Error{""};
    // Extensions that must be understood aren't (RFC 7515 section 4.1.11).
    if (!header || header->has("crit"))
        return Error{"the token is no JSON Web Token"};
    return JwtHeader{header->text("alg").value_or(""), header->text("kid").value_or("")};
}

Result<std::string> read_jwt_claims(std::string_view token) {
    if (auto text = part(token, 1))
        return *text;
    return Error{"the token has no claims"};
}

Verdict judge_claims(std::string_view text, const ClaimsPolicy& policy, const Wish& wish,
                     gint64 now) {
    auto claims = JsonValue::parse(text, 8);
    if (!claims)
        return token_wrong("the token's claims can't be read");
    auto expiry = claims->integer("exp");
    if (!expiry)
        return token_wrong("the token has no time of expiry (exp)");
    if (now >= *expiry)
        return token_wrong("the token has expired");
    if (claims->has("nbf") && now < claims->integer("nbf").value_or(G_MAXINT64))
        return token_wrong("the token isn't valid yet (nbf)");
    if (!policy.issuer.empty() && claims->text("iss") != policy.issuer)
        return token_wrong("the token comes from another issuer (iss)");
    auto audiences = texts(*claims, "aud").value_or(std::vector<std::string>{});
    if (!policy.audience.empty() &&
        std::find(audiences.begin(), audiences.end(), policy.audience) == audiences.end())
        return token_wrong("the token is for another audience (aud)");
    if (!fits(texts(*claims, "path"), wish.path) || !fits(texts(*claims, "action"), wish.action))
        return not_allowed(wish);
    return Grant{claims->text("name").value_or(claims->text("sub").value_or(""))};
}

JwtAuth::JwtAuth(const AuthSettings& s)
    : file_(s.jwt_key_file.empty() ? s.jwt_jwks_file : s.jwt_key_file)
    , is_set_(s.jwt_key_file.empty())
    , algorithm_(s.jwt_algorithm)
    , policy_{s.jwt_issuer, s.jwt_audience} {}

Result<std::unique_ptr<Auth>> JwtAuth::load(const AuthSettings& settings) {
    std::unique_ptr<JwtAuth> auth(new JwtAuth(settings));
    if (auto read = auth->read_keys(); !read)
        return read.error();
    return std::unique_ptr<Auth>(std::move(auth));
}

Result<void> JwtAuth::read_keys() {
    auto text = file_.read();
    if (!text)
        return Error{"the key file can't be read: " + text.error().message};
    auto unusable = [&](const Error& error) {
        return Error{"the key file " + file_.path() + " can't be used: " + error.message};
    };
    if (is_set_) {
        auto keys = read_key_set(*text, algorithm_);
        if (!keys)
            return unusable(keys.error());
        keys_ = std::move(*keys);
    } else {
        auto key = read_key(*text, algorithm_);
        if (!key)
            return unusable(key.error());
        keys_ = {std::move(*key)};
    }
    return {};
}

bool JwtAuth::verifies(std::string_view token) const {
    auto header = read_jwt_header(token);
    if (!header)
        return false;
    for (const auto& key : keys_) {
        if (key.algorithm != header->algorithm ||
            (!key.id.empty() && !header->key_id.empty() && key.id != header->key_id))
            continue;
        jwt_t* decoded = nullptr;
        auto* data = reinterpret_cast<const unsigned char*>(key.data.data());
        bool good =
            jwt_decode(&decoded, std::string(token).c_str(), data, int(key.data.size())) == 0 &&
            key.algorithm == jwt_alg_str(jwt_get_alg(decoded));
        if (decoded)
            jwt_free(decoded);
        if (good)
            return true;
    }
    return false;
}

std::optional<Verdict> JwtAuth::judge(const Head& head, const Wish& wish) {
    if (file_.changed(std::chrono::steady_clock::now()))
        if (auto read = read_keys(); !read) {
            keys_.clear(); // the file may be there to take a key back
            g_warning("Nobody is let in: %s", read.error().message.c_str());
        }
    auto token = bearer_token(head);
    if (!token)
        return token_missing();
    if (keys_.empty())
        return cannot_judge();
    if (!verifies(*token))
        return token_wrong();
    auto claims = read_jwt_claims(*token);
    if (!claims)
        return token_wrong();
    return judge_claims(*claims, policy_, wish, g_get_real_time() / G_USEC_PER_SEC);
}

} // namespace rtc::http
