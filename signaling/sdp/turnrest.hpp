// Credentials for a TURN server that are good for a while, made of a secret that the server knows
// too (draft-uberti-behave-turn-rest; coturn's use-auth-secret). Pure.
#pragma once

#include "signaling/sdp/iceserver.hpp"

namespace rtc::sdp {

// The server with the user "expiry:name" (seconds since 1970) and the base64 of its HMAC-SHA1.
IceServer with_time_limit(IceServer server, std::string_view secret, std::string_view name,
                          gint64 expiry);

} // namespace rtc::sdp
