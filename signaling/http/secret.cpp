#include "signaling/http/secret.hpp"

#include "signaling/http/message.hpp"

#include <algorithm>

namespace rtc::http {

Result<std::string> read_secret(const std::string& text, const std::string& file) {
    if (!file.empty() && !text.empty())
        return Error{"both token and token-file are set; set one of them"};
    auto secret = text;
    if (!file.empty()) {
        char* data = nullptr;
        gsize size = 0;
        GError* failure = nullptr;
        if (!g_file_get_contents(file.c_str(), &data, &size, &failure)) {
            Owned<GError> error{failure};
            return Error{std::string("the token file can't be read: ") + error->message};
        }
        Owned<char> content{data};
        secret = trim({data, size});
        if (secret.empty())
            return Error{"the token file " + file + " is empty; write the token into it"};
    }
    bool sendable =
        std::all_of(secret.begin(), secret.end(), [](char c) { return g_ascii_isgraph(c); });
    if (!sendable)
        return Error{"the token has white space or characters outside ASCII, which an HTTP header "
                     "can't carry; choose another"};
    return secret;
}

std::string secret_digest(std::string_view secret) {
    Owned<GChecksum> checksum{g_checksum_new(G_CHECKSUM_SHA256)};
    g_checksum_update(checksum.get(), reinterpret_cast<const guchar*>(secret.data()),
                      gssize(secret.size()));
    return g_checksum_get_string(checksum.get());
}

bool equal_secrets(std::string_view secret, std::string_view shown) {
    unsigned difference = secret.size() != shown.size();
    if (secret.empty())
        return !difference;
    for (size_t i = 0; i < shown.size(); i++)
        difference |= unsigned(secret[i % secret.size()] ^ shown[i]);
    return !difference;
}

} // namespace rtc::http
