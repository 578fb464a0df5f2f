#include "plugins/rtc/uri.hpp"

#include "signaling/http/url.hpp"

#include <glib.h>

namespace rtc {

Result<UriTarget> parse_uri(std::string_view uri, std::string_view scheme) {
    auto colon = uri.find("://");
    std::string given(uri.substr(0, colon));
    for (auto& c : given)
        c = g_ascii_tolower(c);
    std::string plain(scheme), secure = plain + "s";
    if (colon == uri.npos || (given != plain && given != secure))
        return Error{"The URI must begin with " + plain + ":// or " + secure + "://"};
    auto rest = std::string(uri.substr(colon));
    auto endpoint = http::parse_url((given == secure ? "https" : "http") + rest);
    if (!endpoint)
        return Error{"The URI can't be used: " + endpoint.error().message};
    return UriTarget{plain + "client", std::move(*endpoint)};
}

} // namespace rtc
