#include "signaling/http/url.hpp"

#include "signaling/http/message.hpp"

namespace rtc::http {
namespace {

constexpr size_t longest_url = 4096;

// Queries stay as they are written: their meaning is the server's.
constexpr auto flags = GUriFlags(G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE);

Ref<GUri> parse(const std::string& url) {
    return adopt(g_uri_parse(url.c_str(), flags, nullptr));
}

bool is_https(GUri* uri) {
    return g_str_equal(g_uri_get_scheme(uri), "https");
}

Result<std::string> checked(Ref<GUri> uri) {
    auto scheme = uri ? std::string(g_uri_get_scheme(uri.get())) : "";
    if (scheme != "http" && scheme != "https")
        return Error{"it must be a URL that begins with https:// or http://"};
    auto* host = g_uri_get_host(uri.get());
    if (!host || !*host)
        return Error{"it names no host"};
    if (g_uri_get_userinfo(uri.get()))
        return Error{"it has a user or a password in it, which logs would show: use a token"};
    auto bare = adopt(g_uri_build(flags, g_uri_get_scheme(uri.get()), nullptr, host,
                                  g_uri_get_port(uri.get()), g_uri_get_path(uri.get()),
                                  g_uri_get_query(uri.get()), nullptr));
    Owned<char> text{g_uri_to_string(bare.get())};
    return std::string(text.get());
}

} // namespace

Result<std::string> parse_url(std::string_view text) {
    if (text.empty())
        return Error{"it is empty"};
    if (text.size() > longest_url)
        return Error{"it is longer than 4096 characters"};
    for (char c : text)
        if (g_ascii_isspace(c) || g_ascii_iscntrl(c))
            return Error{"it has a blank in it, or a control character: write it percent-encoded"};
    if (text.find('#') != text.npos)
        return Error{"it has a fragment (#…), which no server gets to see: leave that out"};
    return checked(parse(std::string(text)));
}

Result<std::string> resolve_location(const std::string& base, std::string_view location) {
    auto from = parse(base);
    if (!from || location.empty() || location.size() > longest_url)
        return Error{"the server sent no usable Location"};
    auto to =
        adopt(g_uri_parse_relative(from.get(), std::string(location).c_str(), flags, nullptr));
    auto url = checked(to);
    if (!url)
        return Error{"the server's Location can't be used: " + url.error().message};
    if (is_https(from.get()) && !is_https(to.get()))
        return Error{"the server's Location leads from https to http, which is not followed"};
    return url;
}

std::string origin_of(GUri* uri) {
    return origin_of(uri, g_uri_get_scheme(uri));
}

std::string origin_of(GUri* uri, const std::string& scheme) {
    std::string host = g_uri_get_host(uri);
    auto port = g_uri_get_port(uri);
    for (auto& c : host)
        c = g_ascii_tolower(c);
    if (host.find(':') != host.npos)
        host = "[" + host + "]";
    bool usual = port <= 0 || port == (scheme == "https" ? 443 : 80);
    return scheme + "://" + host + (usual ? "" : ":" + std::to_string(port));
}

std::string origin_of(const std::string& url) {
    auto uri = parse(url);
    return uri && g_uri_get_host(uri.get()) ? origin_of(uri.get()) : "";
}

std::string shown(const std::string& url) {
    return valid_text(url.substr(0, url.find_first_of("?#")));
}

} // namespace rtc::http
