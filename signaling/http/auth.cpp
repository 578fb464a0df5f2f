#include "signaling/http/auth.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

constexpr std::string_view scheme = "Bearer ";

// The shown token, or nothing where the header is of another scheme (RFC 6750 section 2.1).
std::optional<std::string_view> bearer(std::string_view authorization) {
    if (!equal_without_case(authorization.substr(0, scheme.size()), scheme))
        return std::nullopt;
    return trim(authorization.substr(scheme.size()));
}

std::string sha256(std::string_view text) {
    Owned<GChecksum> checksum{g_checksum_new(G_CHECKSUM_SHA256)};
    g_checksum_update(checksum.get(), reinterpret_cast<const guchar*>(text.data()),
                      gssize(text.size()));
    return g_checksum_get_string(checksum.get());
}

Response unauthorized(std::string_view detail, const char* challenge) {
    return problem(401, detail).with("WWW-Authenticate", challenge);
}

} // namespace

Result<Token> Token::load(const std::string& secret, const std::string& file) {
    if (file.empty() && secret.empty())
        return Token();
    if (!file.empty() && !secret.empty())
        return Error{"both token and token-file are set; set one of them"};
    std::string text = secret;
    if (!file.empty()) {
        char* data = nullptr;
        gsize size = 0;
        GError* failure = nullptr;
        if (!g_file_get_contents(file.c_str(), &data, &size, &failure)) {
            Owned<GError> error{failure};
            return Error{std::string("the token file can't be read: ") + error->message};
        }
        Owned<char> content{data};
        text = trim({data, size});
        if (text.empty())
            return Error{"the token file " + file + " is empty; write the token into it"};
    }
    bool sendable =
        std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isgraph(c); });
    if (!sendable)
        return Error{"the token has white space or characters outside ASCII, which an HTTP header "
                     "can't carry; choose another"};
    return Token(text);
}

bool Token::matches(std::string_view shown) const {
    // Digests have one length and tell nothing of the token: the loop below always runs to its end.
    auto mine = sha256(secret_);
    auto theirs = sha256(shown);
    unsigned difference = 0;
    for (size_t i = 0; i < mine.size(); i++)
        difference |= unsigned(mine[i] ^ theirs[i]);
    return difference == 0;
}

std::optional<Response> Token::refuse(const Head& head) const {
    if (!required())
        return std::nullopt;
    auto shown = bearer(head.header("Authorization"));
    if (!shown)
        return unauthorized("a token is needed: send it as Authorization: Bearer …",
                            "Bearer realm=\"gst-rtc\"");
    if (!matches(*shown))
        return unauthorized("the token is wrong",
                            "Bearer realm=\"gst-rtc\", error=\"invalid_token\"");
    return std::nullopt;
}

} // namespace rtc::http
