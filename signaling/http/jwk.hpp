// The keys that sign tokens: PEM, plain secrets, and JSON Web Key Sets (RFC 7517, RFC 7518). Pure.
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::http {

// A key to verify signatures with. It goes with one algorithm, so that a token can't choose another
// (RFC 8725 section 3.1).
struct VerificationKey {
    std::string id;        // kid; "" for none
    std::string algorithm; // "RS256", "ES256", "HS256", …
    std::string data;      // PEM of a public key, or the secret of an HS algorithm

    ~VerificationKey() { wipe(data); }
};

// A PEM public key, or anything else for the secret of HS256. `algorithm` is "" for the key's usual
// one. Refused: a private key, an algorithm of another kind of key, one that isn't known, a secret
// shorter than what the hash gives (RFC 7518 section 3.2).
Result<VerificationKey> read_key(std::string_view text, std::string_view algorithm);
// The signature keys of a set: RSA, EC on P-256, P-384 and P-521, oct. Others are passed over;
// refused is a set without any.
Result<std::vector<VerificationKey>> read_key_set(std::string_view json,
                                                  std::string_view algorithm);

// base64url without padding (RFC 7515 appendix C); nothing for what is none.
std::optional<std::string> decode_base64url(std::string_view text);

} // namespace rtc::http
