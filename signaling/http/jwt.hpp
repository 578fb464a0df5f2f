// JSON Web Tokens (RFC 7519): signature by libjwt, with an algorithm that the key decides; claims
// judged here.
//
// Claims: `exp` must be there; `nbf`, `iss` and `aud` are held to what is set; `path` and `action`,
// each a text or a list, limit what the token is good for ("/whip/hall", "/whip/*"; "publish",
// "play"); `name` or else `sub` is whom it belongs to.
#pragma once

#include "signaling/http/auth.hpp"
#include "signaling/http/jwk.hpp"
#include "signaling/http/watchedfile.hpp"

namespace rtc::http {

struct ClaimsPolicy {
    std::string issuer;   // "": any
    std::string audience; // "": any
};

struct JwtHeader {
    std::string algorithm;
    std::string key_id; // "" for none
};

// Pure. The header of a token that isn't verified yet; the claims of one that is.
Result<JwtHeader> read_jwt_header(std::string_view token);
Result<std::string> read_jwt_claims(std::string_view token);
// `now` is in seconds since 1970.
Verdict judge_claims(std::string_view claims, const ClaimsPolicy& policy, const Wish& wish,
                     gint64 now);

class JwtAuth : public Auth {
public:
    static Result<std::unique_ptr<Auth>> load(const AuthSettings& settings);
    std::optional<Verdict> judge(const Head& head, const Wish& wish) override;

private:
    JwtAuth(const AuthSettings& settings);
    Result<void> read_keys();
    bool verifies(std::string_view token) const;

    WatchedFile file_;
    const bool is_set_;
    const std::string algorithm_;
    const ClaimsPolicy policy_;
    std::vector<VerificationKey> keys_;
};

} // namespace rtc::http
