#include "signaling/sdp/candidate.hpp"

#include "signaling/base/refs.hpp"
#include "signaling/sdp/text.hpp"

#include <gio/gio.h>

#include <algorithm>

namespace rtc::sdp {
namespace {

constexpr size_t longest_line = 1024;
constexpr size_t longest_address = 255;

// An IP literal or a domain name.
bool is_address(std::string_view text) {
    return !text.empty() && text.size() <= longest_address &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return g_ascii_isalnum(c) || c == '.' || c == ':' || c == '-' || c == '_' ||
                      c == '%';
           });
}

bool is_literal(const std::string& address) {
    // A zone ("%eth0") names a link of the peer's, and means nothing here.
    return address.find('%') == std::string::npos && g_hostname_is_ip_address(address.c_str());
}

// An IPv4 address in one of IPv6 is taken for what it is.
Ref<GInetAddress> parse_address(const std::string& text) {
    static constexpr guint8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    auto address = adopt(is_literal(text) ? g_inet_address_new_from_string(text.c_str()) : nullptr);
    if (!address || g_inet_address_get_family(address.get()) != G_SOCKET_FAMILY_IPV6)
        return address;
    const auto* bytes = g_inet_address_to_bytes(address.get());
    if (!std::equal(std::begin(mapped), std::end(mapped), bytes))
        return address;
    return adopt(g_inet_address_new_from_bytes(bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4));
}

bool is_ipv4(GInetAddress* address) {
    return g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
}

// One host's: not "this network", reserved or broadcast (RFC 6890), unspecified or multicast.
bool is_one_host(GInetAddress* address) {
    auto first = g_inet_address_to_bytes(address)[0];
    return !(is_ipv4(address) && (first == 0 || first >= 240)) &&
           !g_inet_address_get_is_any(address) && !g_inet_address_get_is_multicast(address);
}

bool is_token(std::string_view text, size_t longest) {
    return !text.empty() && text.size() <= longest &&
           std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isgraph(c); });
}

void remove_prefix(std::string_view& text, std::string_view prefix) {
    if (text.starts_with(prefix))
        text.remove_prefix(prefix.size());
}

// The pairs behind the type: raddr, rport and tcptype are known, others are kept as they are.
bool read_pairs(Candidate& candidate, const std::vector<std::string_view>& words, size_t i) {
    bool has_port = false;
    for (; i < words.size(); i += 2) {
        if (i + 1 >= words.size())
            return false;
        auto key = words[i], value = words[i + 1];
        if (key == "raddr") {
            if (!is_address(value))
                return false;
            candidate.related_address = value;
        } else if (key == "rport") {
            auto port = text::number(value, 65535);
            if (!port)
                return false;
            candidate.related_port = guint(*port);
            has_port = true;
        } else if (key == "tcptype") {
            candidate.tcp_type = text::lower(value);
        } else {
            if (!candidate.extensions.empty())
                candidate.extensions += ' ';
            candidate.extensions.append(key).append(" ").append(value);
        }
    }
    return has_port || candidate.related_address.empty();
}

} // namespace

bool Candidate::is_mdns() const {
    constexpr std::string_view ending = ".local";
    auto name = text::lower(address);
    return name.size() > ending.size() && name.ends_with(ending);
}

bool Candidate::is_ip_literal() const {
    return is_literal(address);
}

std::string Candidate::canonical_address() const {
    auto parsed = parse_address(address);
    Owned<char> text(parsed ? g_inet_address_to_string(parsed.get()) : nullptr);
    return text ? text.get() : address;
}

// Below 1024 are servers' ports: what browsers (libwebrtc) take of them is taken here, too.
bool Candidate::has_peers_port() const {
    if (tcp_type == "active") // it has none
        return port > 0;
    return port >= 1024 || ((port == 80 || port == 443) && !is_local_address(address));
}

bool Candidate::is_usable() const {
    auto parsed = parse_address(address);
    if (!parsed || !is_one_host(parsed.get()) || !has_peers_port() || component != 1)
        return false;
    if (type != "host" && type != "srflx" && type != "prflx" && type != "relay")
        return false;
    if (transport == "udp")
        return true;
    return transport == "tcp" &&
           (tcp_type == "active" || tcp_type == "passive" || tcp_type == "so");
}

std::string Candidate::to_string() const {
    auto result = "candidate:" + foundation + " " + std::to_string(component) + " " + transport +
                  " " + std::to_string(priority) + " " + address + " " + std::to_string(port) +
                  " typ " + type;
    if (!related_address.empty())
        result += " raddr " + related_address + " rport " + std::to_string(related_port);
    if (!tcp_type.empty())
        result += " tcptype " + tcp_type;
    if (!extensions.empty())
        result += " " + extensions;
    return result;
}

std::optional<Candidate> parse_candidate(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' '))
        text.remove_suffix(1);
    remove_prefix(text, "a=");
    remove_prefix(text, "candidate:");
    if (text.size() > longest_line)
        return std::nullopt;
    auto words = text::words(text);
    if (words.size() < 8 || words[6] != "typ" ||
        !std::all_of(words.begin(), words.end(),
                     [](std::string_view word) { return is_token(word, longest_address); }))
        return std::nullopt;
    auto component = text::number(words[1], 256);
    auto priority = text::number(words[3], G_MAXUINT32);
    auto port = text::number(words[5], 65535);
    if (!text::is_ice_chars(words[0], 1, 32) || !component || *component == 0 || !priority ||
        !is_address(words[4]) || !port)
        return std::nullopt;
    Candidate result{
        .foundation = std::string(words[0]),
        .component = guint(*component),
        .transport = text::lower(words[2]),
        .priority = guint32(*priority),
        .address = std::string(words[4]),
        .port = guint(*port),
        .type = text::lower(words[7]),
    };
    if (!read_pairs(result, words, 8))
        return std::nullopt;
    return result;
}

bool is_local_address(std::string_view address) {
    auto parsed = parse_address(std::string(address));
    auto* inet = parsed.get();
    if (!inet)
        return false;
    const auto* bytes = g_inet_address_to_bytes(inet);
    bool shared = is_ipv4(inet) && bytes[0] == 100 && (bytes[1] & 0xC0) == 64; // RFC 6598
    bool unique_local = !is_ipv4(inet) && (bytes[0] & 0xFE) == 0xFC;           // RFC 4193
    return shared || unique_local || !is_one_host(inet) || g_inet_address_get_is_loopback(inet) ||
           g_inet_address_get_is_link_local(inet) || g_inet_address_get_is_site_local(inet);
}

} // namespace rtc::sdp
