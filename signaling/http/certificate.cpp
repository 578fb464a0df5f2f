#include "signaling/http/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

namespace rtc::http {
namespace {

template <typename T, void (*release)(T*)>
struct Released {
    void operator()(T* object) const { release(object); }
};
using Memory = std::unique_ptr<BIO, Released<BIO, BIO_free_all>>;
using PublicCertificate = std::unique_ptr<X509, Released<X509, X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Released<EVP_PKEY, EVP_PKEY_free>>;

Memory memory_of(const std::string& text) {
    return Memory(BIO_new_mem_buf(text.data(), int(text.size())));
}

// GIO takes any two, and then no handshake succeeds.
bool belong_together(const std::string& certificate, const std::string& key) {
    auto no_password = [](char*, int, int, void*) { return 0; };
    auto from = memory_of(certificate), secret = memory_of(key);
    PublicCertificate shown(PEM_read_bio_X509(from.get(), nullptr, no_password, nullptr));
    PrivateKey own(PEM_read_bio_PrivateKey(secret.get(), nullptr, no_password, nullptr));
    return shown && own && X509_check_private_key(shown.get(), own.get()) == 1;
}

} // namespace

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
    if (!belong_together(*certificate, *key))
        return Error{"the private key in " + key_.path() + " is not that of the certificate in " +
                     file_.path()};
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
