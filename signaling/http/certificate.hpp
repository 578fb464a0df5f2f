// The server's TLS certificate, which is read again when its files change.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/http/watchedfile.hpp"

#include <gio/gio.h>

namespace rtc::http {

class Certificate {
public:
    // PEM files; `key` is "" where the key is in the certificate's file. The error is for people.
    static Result<Certificate> load(const std::string& file, const std::string& key);

    // For a connection that begins now. Changed files that can't be used, as while they are being
    // written, leave the certificate as it was.
    Ref<GTlsCertificate> current(WatchedFile::Time now);

private:
    Certificate(const std::string& file, const std::string& key)
        : file_(file)
        , key_(key) {}
    Result<void> read();

    WatchedFile file_;
    WatchedFile key_;
    Ref<GTlsCertificate> certificate_;
};

} // namespace rtc::http
