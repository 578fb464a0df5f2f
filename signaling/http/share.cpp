#include "signaling/http/share.hpp"

#include "signaling/base/refs.hpp"

#include <gio/gio.h>

#include <algorithm>

namespace rtc::http {
namespace {

bool is_of_this_machine(const std::string& address) {
    auto inet = adopt(g_inet_address_new_from_string(address.c_str()));
    return inet && g_inet_address_get_is_loopback(inet.get());
}

} // namespace

guint most_of_an_address(const std::string& address, guint limit, guint all) {
    if (limit > 0)
        return limit;
    return is_of_this_machine(address) ? all : std::max(all / 2, 1U);
}

} // namespace rtc::http
