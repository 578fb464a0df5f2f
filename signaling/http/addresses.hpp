// The addresses of this machine, and those of others.
#pragma once

#include <string>
#include <vector>

namespace rtc::http {

// URL authorities ("192.0.2.1:8080", "[2001:db8::1]:8080") at which others may reach what listens
// on the address: that one itself, or for 0.0.0.0 and :: "localhost" and then the address of each
// interface that is up, loopback and link-local ones left out.
std::vector<std::string> reachable_authorities(const std::string& listen_address, unsigned port);

// Whom an address counts for where each client has a share: of IPv6 the /64 ("2001:db8:1:2::/64"),
// which one client may have all of; any other text is its own. Pure.
std::string client_of(const std::string& address);

} // namespace rtc::http
