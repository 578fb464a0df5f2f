// Rooms behind a certificate.
#include "signaling/room/roomclient.hpp"
#include "signaling/room/roomserver.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/noleakcheck.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

void a_certificate_must_be_trusted() {
    auto certificate = make_certificate();
    if (certificate.empty())
        return g_test_skip("openssl is not installed");
    FakeHost host("roomserver port=0 address=127.0.0.1 tls-certificate=" + certificate +
                  " tls-key=" + certificate + ".key");
    gst_rtc_signaling_set_host(host.signaling(), GST_RTC_ROLE_PRODUCER, nullptr);
    auto url = host.start();
    g_assert_true(url.starts_with("wss://127.0.0.1:"));
    url.replace(6, 9, "localhost");
    FakeHost trusting("roomclient uri=" + url + " tls-ca-file=" + certificate);
    gst_rtc_signaling_set_host(trusting.signaling(), GST_RTC_ROLE_CONSUMER, nullptr);
    RTC_ASSERT_TEXT(trusting.start(), url);
    trusting.wait(Report::requested);
    FakeHost careful("roomclient uri=" + url);
    gst_rtc_signaling_set_host(careful.signaling(), GST_RTC_ROLE_CONSUMER, nullptr);
    RTC_ASSERT_TEXT(careful.launch(), "");
    g_assert_true(careful.message(GST_MESSAGE_ERROR).find("certificate") != std::string::npos);
    g_unlink(certificate.c_str());
    g_unlink((certificate + ".key").c_str());
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(roomserver, nullptr);
    GST_ELEMENT_REGISTER(roomclient, nullptr);
    g_test_add_func("/rooms/certificate", a_certificate_must_be_trusted);
    return g_test_run();
}
