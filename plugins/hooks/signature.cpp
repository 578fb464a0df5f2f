#include "plugins/hooks/signature.hpp"

#include "signaling/base/refs.hpp"
#include "signaling/http/message.hpp"

#include <array>

namespace rtc {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr size_t sha256_bytes = 32;
// What Standard Webhooks asks for is 24; shorter ones can be guessed.
constexpr size_t least_bytes = 16;

const guchar* bytes_of(std::string_view text) {
    return reinterpret_cast<const guchar*>(text.data());
}

} // namespace

Result<SecretText> parse_webhook_secret(std::string_view text) {
    std::string written(trim(text));
    SecretText key(written);
    if (written.starts_with(prefix)) {
        gsize size = 0;
        auto* decoded =
            reinterpret_cast<char*>(g_base64_decode(written.c_str() + prefix.size(), &size));
        key = SecretText({decoded, size});
        wipe_and_free(decoded, size);
    }
    wipe(written);
    if (key.view().size() < least_bytes)
        return Error{"the webhook's secret is shorter than 16 bytes; make one, for example with "
                     "\"openssl rand -hex 32\""};
    return key;
}

std::string sign_webhook(std::string_view key, std::string_view id, gint64 timestamp,
                         std::string_view body) {
    auto head = std::string(id) + "." + std::to_string(timestamp) + ".";
    auto* hmac = g_hmac_new(G_CHECKSUM_SHA256, bytes_of(key), key.size());
    g_hmac_update(hmac, bytes_of(head), gssize(head.size()));
    g_hmac_update(hmac, bytes_of(body), gssize(body.size()));
    std::array<guint8, sha256_bytes> digest{};
    gsize size = digest.size();
    g_hmac_get_digest(hmac, digest.data(), &size);
    g_hmac_unref(hmac);
    Owned<char> text{g_base64_encode(digest.data(), size)};
    return std::string("v1,") + text.get();
}

} // namespace rtc
