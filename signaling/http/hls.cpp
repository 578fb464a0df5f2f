#include "signaling/http/hls.hpp"

#include "signaling/http/filebody.hpp"
#include "signaling/http/pages.hpp"

#include <glib/gstdio.h>

#include <algorithm>

namespace rtc::http {
namespace {

constexpr gint64 renewed_within = 30; // seconds

constexpr std::string_view endings[] = {".m3u8", ".ts", ".m4s", ".mp4", ".aac", ".vtt"};

std::string join(const std::string& folder, const std::string& name) {
    Owned<char> path{g_build_filename(folder.c_str(), name.c_str(), nullptr)};
    return path.get();
}

// What a request gets of a file that is there.
Response partial(std::shared_ptr<FileBody> body, std::string_view wanted) {
    Response response;
    auto size = body->size();
    auto range = read_range(wanted, size);
    auto total = "/" + std::to_string(size);
    if (range && !range->size)
        return problem(416, "the file ends before that").with("Content-Range", "bytes *" + total);
    if (range) {
        body->narrow(*range);
        response.status = 206;
        response.with("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                           std::to_string(range->first + range->size - 1) + total);
    }
    response.file = std::move(body);
    return response;
}

Response file(const std::string& folder, const std::string& name, const Head& head) {
    auto body = FileBody::open(join(folder, name));
    if (!body) // segments are dropped as time goes on
        return problem(404, "there is no file " + name);
    auto response = partial(std::move(body), head.header("Range"));
    if (response.file)
        response.content_type = content_type_of(name);
    // A pipeline that starts again may use the same names.
    response.with("Accept-Ranges", "bytes")
        .with("Cache-Control", "no-cache")
        .with("X-Content-Type-Options", "nosniff");
    return response;
}

bool renewed(const std::string& playlist) {
    GStatBuf found;
    return g_stat(playlist.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
           g_get_real_time() / G_USEC_PER_SEC - found.st_mtime < renewed_within;
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
        exchange->respond(name ? file(folder, *name, exchange->head())
                               : problem(404, "there is nothing here"));
    };
    endpoint.status = [path, playlist, name = playlist_name](const Head&) {
        EndpointStatus status;
        status.kind = "hls";
        status.path = path + "/" + name;
        status.live = renewed(playlist);
        return status;
    };
    return endpoint;
}

} // namespace rtc::http
