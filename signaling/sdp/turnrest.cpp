#include "signaling/sdp/turnrest.hpp"

#include "signaling/base/refs.hpp"

namespace rtc::sdp {

IceServer with_time_limit(IceServer server, std::string_view secret, std::string_view name,
                          gint64 expiry) {
    server.user = std::to_string(expiry) + ":" + std::string(name);
    GHmac* hmac =
        g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(secret.data()), secret.size());
    g_hmac_update(hmac, reinterpret_cast<const guchar*>(server.user.data()),
                  gssize(server.user.size()));
    guint8 digest[20];
    gsize size = sizeof digest;
    g_hmac_get_digest(hmac, digest, &size);
    g_hmac_unref(hmac);
    Owned<char> text{g_base64_encode(digest, size)};
    server.credential = text.get();
    return server;
}

} // namespace rtc::sdp
