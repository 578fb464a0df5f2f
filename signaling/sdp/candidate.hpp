// ICE candidates as text (RFC 8839 section 5.1). Pure.
#pragma once

#include <glib.h>

#include <optional>
#include <string>
#include <string_view>

namespace rtc::sdp {

struct Candidate {
    std::string foundation;
    guint component = 1;   // 1 RTP, 2 RTCP
    std::string transport; // lower case: "udp", "tcp"
    guint32 priority = 0;
    std::string address; // an IP literal or a name
    guint port = 0;
    std::string type; // lower case: "host", "srflx", "prflx", "relay"
    std::string related_address;
    guint related_port = 0;
    std::string tcp_type;   // "active", "passive", "so" (RFC 6544); "" for UDP
    std::string extensions; // what else the line says, as written: "generation 0 ufrag abcd"

    bool is_mdns() const; // a ".local" name that hides an address
    bool is_ip_literal() const;
    // The same for each way to write one IP address; the name where it is a name.
    std::string canonical_address() const;
    // A port that a peer may have, rather than a server.
    bool has_peers_port() const;
    // A session can use it: UDP or TCP with the IP address of one host and a port, and not for RTCP
    // alone.
    bool is_usable() const;
    // "candidate:…", the form that webrtcbin takes: up to 1.22 it reads a string without that
    // prefix as "no more candidates".
    std::string to_string() const;
};

// Reads a candidate, with or without "a=" and "candidate:" before it and a line end behind it.
// Nothing for what is not one, or longer than 1024 bytes.
std::optional<Candidate> parse_candidate(std::string_view text);

// Whether the address is private, loopback, link-local, unspecified or multicast: one that a
// stranger should not make us send to.
bool is_local_address(std::string_view address);

} // namespace rtc::sdp
