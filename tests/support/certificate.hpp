// Certificates for tests.
#pragma once

#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

#include <string>

namespace rtc::test {

// A PEM file with a certificate for this name; the key is beside it, at .key. "" where no tool
// makes one.
inline std::string make_certificate(const char* name = "localhost") {
    char* path = nullptr;
    g_close(g_file_open_tmp("certificate-XXXXXX.pem", &path, nullptr), nullptr);
    Owned<char> file{path};
    Owned<char> command{g_strdup_printf(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=%s -addext subjectAltName=DNS:%s -keyout %s.key -out %s",
        name, name, path, path)};
    int status = -1;
    if (!g_spawn_command_line_sync(command.get(), nullptr, nullptr, &status, nullptr) || status)
        return "";
    return path;
}

} // namespace rtc::test
