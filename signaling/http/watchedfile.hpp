// A file that may be replaced while it is used: a certificate, keys, tokens.
#pragma once

#include "signaling/base/result.hpp"

#include <chrono>
#include <string>
#include <sys/stat.h>

namespace rtc::http {

class WatchedFile {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit WatchedFile(std::string path)
        : path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    // Whether the file is another one than at the last read() or changed(), or has other content.
    // Looks at most once a second. One that goes missing has changed.
    bool changed(Time now);
    // All of it. The error names the file.
    Result<std::string> read();

private:
    std::string path_;
    struct stat known_ {};
    Time looked_{};
};

} // namespace rtc::http
