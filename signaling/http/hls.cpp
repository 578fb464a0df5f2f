#include "signaling/http/hls.hpp"

#include "signaling/http/pages.hpp"

#include <glib/gstdio.h>

#include <algorithm>

namespace rtc::http {
namespace {

constexpr gint64 renewed_within = 30;                // seconds
constexpr gint64 max_file_size = 64ll * 1024 * 1024; // bytes

constexpr std::string_view endings[] = {".m3u8", ".ts", ".m4s", ".mp4", ".aac", ".vtt"};

std::string join(const std::string& folder, const std::string& name) {
    Owned<char> path{g_build_filename(folder.c_str(), name.c_str(), nullptr)};
    return path.get();
}

std::optional<GStatBuf> regular_file(const std::string& path) {
    GStatBuf found;
    if (g_stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode))
        return std::nullopt;
    return found;
}

Response file(const std::string& folder, const std::string& name) {
    auto path = join(folder, name);
    auto found = regular_file(path);
    if (!found || found->st_size > max_file_size)
        return problem(404, "there is no file " + name);
    char* contents = nullptr;
    gsize size = 0;
    // Segments are dropped as time goes on.
    if (!g_file_get_contents(path.c_str(), &contents, &size, nullptr))
        return problem(404, "there is no file " + name);
    Response response;
    response.content_type = content_type_of(name);
    response.body = adopt(g_bytes_new_take(contents, size));
    // A pipeline that starts again may use the same names.
    response.with("Cache-Control", "no-cache").with("X-Content-Type-Options", "nosniff");
    return response;
}

bool renewed(const std::string& playlist) {
    auto found = regular_file(playlist);
    return found && g_get_real_time() / G_USEC_PER_SEC - found->st_mtime < renewed_within;
}

} // namespace

FilePath split_path(const std::string& path) {
    auto slash = path.rfind('/');
    if (slash == path.npos)
        return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::optional<std::string> hls_file(std::string_view request_path, std::string_view endpoint_path) {
    if (!request_path.starts_with(endpoint_path))
        return std::nullopt;
    auto name = request_path.substr(endpoint_path.size());
    if (name.size() < 2 || name[0] != '/')
        return std::nullopt;
    name.remove_prefix(1);
    bool plain = name[0] != '.' && name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
    bool known = std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); });
    if (!plain || !known)
        return std::nullopt;
    return std::string(name);
}

Endpoint hls_endpoint(const std::string& path, const std::string& playlist) {
    auto [folder, playlist_name] = split_path(playlist);
    Endpoint endpoint;
    endpoint.path = path;
    endpoint.max_body = 0;
    endpoint.methods = [](const std::string&) { return "GET, HEAD"; };
    endpoint.refuse = [](const Head& head) -> std::optional<Response> {
        if (head.method != "GET" && head.method != "HEAD")
            return method_not_allowed(head.method, "GET, HEAD");
        return std::nullopt;
    };
    endpoint.handle = [path, folder = folder](std::shared_ptr<Exchange> exchange) {
        auto name = hls_file(exchange->head().path, path);
        exchange->respond(name ? file(folder, *name) : problem(404, "there is nothing here"));
    };
    endpoint.status = [path, playlist, name = playlist_name] {
        EndpointStatus status;
        status.kind = "hls";
        status.path = path + "/" + name;
        status.live = renewed(playlist);
        return status;
    };
    return endpoint;
}

} // namespace rtc::http
