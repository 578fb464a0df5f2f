#include "signaling/sdp/iceserver.hpp"

#include "signaling/sdp/text.hpp"

#include <gio/gio.h>

#include <algorithm>
#include <optional>

namespace rtc::sdp {
namespace {

using Scheme = IceServer::Scheme;
constexpr size_t longest_uri = 4096;
constexpr Scheme all_schemes[] = {Scheme::stun, Scheme::stuns, Scheme::turn, Scheme::turns};

std::optional<Scheme> parse_scheme(std::string_view name) {
    for (auto scheme : all_schemes)
        if (equal_ignoring_case(name, to_string(scheme)))
            return scheme;
    return std::nullopt;
}

guint default_port(Scheme scheme) {
    return scheme == Scheme::stuns || scheme == Scheme::turns ? 5349 : 3478;
}

bool is_host(std::string_view host, bool bracketed) {
    if (bracketed) // GLib would take a zone too, with anything in it, and stop at a zero byte
        return host.find(':') != host.npos &&
               host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos &&
               g_hostname_is_ip_address(std::string(host).c_str());
    return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
        return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
    });
}

// <host>, <host>:<port>, or the same with [<IPv6>]
Result<void> read_address(IceServer& server, std::string_view text) {
    bool bracketed = text.starts_with('[');
    std::string_view host;
    if (bracketed) {
        text.remove_prefix(1);
        auto end = text.find(']');
        if (end == text.npos)
            return Error{"an IPv6 address lacks its closing bracket"};
        host = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (!text.empty() && text[0] != ':')
            return Error{"text follows the IPv6 address in brackets"};
    } else {
        host = text.substr(0, text.find(':'));
        text.remove_prefix(host.size());
    }
    if (!is_host(host, bracketed))
        return Error{"the host is not a name, an IPv4 address, or an IPv6 address in brackets"};
    server.host = host;
    if (text.empty())
        return {};
    auto port = text::number(text.substr(1), 65535);
    if (!port || *port == 0)
        return Error{"the port is not a number from 1 to 65535"};
    server.port = guint(*port);
    return {};
}

// RFC 8489 section 14.3: UTF-8, shorter than 509 bytes.
bool is_login_text(std::string_view text) {
    return text.size() <= 512 && !text::has_control_characters(text) &&
           g_utf8_validate(text.data(), gssize(text.size()), nullptr);
}

// <user>:<credential>, each percent-encoded
Result<void> read_user(IceServer& server, std::string_view text) {
    if (!server.is_turn())
        return Error{"a STUN server takes no user name"};
    auto colon = text.find(':');
    if (colon == text.npos || colon == 0)
        return Error{"what stands before the @ is not user:credential"};
    auto user = text::percent_decode(text.substr(0, colon));
    auto credential = text::percent_decode(text.substr(colon + 1));
    if (!user || !credential)
        return Error{"the user name or credential is not percent-encoded as RFC 3986 says"};
    if (!is_login_text(*user) || !is_login_text(*credential))
        return Error{"the user name or credential is no UTF-8 text without control characters of "
                     "at most 512 bytes"};
    server.user = *user;
    server.credential = *credential;
    return {};
}

Result<void> read_query(IceServer& server, std::string_view text) {
    auto transport = text::lower(text);
    if (!server.is_turn() || (transport != "transport=udp" && transport != "transport=tcp"))
        return Error{"all that may follow the ? of a TURN server is transport=udp or "
                     "transport=tcp"};
    server.transport = transport.substr(transport.size() - 3);
    return {};
}

Result<void> read_uri(IceServer& server, std::string_view uri) {
    auto colon = uri.find(':');
    auto scheme = parse_scheme(uri.substr(0, colon));
    if (colon == uri.npos || !scheme)
        return Error{"it begins with none of stun:, stuns:, turn:, turns:"};
    server.scheme = *scheme;
    server.port = default_port(*scheme);
    uri.remove_prefix(colon + 1);
    if (uri.starts_with("//"))
        uri.remove_prefix(2);
    if (auto at = uri.rfind('@'); at != uri.npos) {
        if (auto read = read_user(server, uri.substr(0, at)); !read)
            return read;
        uri.remove_prefix(at + 1);
    }
    if (auto mark = uri.find('?'); mark != uri.npos) {
        if (auto read = read_query(server, uri.substr(mark + 1)); !read)
            return read;
        uri = uri.substr(0, mark);
    }
    if (uri.ends_with('/'))
        uri.remove_suffix(1);
    return read_address(server, uri);
}

std::string address_of(const IceServer& server) {
    bool is_ipv6 = server.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

std::string query_of(const IceServer& server) {
    return server.transport.empty() ? "" : "?transport=" + server.transport;
}

// A quoted-string of RFC 9110 section 5.6.4.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        if (!g_ascii_iscntrl(c))
            result += c;
    }
    return result + "\"";
}

} // namespace

const char* to_string(IceServer::Scheme scheme) {
    switch (scheme) {
    case Scheme::stun:
        return "stun";
    case Scheme::stuns:
        return "stuns";
    case Scheme::turn:
        return "turn";
    case Scheme::turns:
        break;
    }
    return "turns";
}

std::string IceServer::to_uri() const {
    std::string login;
    if (!user.empty())
        login = text::percent_encode(user) + ":" + text::percent_encode(credential) + "@";
    return std::string(to_string(scheme)) + "://" + login + address_of(*this) + query_of(*this);
}

std::string IceServer::to_rfc_uri() const {
    return std::string(to_string(scheme)) + ":" + address_of(*this) + query_of(*this);
}

std::string IceServer::redacted() const {
    auto login = user.empty() ? "" : text::percent_encode(user) + ":***@";
    return std::string(to_string(scheme)) + "://" + login + address_of(*this) + query_of(*this);
}

Result<IceServer> parse_ice_server(std::string_view uri) {
    uri = trim(uri);
    IceServer server;
    auto read = uri.size() > longest_uri ? Result<void>(Error{"it is longer than 4096 bytes"})
                                         : read_uri(server, uri);
    if (read)
        return server;
    // The text isn't repeated: it may hold a credential.
    return Error{"an ICE server can't be used: " + read.error().message +
                 " (write stun://host:port or turn://user:credential@host:port?transport=udp)"};
}

Result<std::vector<IceServer>> parse_ice_servers(std::string_view list) {
    std::string spaced(list);
    std::replace_if(
        spaced.begin(), spaced.end(), [](char c) { return c == ',' || g_ascii_isspace(c); }, ' ');
    std::vector<IceServer> result;
    for (auto uri : text::words(spaced)) {
        auto server = parse_ice_server(uri);
        if (!server)
            return server.error();
        result.push_back(*server);
    }
    return result;
}

std::string to_link_header(const IceServer& server) {
    auto result = "<" + server.to_rfc_uri() + ">; rel=\"ice-server\"";
    if (!server.user.empty())
        result += "; username=" + quoted(server.user) +
                  "; credential=" + quoted(server.credential) + "; credential-type=\"password\"";
    return result;
}

} // namespace rtc::sdp
