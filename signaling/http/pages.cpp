#include "signaling/http/pages.hpp"

#include <gio/gio.h>

extern "C" {
#include "gst-rtc-pages.h" // generated
}

namespace rtc::http {
namespace {

constexpr const char* prefix = "/gst-rtc/web/";

// Scripts, styles and pictures come from files of the pages' own; a page may talk to another server
// that is typed in.
constexpr const char* content_policy =
    "default-src 'self'; media-src 'self' blob:; connect-src *; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

Ref<GBytes> lookup(const std::string& name) {
    return adopt(g_resource_lookup_data(gst_rtc_pages_get_resource(), (prefix + name).c_str(),
                                        G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr));
}

} // namespace

std::string content_type_of(std::string_view name) {
    static constexpr struct {
        std::string_view ending, type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".m3u8", "application/vnd.apple.mpegurl"},
        {".ts", "video/mp2t"},
        {".m4s", "video/iso.segment"},
        {".mp4", "video/mp4"},
        {".aac", "audio/aac"},
        {".vtt", "text/vtt; charset=utf-8"},
    };
    for (const auto& row : types)
        if (name.ends_with(row.ending))
            return std::string(row.type);
    return "application/octet-stream";
}

std::optional<Response> find_page(const Head& head) {
    auto name = head.path.substr(1);
    if (name.empty())
        name = "index.html";
    auto body = lookup(name);
    if (!body && name.find('.') == name.npos) {
        name += ".html";
        body = lookup(name);
    }
    if (!body)
        return std::nullopt;
    if (head.method != "GET" && head.method != "HEAD")
        return method_not_allowed(head.method, "GET, HEAD");
    Owned<char> digest{g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, body.get())};
    auto etag = "\"" + std::string(digest.get()).substr(0, 32) + "\"";
    Response response;
    if (head.header("If-None-Match").find(etag) != std::string_view::npos) {
        response.status = 304;
    } else {
        response.content_type = content_type_of(name);
        response.body = std::move(body);
    }
    // no-cache: kept, but asked for again each time, so that an update shows at once.
    response.with("ETag", etag)
        .with("Cache-Control", "no-cache")
        .with("X-Content-Type-Options", "nosniff")
        .with("Referrer-Policy", "no-referrer")
        .with("Content-Security-Policy", content_policy)
        .with("Permissions-Policy",
              "camera=(self), microphone=(self), display-capture=(self), autoplay=(self)");
    return response;
}

} // namespace rtc::http
