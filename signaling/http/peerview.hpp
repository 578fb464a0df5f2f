// Which peers of an endpoint a request to /status may see: those on paths that the token it shows
// is good for; all of them where no token is needed. Lives for one request.
#pragma once

#include "signaling/http/auth.hpp"
#include "signaling/http/ratelimit.hpp"

#include <map>

namespace rtc::http {

class PeerView {
public:
    // wrong: how often an address may show a wrong token here. It is not that of the endpoint: a
    // page that goes on asking with an old token must not lock its user out.
    PeerView(Auth& auth, RateLimit& wrong, const Head& head);

    // Whether a peer may be seen that is where the wish leads.
    bool shows(const Wish& wish);

private:
    bool judge(const Wish& wish);

    Auth& auth_;
    RateLimit& wrong_;
    const Head& head_;
    bool may_ask_;
    std::map<std::string, bool> known_; // by path
};

} // namespace rtc::http
