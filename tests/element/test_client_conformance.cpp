// What whipclient and whepclient send, with real hosts, to an endpoint that a test scripts.
#include "signaling/sdp/sdp.hpp"
#include "tests/element/scriptedendpoint.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/rows.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

// The offer that a pipeline posts; its endpoint refuses it.
std::string offer_of(const std::string& before, const std::string& element,
                     const std::string& client) {
    Script endpoint(
        [](const Script::Exchange& exchange) { exchange->respond(http::Response{.status = 503}); });
    auto text = before + element + " signaling=\"" + client + " endpoint=" + endpoint.url() + "\"";
    auto pipeline = sink(gst_parse_launch(text.c_str(), nullptr));
    g_assert_nonnull(pipeline.get());
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto post = endpoint.wait("POST");
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    g_assert_true(post->head().content_type() == "application/sdp");
    return post->body();
}

void check_offer(const std::string& text, const std::string& direction) {
    auto offer = sdp::parse(text);
    g_assert_true(bool(offer));
    g_assert_true(bool(sdp::validate(offer->get(), sdp::DescriptionType::offer)));
    auto count = gst_sdp_message_medias_len(offer->get());
    g_assert_cmpuint(count, >, 0);
    for (guint i = 0; i < count; i++) {
        const auto* media = gst_sdp_message_get_media(offer->get(), i);
        g_assert_nonnull(gst_sdp_media_get_attribute_val(media, direction.c_str()));
        g_assert_cmpstr(gst_sdp_media_get_attribute_val(media, "setup"), ==, "actpass");
        g_assert_nonnull(gst_sdp_media_get_attribute_val(media, "rtcp-mux"));
    }
    g_assert_null(gst_sdp_message_get_attribute_val(offer->get(), "ice-lite"));
    g_assert_true(text.find("a=group:BUNDLE ") != std::string::npos);
}

void sends() {
    check_offer(offer_of("audiotestsrc is-live=true ! opusenc ! ", "rtcsink", "whipclient"),
                "sendonly");
}

void receives() {
    check_offer(offer_of("", "rtcsrc", "whepclient"), "recvonly");
}

void token() {
    for (std::string word : {"", "secret"}) {
        Script endpoint(serve);
        FakeHost host("whipclient endpoint=" + endpoint.url() +
                      (word.empty() ? "" : " token=" + word));
        gst_rtc_signaling_set_host(host.signaling(), GST_RTC_ROLE_PRODUCER, nullptr);
        host.launch();
        auto session = host.wait(Report::requested).session;
        host.offer(session, make_offer("sendonly"));
        host.wait(Report::description);
        gst_rtc_signaling_send_candidate(host.signaling(), session.c_str(), 0,
                                         "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host");
        auto requests = {endpoint.wait("POST"), endpoint.wait("PATCH")};
        host.end(session, GST_RTC_END_REASON_HANGUP, "over");
        auto expected = word.empty() ? "" : "Bearer " + word;
        for (const auto& request : requests)
            g_assert_true(request->head().header("Authorization") == expected);
        g_assert_true(endpoint.wait("DELETE")->head().header("Authorization") == expected);
    }
}

const Row rows[] = {
    {"sendonly", "RFC 9725 4.2", "whipclient: sendonly, actpass, full ICE, one bundle", sends},
    {"recvonly", "draft-ietf-wish-whep 4.2", "whepclient: recvonly, the rest likewise", receives},
    {"token", "RFC 9725 4.7",
     "the token goes with POST, PATCH and DELETE; without one there is no Authorization", token},
};

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    return run_rows(argc, argv, "offer", rows);
}
