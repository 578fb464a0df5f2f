// Bearer tokens (RFC 6750).
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/http/message.hpp"

#include <optional>

namespace rtc::http {

// A secret that a request must show in `Authorization: Bearer …`; or none, and every request
// passes. Never logged.
class Token {
public:
    Token() = default;
    explicit Token(std::string secret)
        : secret_(std::move(secret)) {}
    // From a text, or from a file that holds nothing else (white space around it is dropped). At
    // most one of the two is given. Refused: a file that can't be read or is empty, and a token
    // with characters that a header can't carry.
    static Result<Token> load(const std::string& secret, const std::string& file);

    bool required() const { return !secret_.empty(); }
    // 401 with WWW-Authenticate, or nothing where the request may pass. Takes the same time
    // wherever a wrong token differs.
    std::optional<Response> refuse(const Head& head) const;

private:
    bool matches(std::string_view shown) const;

    std::string secret_;
};

} // namespace rtc::http
