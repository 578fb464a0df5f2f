// The HTTP server with a certificate.
#include "signaling/http/client.hpp"
#include "tests/element/serving.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/noleakcheck.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

#include <future>

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

void tls() {
    auto certificate = make_certificate();
    if (certificate.empty())
        return g_test_skip("openssl is not installed");
    auto address = anywhere;
    address.tls_certificate = certificate;
    address.tls_key = certificate + ".key";
    {
        Serving s(echo(), address);
        g_assert_true(s.base.starts_with("https://"));
        RawClient silent("http" + s.base.substr(5)); // holds up nobody
        auto response = fetch({"POST", s.base + "/echo", {}, "", "secret"});
        g_assert_true(response.text() == "POST secret");
        RawClient plain("http" + s.base.substr(5));
        plain.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
        g_assert_true(plain.read_all().find("200 OK") == std::string::npos);
    }
    {
        Serving s(echo(), address, {.request = 200ms});
        RawClient silent("http" + s.base.substr(5));
        g_assert_true(silent.read_all().empty());
    }
    auto before = settled_descriptors();
    {
        Serving s(echo(), address);
        RawClient silent("http" + s.base.substr(5));
        g_assert_cmpuint(fetch({"GET", s.base + "/echo"}).status, ==, 200);
    }
    g_assert_cmpuint(settled_descriptors(), ==, before);
    address.tls_key = certificate;
    auto refused = Server::acquire(address);
    g_assert_false(bool(refused));
    g_assert_true(refused.error().message.find("certificate") != std::string::npos);
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

// What a client with these options is given for a request; the words of its failure.
std::string ask(const std::string& url, const http::Client::Options& options) {
    auto loop = std::make_shared<Loop>("test");
    auto client = std::move(*http::Client::create(loop, options));
    std::promise<std::string> promise;
    auto answer = promise.get_future();
    loop->call([&] {
        client->send({.url = url}, 20s, [&](http::Outcome outcome) {
            auto* failure = std::get_if<http::Failure>(&outcome);
            if (failure)
                g_assert_cmpint(failure->kind, ==, http::Failure::tls);
            promise.set_value(failure ? failure->text : "");
        });
    });
    g_assert_true(answer.wait_for(30s) == std::future_status::ready);
    return answer.get();
}

// A client of ours takes no certificate that it can't trust.
void clients_verify() {
    auto certificate = make_certificate();
    if (certificate.empty())
        return g_test_skip("openssl is not installed");
    auto address = anywhere;
    address.tls_certificate = certificate;
    address.tls_key = certificate + ".key";
    {
        Serving s(echo(), address);
        auto port = s.base.substr(s.base.rfind(':'));
        auto url = "https://localhost" + port + "/echo";
        g_assert_true(ask(url, {}).find("set tls-ca-file") != std::string::npos);
        RTC_ASSERT_TEXT(ask(url, {.tls_ca_file = certificate}), "");
        auto other = "https://127.0.0.1" + port + "/echo";
        g_assert_true(ask(other, {.tls_ca_file = certificate}).find("another host") !=
                      std::string::npos);
        RTC_ASSERT_TEXT(ask(other, {.insecure = true}), "");
    }
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

// The subject of the certificate that a new connection is shown.
std::string subject(const std::string& base) {
    auto client = adopt(g_socket_client_new());
    g_socket_client_set_tls(client.get(), TRUE);
    std::string name;
    auto judge = [](GTlsConnection*, GTlsCertificate* shown, GTlsCertificateFlags,
                    gpointer to) -> gboolean {
        char* text = nullptr;
        g_object_get(shown, "subject-name", &text, nullptr);
        *static_cast<std::string*>(to) = Owned<char>(text).get();
        return TRUE;
    };
    struct Event {
        gboolean (*judge)(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags, gpointer);
        std::string* name;
    } event{judge, &name};
    g_signal_connect(client.get(), "event",
                     G_CALLBACK(+[](GSocketClient*, GSocketClientEvent what, GSocketConnectable*,
                                    GIOStream* stream, gpointer data) {
                         auto* e = static_cast<Event*>(data);
                         if (what == G_SOCKET_CLIENT_TLS_HANDSHAKING)
                             g_signal_connect(stream, "accept-certificate", G_CALLBACK(e->judge),
                                              e->name);
                     }),
                     &event);
    GError* error = nullptr;
    auto connection =
        adopt(g_socket_client_connect_to_uri(client.get(), base.c_str(), 443, nullptr, &error));
    g_assert_no_error(error);
    return name;
}

void a_new_certificate_is_taken() {
    auto certificate = make_certificate("first");
    if (certificate.empty())
        return g_test_skip("openssl is not installed");
    auto address = anywhere;
    address.tls_certificate = certificate;
    address.tls_key = certificate + ".key";
    Serving s(echo(), address);
    g_assert_true(subject(s.base) == "CN=first");
    auto other = make_certificate("second");
    // The files don't change at one moment; nor do those of a certificate's renewal.
    g_assert_cmpint(g_rename((other + ".key").c_str(), address.tls_key.c_str()), ==, 0);
    g_assert_cmpint(g_rename(other.c_str(), certificate.c_str()), ==, 0);
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (subject(s.base) != "CN=second") {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(20000);
    }
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

// Of the certificate another key.
void a_certificate_comes_with_its_key() {
    auto certificate = make_certificate("first"), other = make_certificate("second");
    if (certificate.empty() || other.empty())
        return g_test_skip("openssl is not installed");
    auto address = anywhere;
    address.tls_certificate = certificate;
    address.tls_key = other + ".key";
    auto refused = Server::acquire(address);
    g_assert_false(bool(refused));
    g_assert_true(refused.error().message.find("is not that of the certificate") !=
                  std::string::npos);
    address.tls_key.clear();
    g_assert_false(bool(Server::acquire(address))); // the key isn't in that file

    // What is half renewed isn't taken.
    auto read = http::Certificate::load(certificate, certificate + ".key");
    g_assert_true(bool(read));
    auto old = read->current({});
    g_assert_cmpint(g_rename(other.c_str(), certificate.c_str()), ==, 0);
    auto later = std::chrono::steady_clock::now() + 1h;
    g_test_expect_message("gst-rtc", G_LOG_LEVEL_WARNING, "*the old one stays*");
    g_assert_true(read->current(later).get() == old.get());
    g_test_assert_expected_messages();
    g_assert_cmpint(g_rename((other + ".key").c_str(), (certificate + ".key").c_str()), ==, 0);
    g_assert_true(read->current(later + 1h).get() != old.get());
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

// What a client that speaks one version of TLS gets for a request.
std::string ask_by(const char* version, const std::string& authority) {
    Owned<char> command{g_strdup_printf(
        "sh -c \"(printf 'GET /echo HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n') "
        "| openssl s_client -quiet -cipher DEFAULT:@SECLEVEL=0 -%s -connect %s\"",
        version, authority.c_str())};
    char* text = nullptr;
    g_assert_true(g_spawn_command_line_sync(command.get(), &text, nullptr, nullptr, nullptr));
    return Owned<char>(text).get();
}

void old_tls_is_not_spoken() {
    auto certificate = make_certificate();
    if (certificate.empty())
        return g_test_skip("openssl is not installed");
    auto address = anywhere;
    address.tls_certificate = certificate;
    address.tls_key = certificate + ".key";
    {
        Serving s(echo(), address);
        auto authority = s.base.substr(8);
        for (const char* version : {"tls1_2", "tls1_3"})
            g_assert_true(ask_by(version, authority).starts_with("HTTP/1.1 200 OK\r\n"));
        for (const char* version : {"tls1", "tls1_1"})
            RTC_ASSERT_TEXT(ask_by(version, authority), "");
    }
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/httpstls/serves", tls);
    g_test_add_func("/httpstls/clients-verify", clients_verify);
    g_test_add_func("/httpstls/renewed", a_new_certificate_is_taken);
    g_test_add_func("/httpstls/its-key", a_certificate_comes_with_its_key);
    g_test_add_func("/httpstls/versions", old_tls_is_not_spoken);
    return g_test_run();
}
