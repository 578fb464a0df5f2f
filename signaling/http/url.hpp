// URLs of HTTP (RFC 3986, RFC 9110), as a client meets them. Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <string>
#include <string_view>

namespace rtc::http {

// An http or https URL with a host. The error says what is wrong with it; one with a user or a
// password in it is refused, as URLs end up in logs, and one with what would not be sent.
Result<std::string> parse_url(std::string_view text);

// What a Location header means, seen from the URL that was asked. From https nothing leads to http.
Result<std::string> resolve_location(const std::string& base, std::string_view location);

// Scheme, host and, where it isn't the scheme's own, port: "https://live.example". "" for what is
// no URL.
std::string origin_of(const std::string& url);
std::string origin_of(GUri* uri);
std::string origin_of(GUri* uri, const std::string& scheme); // of another than the URL's own

// Without the query, which may hold secrets: for logs and messages.
std::string shown(const std::string& url);

} // namespace rtc::http
