// whipserver and whepserver with a host that has no media: sessions by HTTP.
#include "signaling/whep/whepserver.hpp"
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/whipserver.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/offers.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr const char* local = "address=127.0.0.1 port=0";

Request post(const std::string& url, const std::string& direction = "sendonly") {
    return {"POST", url, {}, "application/sdp", make_offer(direction)};
}

std::string make(const char* factory, const std::string& properties = "") {
    return std::string(factory) + " " + local + " " + properties;
}

void answer_all(FakeHost& host) {
    host.on_offer([&host](const std::string& session) { host.answer(session, make_answer()); });
}

// Opens a session and gives its URL.
std::string open(FakeHost& host, const std::string& url) {
    answer_all(host);
    auto response = fetch(post(url));
    g_assert_cmpuint(response.status, ==, 201);
    return std::string(response.header("Location"));
}

void a_call_from_offer_to_hangup() {
    FakeHost host(make("whipserver"));
    const char* servers[] = {"stun://stun.example:3478",
                             "turn://me:secret@turn.example:3478?transport=udp", nullptr};
    gst_rtc_signaling_set_host(host.signaling(), GST_RTC_ROLE_CONSUMER, servers);
    auto url = host.start();
    g_assert_true(url.starts_with("http://127.0.0.1:") && url.ends_with("/whip"));
    g_assert_false(gst_rtc_signaling_get_trickle(host.signaling()));

    auto later = fetch_later(post(url + "?name=B%C3%B6b%20Smith"));
    auto requested = host.wait(Report::requested);
    g_assert_cmpstr(requested.text.c_str(), ==, "Böb Smith");
    g_assert_cmpstr(requested.address.c_str(), ==, "127.0.0.1");
    g_assert_cmpint(requested.value, ==, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    auto offer = host.wait(Report::description);
    g_assert_cmpint(offer.value, ==, GST_WEBRTC_SDP_TYPE_OFFER);
    g_assert_cmpstr(offer.session.c_str(), ==, requested.session.c_str());
    RTC_ASSERT_TEXT(offer.text, make_offer("sendonly"));
    host.answer(offer.session, make_answer());

    auto response = later.get();
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_true(response.text() == make_answer());
    g_assert_true(response.content_type == "application/sdp");
    g_assert_true(response.header("Content-Length") == std::to_string(make_answer().size()));
    g_assert_true(response.header("ETag").starts_with("\""));
    std::string session(response.header("Location"));
    g_assert_true(session.starts_with(url + "/"));
    std::vector<std::string> links;
    for (const auto& [name, value] : response.headers)
        if (name == "Link")
            links.push_back(value);
    g_assert_cmpuint(links.size(), ==, 2);
    g_assert_true(links[1].find("credential=\"secret\"") != std::string::npos);

    auto patched = fetch({"PATCH",
                          session,
                          {},
                          whip::fragment_type,
                          "a=ice-ufrag:abcd\r\na=mid:1\r\na=candidate:1 1 udp 1 192.0.2.1 5000 "
                          "typ host\r\na=end-of-candidates\r\n"});
    g_assert_cmpuint(patched.status, ==, 204);
    auto candidate = host.wait(Report::candidate);
    g_assert_cmpint(candidate.value, ==, 1);
    g_assert_cmpstr(candidate.text.c_str(), ==, "candidate:1 1 udp 1 192.0.2.1 5000 typ host");
    g_assert_true(host.wait(Report::candidate).no_more);

    g_assert_cmpuint(fetch({"GET", session}).status, ==, 200);
    auto deleted = fetch({"DELETE", session});
    g_assert_cmpuint(deleted.status, ==, 200);
    g_assert_true(deleted.header("Content-Length") == "0");
    auto closed = host.wait(Report::closed);
    g_assert_cmpstr(closed.session.c_str(), ==, offer.session.c_str());
    g_assert_cmpint(closed.value, ==, GST_RTC_END_REASON_HANGUP);
    g_assert_cmpuint(fetch({"DELETE", session}).status, ==, 404);
}

void a_viewer_by_whep() {
    FakeHost host(make("whepserver"));
    gst_rtc_signaling_set_live(host.signaling(), FALSE);
    auto url = host.start();
    auto early = fetch(post(url, "recvonly"));
    g_assert_cmpuint(early.status, ==, 409);
    g_assert_false(early.header("Retry-After").empty());
    g_assert_cmpuint(fetch({"HEAD", url}).status, ==, 200);
    g_assert_cmpuint(host.count(Report::requested), ==, 0);

    gst_rtc_signaling_set_live(host.signaling(), TRUE);
    answer_all(host);
    g_assert_cmpuint(fetch(post(url, "recvonly")).status, ==, 201);
    g_assert_cmpint(host.wait(Report::requested).value, ==,
                    GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
}

// None of these is heard of by the host.
void bad_requests() {
    FakeHost host(make("whipserver"));
    auto url = host.start();
    auto json = "{}";
    auto recvonly = make_offer("recvonly");
    const std::pair<Request, guint> rows[] = {
        {{"POST", url, {}, "application/json", json}, 415},
        {{"POST", url, {}, "application/sdp", "garbage"}, 400},
        {{"POST", url, {}, "application/sdp", std::string("v=0\0x", 5)}, 400},
        {{"POST", url, {}, "application/sdp", recvonly}, 422},
        {{"POST", url, {}, "application/sdp", std::string(1 << 20, 'x')}, 413},
        {{"PATCH", url + "/nope", {}, whip::fragment_type, "a=mid:0"}, 404},
        {{"DELETE", url + "/nope"}, 404},
        {{"PUT", url, {}, "application/sdp", "x"}, 405},
    };
    for (const auto& [request, status] : rows) {
        auto response = fetch(request);
        g_assert_cmpuint(response.status, ==, status);
        g_assert_true(response.content_type == "application/problem+json");
        g_assert_true(response.header("Access-Control-Allow-Origin") == "*");
        g_assert_true(response.header("Content-Length") == std::to_string(response.text().size()));
    }
    g_assert_cmpuint(host.count(Report::requested), ==, 0);
    g_assert_cmpuint(fetch(Request{"GET", url}).status, ==, 200);
}

void the_host_rejects() {
    FakeHost host(make("whipserver"));
    auto url = host.start();
    host.on_offer([&](const std::string& session) {
        host.end(session, GST_RTC_END_REASON_REJECTED, "no codec in common");
    });
    auto response = fetch(post(url));
    g_assert_cmpuint(response.status, ==, 422);
    g_assert_true(response.text().find("no codec in common") != std::string_view::npos);
    host.on_offer(
        [&](const std::string& session) { host.end(session, GST_RTC_END_REASON_BUSY, "full"); });
    response = fetch(post(url));
    g_assert_cmpuint(response.status, ==, 503);
    g_assert_false(response.header("Retry-After").empty());
    // It ended them itself: it isn't told.
    g_assert_cmpuint(host.count(Report::closed), ==, 0);
}

void the_host_ends_a_session() {
    FakeHost host(make("whipserver"));
    auto session = open(host, host.start());
    g_assert_cmpuint(fetch({"GET", session}).status, ==, 200);
    host.end(host.wait(Report::requested).session, GST_RTC_END_REASON_LOST, "silent");
    // The word travels to the server's thread; requests may overtake it for a moment.
    auto deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (fetch({"GET", session}).status == 200)
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    g_assert_cmpuint(fetch({"PATCH", session, {}, whip::fragment_type, "a=mid:0"}).status, ==, 404);
}

void the_host_never_answers() {
    FakeHost host(make("whipserver", "answer-timeout=50"));
    auto response = fetch(post(host.start()));
    g_assert_cmpuint(response.status, ==, 504);
    g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_TIMEOUT);
}

void the_client_leaves_before_the_answer() {
    FakeHost host(make("whipserver"));
    auto url = host.start();
    RawClient client(url);
    auto offer = make_offer("sendonly");
    client.send("POST /whip HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                "Content-Length: " +
                std::to_string(offer.size()) + "\r\n\r\n" + offer);
    auto requested = host.wait(Report::requested);
    client.close();
    auto closed = host.wait(Report::closed);
    g_assert_cmpstr(closed.session.c_str(), ==, requested.session.c_str());
    // Too late, and harmless.
    host.answer(requested.session, make_answer());
    g_assert_cmpuint(fetch({"GET", url}).status, ==, 200);
}

void stop_answers_who_waits() {
    FakeHost host(make("whipserver"));
    auto url = host.start();
    auto open_session = open(host, url);
    host.on_offer(nullptr);
    auto first = fetch_later(post(url));
    auto second = fetch_later(post(url));
    for (int i = 0; i < 3; i++)
        host.wait(Report::requested);
    host.stop();
    for (auto* later : {&first, &second}) {
        auto response = later->get();
        g_assert_cmpuint(response.status, ==, 503);
        g_assert_false(response.header("Retry-After").empty());
    }
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_SHUTDOWN);
    // And it starts again.
    auto again = host.start();
    g_assert_true(again.starts_with("http://"));
}

