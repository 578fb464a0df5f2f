#include "signaling/room-server/options.hpp"

#include <algorithm>

namespace rtc {
namespace {

using O = RoomServerOptions;

const Property<O> table[] = {
    {"address", "IP address to listen on; 0.0.0.0 takes all of IPv4, :: those of IPv6 too",
     &O::address},
    {"port", "TCP port to listen on; 0 takes any free one", &O::port, 0, 65535},
    {"path", "Path that the rooms are at or below", &O::path},
    {"rooms-by-path", "Whether each path is a room of its own; else all are in one",
     &O::rooms_by_path},
    {"tls-certificate", "PEM file with the certificate (and its chain), for wss://",
     &O::tls_certificate},
    {"tls-key", "PEM file with its private key; empty: it is in tls-certificate", &O::tls_key},
    {"token-file", "File with the bearer tokens that peers must show, one a line", &O::token_file},
    {"jwt-key-file", "PEM file with the key that JSON Web Tokens are signed with",
     &O::jwt_key_file},
    {"jwt-jwks-file", "File with a JSON Web Key Set for the same", &O::jwt_jwks_file},
    {"jwt-algorithm", "The one algorithm that they may be signed with; empty: the key's own",
     &O::jwt_algorithm},
    {"jwt-issuer", "What the claim iss must be; empty: anything", &O::jwt_issuer},
    {"jwt-audience", "What the claim aud must have; empty: anything", &O::jwt_audience},
    {"auth-url", "URL of a service that is asked, by a POST of JSON, whether a peer may join",
     &O::auth_url},
    {"auth-timeout", "How long that service may take, in milliseconds", &O::auth_timeout, 1, 60000},
    {"end-with-token",
     "Whether a peer is closed when its token is taken out of the file or expires; not with "
     "auth-url",
     &O::end_with_token},
    {"public-url", "Scheme and host by which peers reach this server through a proxy",
     &O::public_url},
    {"trusted-proxies",
     "Addresses and networks of proxies whose word for a client's address counts",
     &O::trusted_proxies},
    {"cors-origin", "Origins whose pages may connect: *, a list, or empty for none",
     &O::cors_origin},
    {"max-peers", "How many peers may be connected at once", &O::max_peers, 1},
    {"max-peers-per-address",
     "How many of them from one IP address (of IPv6, from a /64); 0 is half of max-peers, and as "
     "many as there are for this machine's own addresses",
     &O::max_peers_per_address},
    {"max-sessions", "How many sessions there may be at once in a room", &O::max_sessions, 1},
    {"max-sessions-per-peer", "How many of them with one and the same peer",
     &O::max_sessions_per_peer, 1},
    {"max-message-size", "Largest message of a peer, in bytes", &O::max_message_size, 1024,
     16 * 1024 * 1024},
    {"rate-limit", "Messages of one peer per second, four times as many at once; 0 is no limit",
     &O::rate_limit, 0, 100000},
    {"ping-interval", "How often peers are asked whether they are there, in seconds",
     &O::ping_interval, 1, 3600},
    {"monitor-address", "IP address for /health and /metrics on monitor-port", &O::monitor_address},
    {"monitor-port", "TCP port for /health and /metrics; 0: that of the rooms", &O::monitor_port, 0,
     65535},
    {"drain-timeout", "How long SIGTERM waits for the last session, in seconds", &O::drain_timeout,
     0, 86400},
    {"redis", "host:port of a Redis that several servers share; empty: this one is alone",
     &O::redis},
    {"redis-password-file", "File with the password of Redis", &O::redis_password_file},
    {"redis-prefix",
     "What all names in Redis begin with: servers with one prefix share their rooms",
     &O::redis_prefix},
    {"redis-expiry", "After how much silence a server is taken for gone, in milliseconds",
     &O::redis_expiry, 300, 600000},
};

Result<void> set_number(guint& value, const Property<O>& row, const std::string& text) {
    guint64 number = 0;
    auto low = guint64(row.minimum), high = guint64(row.maximum);
    if (!g_ascii_string_to_unsigned(text.c_str(), 10, low, high, &number, nullptr))
        return Error{std::string(row.name) + " takes a number from " + std::to_string(low) +
                     " to " + std::to_string(high)};
    value = guint(number);
    return {};
}

Result<void> set_bool(bool& value, const Property<O>& row, const std::string& text) {
    if (text != "true" && text != "false")
        return Error{std::string(row.name) + " is true or false"};
    value = text == "true";
    return {};
}

std::string default_of(const Property<O>& row) {
    static const O defaults;
    auto* text = std::get_if<std::string O::*>(&row.member);
    auto* number = std::get_if<guint O::*>(&row.member);
    auto* flag = std::get_if<bool O::*>(&row.member);
    if (text)
        return defaults.**text;
    if (number)
        return std::to_string(defaults.**number);
    return flag && defaults.**flag ? "true" : "false";
}

Result<void> read_config_file(O& options, const char* file) {
    char* data = nullptr;
    gsize size = 0;
    GError* failure = nullptr;
    if (!g_file_get_contents(file, &data, &size, &failure)) {
        Owned<GError> error{failure};
        return Error{std::string("the configuration can't be read: ") + error->message};
    }
    Owned<char> content{data};
    auto read = read_config(options, {data, size});
    if (!read)
        return Error{std::string(file) + ": " + read.error().message};
    return {};
}

} // namespace

std::span<const Property<RoomServerOptions>> room_server_options() {
    return table;
}

Result<void> set_option(O& options, std::string_view name, const std::string& text) {
    auto row = std::ranges::find_if(table, [&](const auto& r) { return name == r.name; });
    if (row == std::end(table))
        return Error{"there is no option \"" + std::string(name) + "\"; --help lists all"};
    if (auto* flag = std::get_if<bool O::*>(&row->member))
        return set_bool(options.**flag, *row, text);
    if (auto* number = std::get_if<guint O::*>(&row->member))
        return set_number(options.**number, *row, text);
    options.*std::get<std::string O::*>(row->member) = text;
    return {};
}

Result<void> read_config(O& options, const std::string& text) {
    Owned<GKeyFile> file{g_key_file_new()};
    GError* failure = nullptr;
    if (!g_key_file_load_from_data(file.get(), text.data(), text.size(), G_KEY_FILE_NONE,
                                   &failure)) {
        Owned<GError> error{failure};
        return Error{error->message};
    }
    if (!g_key_file_has_group(file.get(), "server"))
        return Error{"there is no group [server] in it"};
    char** keys = g_key_file_get_keys(file.get(), "server", nullptr, nullptr);
    Result<void> result;
    for (auto** key = keys; *key && result; key++) {
        Owned<char> value{g_key_file_get_string(file.get(), "server", *key, nullptr)};
        result = set_option(options, *key, value ? value.get() : "");
    }
    g_strfreev(keys);
    return result;
}

Result<RoomServerOptions> read_arguments(std::span<char* const> arguments) {
    O options;
    constexpr std::string_view config = "--config=";
    for (std::string_view argument : arguments)
        if (argument.starts_with(config))
            if (auto read = read_config_file(options, argument.data() + config.size()); !read)
                return read.error();
    for (std::string_view argument : arguments) {
        if (argument.starts_with(config))
            continue;
        if (!argument.starts_with("--"))
            return Error{"\"" + std::string(argument) + "\" is no option; --help lists all"};
        auto equals = argument.find('=');
        auto name = argument.substr(2, equals == argument.npos ? equals : equals - 2);
        auto value = equals == argument.npos ? "true" : argument.substr(equals + 1);
        if (auto set = set_option(options, name, std::string(value)); !set)
            return set.error();
    }
    return options;
}

std::string help_text() {
    std::string text =
        "Usage: rtc-room-server [--config=FILE] [--OPTION=VALUE ...]\n\n"
        "Serves rooms where WebRTC peers find each other, by the WebSocket protocol "
        "of webrtcsink, webrtcsrc and gstwebrtc-api.\nThe keys of the group [server] "
        "in FILE are the options.\n\n";
    for (const auto& row : table) {
        auto usual = default_of(row);
        text += std::string("  --") + row.name + "\n        " + row.blurb +
                (usual.empty() ? "" : " (" + usual + ")") + "\n";
    }
    return text;
}

} // namespace rtc
