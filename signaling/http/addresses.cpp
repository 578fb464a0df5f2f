#include "signaling/http/addresses.hpp"

#include "signaling/base/refs.hpp"

#include <gio/gio.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

namespace rtc::http {
namespace {

size_t size_of(const sockaddr* address) {
    return address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::vector<std::string> interface_addresses(bool with_ipv6) {
    std::vector<std::string> result;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0)
        return result;
    for (auto* entry = list; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP) || entry->ifa_flags & IFF_LOOPBACK)
            continue;
        auto family = entry->ifa_addr->sa_family;
        if (family != AF_INET && !(family == AF_INET6 && with_ipv6))
            continue;
        auto address =
            adopt(g_socket_address_new_from_native(entry->ifa_addr, size_of(entry->ifa_addr)));
        auto* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address.get()));
        if (g_inet_address_get_is_link_local(inet))
            continue;
        Owned<char> text{g_inet_address_to_string(inet)};
        if (std::find(result.begin(), result.end(), text.get()) == result.end())
            result.emplace_back(text.get());
    }
    freeifaddrs(list);
    return result;
}

} // namespace

std::vector<std::string> reachable_authorities(const std::string& address, unsigned port) {
    std::vector<std::string> hosts{address};
    if (address == "0.0.0.0" || address == "::") {
        hosts = interface_addresses(address == "::");
        hosts.insert(hosts.begin(), "localhost");
    }
    for (auto& host : hosts)
        host = (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port);
    return hosts;
}

std::string client_of(const std::string& address) {
    constexpr gsize network = 8; // bytes
    if (address.find(':') == address.npos)
        return address;
    auto parsed = adopt(g_inet_address_new_from_string(address.c_str()));
    if (!parsed || g_inet_address_get_family(parsed.get()) != G_SOCKET_FAMILY_IPV6)
        return address;
    guint8 bytes[16] = {};
    std::copy_n(g_inet_address_to_bytes(parsed.get()), network, bytes);
    auto first = adopt(g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV6));
    Owned<char> text{g_inet_address_to_string(first.get())};
    return std::string(text.get()) + "/64";
}

} // namespace rtc::http
