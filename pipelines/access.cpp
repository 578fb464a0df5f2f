#include "pipelines/access.hpp"

#include "signaling/base/refs.hpp"

#include <gio/gio.h>

#include <algorithm>
#include <string>

namespace rtc {
namespace {

// "" where there is no such property.
std::string text_of(GstElement* element, const char* property) {
    char* text = nullptr;
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
        g_object_get(element, property, &text, nullptr);
    Owned<char> owned{text};
    return text ? text : "";
}

bool is_localhost(const std::string& address) {
    auto inet = adopt(g_inet_address_new_from_string(address.c_str()));
    return inet && g_inet_address_get_is_loopback(inet.get());
}

} // namespace

bool lets_anybody_in(GstElement* signaling, bool has_token) {
    auto address = text_of(signaling, "address"); // "" of what doesn't listen
    if (has_token || address.empty() || is_localhost(address))
        return false;
    const char* judges[] = {"token-file", "jwt-key-file", "jwt-jwks-file", "auth-url"};
    return std::ranges::all_of(
        judges, [&](const char* judge) { return text_of(signaling, judge).empty(); });
}

} // namespace rtc
