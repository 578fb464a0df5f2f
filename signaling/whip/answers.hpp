// The answers that WHIP and WHEP requests have in common. Pure.
#pragma once

#include "signaling/http/message.hpp"
#include "signaling/lib/rtcsignaling.h"

namespace rtc::whip {

inline constexpr const char* sdp_type = "application/sdp";

// 128 random bits, more than the 122 of a UUID.
inline constexpr size_t secret_bytes = 16;
inline constexpr size_t id_bytes = 6;

// With Retry-After.
http::Response busy(guint status, std::string_view detail);
// To a POST whose session the host ended.
http::Response ended(GstRtcEndReason reason, std::string_view text);
http::Response no_such_session();

} // namespace rtc::whip
