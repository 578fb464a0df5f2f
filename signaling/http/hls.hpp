// An HLS stream (RFC 8216) as an endpoint: a playlist and the segments beside it, as hlssink2
// writes them into a folder.
#pragma once

#include "signaling/http/server.hpp"

namespace rtc::http {

// The folder of a path and the name in it: "hls/live.m3u8" is "hls" and "live.m3u8".
struct FilePath {
    std::string folder, name;
};
FilePath split_path(const std::string& path);

// The file that a request below an endpoint wants: "/hls/whep/00001.ts" is "00001.ts". Nothing for
// what isn't a playlist, a segment or a caption of that folder itself. Pure.
std::optional<std::string> hls_file(std::string_view request_path, std::string_view endpoint_path);

// Serves the playlist and what lies beside it under `path`. Live while the playlist is being
// renewed: it changed within the last half minute.
Endpoint hls_endpoint(const std::string& path, const std::string& playlist);

} // namespace rtc::http
