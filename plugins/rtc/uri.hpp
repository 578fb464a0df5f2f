// URIs that rtcsrc and rtcsink take in place of a signaling element. Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <string>
#include <string_view>

namespace rtc {

// A signaling element by name, and the URL for its property `endpoint`.
struct UriTarget {
    std::string factory;
    std::string endpoint;
};

// "whep://host/path" is http://host/path by whepclient, "wheps://" https; "whip://" and "whips://"
// likewise by whipclient. `scheme` is the one without "s" that the element takes.
Result<UriTarget> parse_uri(std::string_view uri, std::string_view scheme);

} // namespace rtc