// A second publisher of a room; those of other rooms are nobody's business.
void takeover() {
    for (std::string policy : {"many", "reject", "replace"}) {
        FakeHost host(make("whipserver", "path=/whip/{room} takeover=" + policy));
        answer_all(host);
        auto url = host.start();
        auto base = url.substr(0, url.rfind('/'));
        auto publish = [&](const char* room) { return fetch(post(base + "/" + room)); };
        auto first = publish("hall");
        g_assert_cmpuint(first.status, ==, 201);
        g_assert_cmpuint(publish("yard").status, ==, 201);
        auto second = publish("hall");
        g_assert_cmpuint(second.status, ==, policy == "reject" ? 409u : 201u);
        std::string session(first.header("Location"));
        bool goes_on = policy != "replace";
        g_assert_cmpuint(fetch({"GET", session}).status, ==, goes_on ? 200u : 404u);
        g_assert_cmpuint(host.count(Report::closed), ==, goes_on ? 0u : 1u);
    }
}

void limits() {
    FakeHost host(make("whipserver", "max-sessions=2 rate-limit=1 max-body-size=2048"));
    auto url = host.start();
    Request large = post(url);
    large.body.append(2048, '\n');
    g_assert_cmpuint(fetch(large).status, ==, 413);
    open(host, url);
    open(host, url);
    auto full = fetch(post(url));
    g_assert_cmpuint(full.status, ==, 503);
    g_assert_false(full.header("Retry-After").empty());
    // Four at once are all that a rate of one gives.
    for (const char* method : {"GET", "HEAD", "OPTIONS", "DELETE"})
        g_assert_cmpuint(fetch({method, url}).status, ==, 429);
    g_assert_cmpuint(fetch(post(url)).status, ==, 429);
}

