// STUN and TURN servers: as people write them, as webrtcbin takes them, and as HTTP Link headers
// carry them (RFC 9725 section 4.6). Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <string>
#include <string_view>
#include <vector>

namespace rtc::sdp {

struct IceServer {
    enum class Scheme { stun, stuns, turn, turns };

    Scheme scheme = Scheme::stun;
    std::string host;       // a name or an IP literal, IPv6 without brackets
    guint port = 3478;      // 5349 for stuns and turns where none is given
    std::string transport;  // "udp", "tcp", or "" where none is given (TURN only)
    std::string user;       // as it is, not percent-encoded (TURN only)
    std::string credential; // likewise; never logged

    bool is_turn() const { return scheme == Scheme::turn || scheme == Scheme::turns; }
    // As webrtcbin takes it: "stun://host:port", "turn://user:credential@host:port?transport=udp",
    // with each ":" and the like in user and credential percent-encoded.
    std::string to_uri() const;
    // As browsers take it (RFC 7064, RFC 7065): "turn:host:port?transport=udp".
    std::string to_rfc_uri() const;
    // to_uri() with the credential hidden, for logs.
    std::string redacted() const;
    bool operator==(const IceServer&) const = default;
};

const char* to_string(IceServer::Scheme scheme); // "stun", "turns"

// "stun:host[:port]", "stun://host:port", "turn://user:credential@host:port?transport=udp",
// "turn:host" and the same with stuns and turns; IPv6 in brackets, user and credential
// percent-encoded. The error never repeats the credential.
Result<IceServer> parse_ice_server(std::string_view uri);
// Several of them, separated by commas or white space.
Result<std::vector<IceServer>> parse_ice_servers(std::string_view list);

// The value of one Link header field: `<turn:host:3478?transport=udp>; rel="ice-server";
// username="…"; credential="…"; credential-type="password"`. One field a server.
std::string to_link_header(const IceServer& server);
// The ice-server links in the value of a Link header (RFC 8288), which may hold several links of
// any relation. What isn't well-formed is left out.
std::vector<IceServer> parse_link_header(std::string_view value);

} // namespace rtc::sdp
