#include "signaling/http/proxies.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty())
        parts.push_back(trim(take(text, separator)));
    return parts;
}

// The value of a pair in an element of Forwarded: `for="[2001:db8::1]:4711";proto=https`.
std::string_view pair(std::string_view element, std::string_view name) {
    for (auto text : split(element, ';')) {
        auto equals = text.find('=');
        if (equals == text.npos || !equal_ignoring_case(trim(text.substr(0, equals)), name))
            continue;
        auto value = trim(text.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

// An IP address without port and brackets; "" for what is none ("unknown", "_hidden").
std::string address_in(std::string_view text) {
    if (text.starts_with('['))
        text = text.substr(1, text.find(']') - 1);
    else if (std::count(text.begin(), text.end(), ':') == 1)
        text = text.substr(0, text.find(':'));
    auto parsed = adopt(g_inet_address_new_from_string(std::string(text).c_str()));
    Owned<char> plain{parsed ? g_inet_address_to_string(parsed.get()) : nullptr};
    return plain ? plain.get() : "";
}

bool is_authority(std::string_view host) {
    return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
        return g_ascii_isalnum(c) || std::string_view(".-_:[]").find(c) != std::string_view::npos;
    });
}

struct Hop {
    std::string_view address; // as it is written
    std::string_view proto, host;
};

// What the proxies say, the nearest last.
std::vector<Hop> hops(const Head& head) {
    std::vector<Hop> result;
    for (auto element : split(head.header("Forwarded"), ','))
        result.push_back({pair(element, "for"), pair(element, "proto"), pair(element, "host")});
    if (!result.empty())
        return result;
    for (auto text : split(head.header("X-Forwarded-For"), ','))
        result.push_back({text, {}, {}});
    auto protos = split(head.header("X-Forwarded-Proto"), ',');
    auto hosts = split(head.header("X-Forwarded-Host"), ',');
    if (!result.empty() && !protos.empty())
        result.back().proto = protos.back();
    if (!result.empty() && !hosts.empty())
        result.back().host = hosts.back();
    return result;
}

} // namespace

Result<Proxies> Proxies::parse(std::string_view list) {
    Proxies proxies;
    for (std::string text(list); !trim(text).empty();) {
        std::string_view rest = trim(text);
        std::string item(rest.substr(0, rest.find_first_of(", \t\r\n")));
        std::string after(rest.substr(std::min(item.size() + 1, rest.size())));
        if (!item.empty()) {
            auto mask = adopt(g_inet_address_mask_new_from_string(item.c_str(), nullptr));
            if (!mask)
                return Error{"\"" + item +
                             "\" in trusted-proxies is neither an IP address nor a "
                             "network like 10.0.0.0/8"};
            proxies.masks_.push_back(std::move(mask));
        }
        text = after;
    }
    return proxies;
}

bool Proxies::trusts(const std::string& address) const {
    auto inet = adopt(g_inet_address_new_from_string(address.c_str()));
    return inet && std::any_of(masks_.begin(), masks_.end(), [&](const auto& mask) {
               return g_inet_address_mask_matches(mask.get(), inet.get());
           });
}

void Proxies::apply(Head& head) const {
    if (!trusts(head.address))
        return;
    auto chain = hops(head);
    for (auto hop = chain.rbegin(); hop != chain.rend() && trusts(head.address); ++hop) {
        auto address = address_in(hop->address);
        if (address.empty())
            return;
        head.address = std::move(address);
        auto scheme_end = head.origin.find("://");
        if (equal_ignoring_case(hop->proto, "https") || equal_ignoring_case(hop->proto, "http"))
            head.origin = (equal_ignoring_case(hop->proto, "https") ? "https" : "http") +
                          head.origin.substr(scheme_end);
        if (is_authority(hop->host))
            head.origin =
                head.origin.substr(0, head.origin.find("://")) + "://" + std::string(hop->host);
    }
}

} // namespace rtc::http