void tokens() {
    FakeHost host(make("whipserver", "token=s3cret"));
    auto url = host.start();
    answer_all(host);
    auto request = post(url);
    auto refused = fetch(request);
    g_assert_cmpuint(refused.status, ==, 401);
    g_assert_true(refused.header("WWW-Authenticate").starts_with("Bearer"));
    g_assert_true(refused.header("Link").empty());
    request.headers = {{"Authorization", "Bearer wrong"}};
    g_assert_cmpuint(fetch(request).status, ==, 401);
    g_assert_cmpuint(host.count(Report::requested), ==, 0);
    request.headers = {{"Authorization", "Bearer s3cret"}};
    auto opened = fetch(request);
    g_assert_cmpuint(opened.status, ==, 201);
    // Sessions too, but no preflight.
    std::string session(opened.header("Location"));
    g_assert_cmpuint(fetch({"DELETE", session}).status, ==, 401);
    auto preflight =
        fetch({"OPTIONS",
               session,
               {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "DELETE"}}});
    g_assert_cmpuint(preflight.status, ==, 204);
    g_assert_true(preflight.header("Access-Control-Allow-Methods").find("DELETE") !=
                  std::string_view::npos);
    g_assert_cmpuint(fetch({"DELETE", session, {{"Authorization", "Bearer s3cret"}}}).status, ==,
                     200);
}

void settings_that_make_no_sense() {
    const std::pair<const char*, const char*> rows[] = {
        {"whipserver token-file=/nonexistent/token", "/nonexistent/token"},
        {"whipserver token=a token-file=b", "set one of them"},
        {"whipserver path=whip", "\"whip\""},
        {"whipserver path=/status", "/status"},
        {"whipserver address=nonsense", "\"nonsense\""},
        {"whipserver address=203.0.113.1", "203.0.113.1"},
        {"whipserver tls-certificate=/nonexistent.pem", "/nonexistent.pem"},
        {"whipserver tls-key=/k.pem", "tls-certificate"},
    };
    for (const auto& [element, words] : rows) {
        FakeHost host(std::string(element) + " port=0");
        host.start();
        g_test_message("%s: %s", element, host.error().c_str());
        g_assert_true(host.error().find(words) != std::string::npos);
    }
    for (auto [element, role] : {std::pair{"whipserver", GST_RTC_ROLE_PRODUCER},
                                 std::pair{"whepserver", GST_RTC_ROLE_CONSUMER}}) {
        FakeHost host(make(element));
        gst_rtc_signaling_set_host(host.signaling(), role, nullptr);
        host.start();
        g_assert_true(host.error().find("use it with") != std::string::npos);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(whipserver, nullptr);
    GST_ELEMENT_REGISTER(whepserver, nullptr);
    g_test_add_func("/whipserver/call", a_call_from_offer_to_hangup);
    g_test_add_func("/whipserver/whep", a_viewer_by_whep);
    g_test_add_func("/whipserver/bad-requests", bad_requests);
    g_test_add_func("/whipserver/rejected", the_host_rejects);
    g_test_add_func("/whipserver/ended", the_host_ends_a_session);
    g_test_add_func("/whipserver/no-answer", the_host_never_answers);
    g_test_add_func("/whipserver/client-leaves", the_client_leaves_before_the_answer);
    g_test_add_func("/whipserver/stop", stop_answers_who_waits);
    g_test_add_func("/whipserver/takeover", takeover);
    g_test_add_func("/whipserver/limits", limits);
    g_test_add_func("/whipserver/token", tokens);
    g_test_add_func("/whipserver/settings", settings_that_make_no_sense);
    return g_test_run();
}
