// How much of a server one address may take. Pure.
#pragma once

#include <glib.h>

#include <string>

namespace rtc::http {

// limit: as it was set; 0 for half of `all`, so that nobody keeps everybody else out. This
// machine's own addresses then have it all: a reverse proxy whose word isn't believed
// (trusted-proxies) is everybody.
guint most_of_an_address(const std::string& address, guint limit, guint all);

} // namespace rtc::http
