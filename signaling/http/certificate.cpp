#include "signaling/http/certificate.hpp"

namespace rtc::http {

Result<Certificate> Certificate::load(const std::string& file, const std::string& key) {
    Certificate certificate(file, key.empty() ? file : key);
    if (auto read = certificate.read(); !read)
        return Error{"the TLS certificate or its key can't be used: " + read.error().message};
    return certificate;
}

Result<void> Certificate::read() {
    auto certificate = file_.read();
    auto key = certificate ? key_.read() : certificate;
    if (!key)
        return key.error();
    GError* failure = nullptr;
    auto made = adopt(
        g_tls_certificate_new_from_files(file_.path().c_str(), key_.path().c_str(), &failure));
    Owned<GError> error{failure};
    if (!made)
        return Error{error->message};
    certificate_ = std::move(made);
    return {};
}

Ref<GTlsCertificate> Certificate::current(WatchedFile::Time now) {
    bool other_certificate = file_.changed(now);
    if (!key_.changed(now) && !other_certificate)
        return certificate_;
    if (auto read_again = read(); !read_again)
        g_warning("The changed TLS certificate %s can't be used, the old one stays: %s",
                  file_.path().c_str(), read_again.error().message.c_str());
    return certificate_;
}

} // namespace rtc::http
