// What /status says: what a server serves, and to whom. Pure.
#pragma once

#include <glib.h>

#include <span>
#include <string>
#include <vector>

namespace rtc::http {

struct PeerStatus {
    std::string id;    // a public one: nothing can be done with it
    std::string name;  // for people
    std::string room;  // "" for none
    gint64 since = 0;  // seconds since 1970, UTC
    std::string state; // "connecting" until it is answered, then "connected"
};

struct EndpointStatus {
    std::string kind; // "whip", "whep"
    std::string path;
    bool live = false; // a request would be served now
    bool token_required = false;
    std::vector<PeerStatus> peers; // that may be seen
    size_t sessions = 0;           // of all peers
};

// {"version": "0.1.0", "endpoints": [{"kind": "whip", "path": "/whip", "live": true,
//  "token_required": false, "sessions": 1, "peers": [{"id": "…", "name": "Bob", "since":
//  "2025-01-31T12:00:00Z", "state": "connected"}]}]}
std::string status_json(std::span<const EndpointStatus> endpoints);

} // namespace rtc::http
