// What a WHIP or WHEP server asks of an offer, beyond what any WebRTC description must be. Pure.
#pragma once

#include "signaling/whip/resource.hpp"

namespace rtc::whip {

struct Offer {
    std::vector<std::string> mids; // by m-line
    std::set<std::string> ufrags;
};

// 400 for what is no description, 422 for one that can't be served (RFC 9725 section 4.4: the
// whole of it, never single media sections).
std::variant<Offer, http::Response> read_offer(Kind kind, std::string_view sdp);

} // namespace rtc::whip
