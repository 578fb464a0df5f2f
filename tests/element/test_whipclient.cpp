// whipclient and whepclient with a host that has no media, against an endpoint that a test scripts;
// and the HTTP client below them.
#include "signaling/http/client.hpp"
#include "signaling/whep/whepclient.hpp"
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/whipclient.hpp"
#include "tests/element/scriptedendpoint.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/offers.hpp"
#include "tests/support/sametext.hpp"

#include <atomic>
#include <future>

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds deadline{20};
constexpr const char* candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

std::string whip(const std::string& url, const char* properties = "") {
    return "whipclient endpoint=" + url + " longest-pause=100 " + properties;
}

// Up to the answer.
std::string open(FakeHost& host) {
    auto requested = host.wait(Report::requested);
    g_assert_true(requested.host_offers);
    host.offer(requested.session, make_offer("sendonly"));
    auto answer = host.wait(Report::description);
    g_assert_cmpint(answer.value, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    RTC_ASSERT_TEXT(answer.text, make_answer());
    return requested.session;
}

void a_session_from_offer_to_hangup() {
    Script endpoint(serve);
    FakeHost host(whip(endpoint.url(), "token=secret"));
    gst_rtc_signaling_set_host(host.signaling(), GST_RTC_ROLE_PRODUCER, nullptr);
    RTC_ASSERT_TEXT(host.launch(), "");
    g_assert_true(gst_rtc_signaling_get_trickle(host.signaling()));
    auto session = open(host);
    auto post = endpoint.wait("POST");
    RTC_ASSERT_TEXT(post->body(), make_offer("sendonly"));
    RTC_ASSERT_TEXT(std::string(post->head().header("Authorization")), "Bearer secret");
    g_assert_true(post->head().header("User-Agent").starts_with("gst-rtc/"));

    gst_rtc_signaling_send_candidate(host.signaling(), session.c_str(), 0, candidate);
    auto patch = endpoint.wait("PATCH");
    RTC_ASSERT_TEXT(patch->head().path, "/call/session");
    RTC_ASSERT_TEXT(std::string(patch->head().header("If-Match")), "\"tag\"");
    RTC_ASSERT_TEXT(std::string(patch->head().header("Authorization")), "Bearer secret");
    RTC_ASSERT_TEXT(whip::parse_fragment(patch->body())->sections.at(0).candidates.at(0),
                    candidate);

    host.end(session, GST_RTC_END_REASON_HANGUP, "over");
    RTC_ASSERT_TEXT(endpoint.wait("DELETE")->head().path, "/call/session");
    g_assert_cmpuint(host.count(Report::requested), ==, 1);
}

// The endpoint hears of the end before the state change is over; where it doesn't answer, that is
// not waited for for ever.
void stopping_tells_the_endpoint() {
    std::atomic<bool> heard = false;
    Script endpoint([&](const Script::Exchange& exchange) {
        heard = heard || exchange->head().method == "DELETE";
        serve(exchange);
    });
    FakeHost host(whip(endpoint.url()));
    host.launch();
    open(host);
    host.stop();
    g_assert_true(heard);
    g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_SHUTDOWN);

    Script silent([](const Script::Exchange& exchange) {
        if (exchange->head().method == "POST")
            serve(exchange);
    });
    FakeHost other(whip(silent.url(), "stop-timeout=100 timeout=60000"));
    other.launch();
    open(other);
    other.stop();
    silent.wait("DELETE");
}

void an_outage_is_a_warning() {
    std::atomic<int> posts = 0;
    Script endpoint([&](const Script::Exchange& exchange) {
        if (exchange->head().method == "POST" && posts++ < 2)
            exchange->respond(http::problem(503, "in a minute").with("Retry-After", "0"));
        else
            serve(exchange);
    });
    FakeHost host(whip(endpoint.url()));
    host.launch();
    for (int i = 0; i < 2; i++) {
        host.offer(host.wait(Report::requested).session, make_offer("sendonly"));
        auto closed = host.wait(Report::closed);
        g_assert_cmpint(closed.value, ==, GST_RTC_END_REASON_BUSY);
        g_assert_true(closed.text.find("in a minute") != std::string::npos);
    }
    g_assert_true(host.message(GST_MESSAGE_WARNING).find("tried again") != std::string::npos);
    auto session = open(host);
    // The path breaks: a new session follows, and the old one is not left behind.
    host.end(session, GST_RTC_END_REASON_LOST, "silence");
    endpoint.wait("DELETE");
    open(host);
}

void what_is_insecure_is_told() {
    for (const char* element : {"whipclient", "whepclient"}) {
        FakeHost host(std::string(element) + " insecure=true endpoint=https://127.0.0.1:1/");
        RTC_ASSERT_TEXT(host.launch(), "");
        g_assert_true(host.message(GST_MESSAGE_WARNING).find("insecure=true") != std::string::npos);
    }
}

void a_restart_is_a_new_session() {
    Script endpoint(serve);
    FakeHost host(whip(endpoint.url()));
    std::string last;
    for (int i = 0; i < 3; i++) {
        RTC_ASSERT_TEXT(host.launch(), "");
        auto session = open(host);
        g_assert_true(session != last);
        last = session;
        host.stop();
    }
}

void a_refusal_is_an_error() {
    Script endpoint([](const auto& exchange) { exchange->respond(http::problem(401, "who?")); });
    FakeHost host(whip(endpoint.url()));
    host.launch();
    host.offer(host.wait(Report::requested).session, make_offer("sendonly"));
    auto words = host.message(GST_MESSAGE_ERROR);
    g_assert_true(words.find("who?") != std::string::npos);
    g_assert_true(words.find("token") != std::string::npos);
}

void nobody_listens() {
    std::string url;
    {
        Script gone(serve);
        url = gone.url();
    }
    FakeHost host("whepclient longest-pause=100 retries=1 endpoint=" + url);
    host.launch();
    for (int i = 0; i < 2; i++) {
        auto requested = host.wait(Report::requested);
        g_assert_cmpint(requested.value, ==, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
        host.offer(requested.session, make_offer("recvonly"));
        g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_CONNECTION);
    }
    g_assert_true(host.message(GST_MESSAGE_ERROR).find("can't be reached") != std::string::npos);
}

void a_counter_offer_is_answered() {
    Script endpoint([](const Script::Exchange& exchange) {
        if (exchange->head().method == "POST")
            exchange->respond(http::text_response(406, "application/sdp", make_offer("sendonly"))
                                  .with("Location", "/call/session"));
        else
            exchange->respond({.status = 204});
    });
    FakeHost host("whepclient endpoint=" + endpoint.url());
    host.launch();
    host.offer(host.wait(Report::requested).session, make_offer("recvonly"));
    host.wait(Report::closed);
    auto requested = host.wait(Report::requested);
    g_assert_false(requested.host_offers);
    auto offer = host.wait(Report::description);
    g_assert_cmpint(offer.value, ==, GST_WEBRTC_SDP_TYPE_OFFER);
    host.answer(requested.session, make_answer());
    auto patch = endpoint.wait("PATCH");
    RTC_ASSERT_TEXT(patch->head().content_type(), "application/sdp");
    RTC_ASSERT_TEXT(patch->body(), make_answer());
}

void misuse() {
    struct {
        const char* element;
        GstRtcRole role;
        const char* words;
    } cases[] = {
        {"whipclient endpoint=http://a.example/", GST_RTC_ROLE_CONSUMER, "use it with rtcsink"},
        {"whepclient endpoint=http://a.example/", GST_RTC_ROLE_PRODUCER, "use it with rtcsrc"},
        {"whipclient", GST_RTC_ROLE_PRODUCER, "set endpoint"},
        {"whipclient endpoint=a.example", GST_RTC_ROLE_PRODUCER, "https://"},
        {"whipclient endpoint=http://u:pass@a.example/", GST_RTC_ROLE_PRODUCER, "use a token"},
        {"whipclient endpoint=http://a.example/ token=a token-file=b", GST_RTC_ROLE_PRODUCER,
         "one of them"},
        {"whipclient endpoint=http://a.example/ token-file=/nowhere", GST_RTC_ROLE_PRODUCER,
         "can't be read"},
        {"whipclient endpoint=https://a.example/ tls-ca-file=/nowhere", GST_RTC_ROLE_PRODUCER,
         "tls-ca-file"},
    };
    for (const auto& c : cases) {
        FakeHost host(c.element);
        gst_rtc_signaling_set_host(host.signaling(), c.role, nullptr);
        auto words = host.launch();
        g_assert_true(words.find(c.words) != std::string::npos);
        g_assert_true(words.find("pass@") == std::string::npos);
    }
}

void the_token_cannot_be_read_back() {
    FakeHost host("whipclient token=secret");
    auto* object = G_OBJECT(host.signaling());
    auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), "token");
    g_assert_false(spec->flags & G_PARAM_READABLE);
}

// The HTTP client on a loop of its own.
struct Asking {
    std::shared_ptr<Loop> loop = std::make_shared<Loop>("test");
    std::unique_ptr<http::Client> client = std::move(*http::Client::create(loop, {}));

    std::future<http::Outcome> send(const std::string& url, std::chrono::milliseconds timeout) {
        auto promise = std::make_shared<std::promise<http::Outcome>>();
        loop->call([&] {
            client->send({.url = url}, timeout,
                         [promise](http::Outcome outcome) { promise->set_value(outcome); });
        });
        return promise->get_future();
    }
    http::Failure failure(const std::string& url, std::chrono::milliseconds timeout = deadline) {
        auto future = send(url, timeout);
        g_assert_true(future.wait_for(deadline) == std::future_status::ready);
        auto outcome = future.get();
        g_assert_true(std::holds_alternative<http::Failure>(outcome));
        return std::get<http::Failure>(outcome);
    }
};

http::Endpoint with(std::function<void(Script::Exchange)> handle) {
    auto endpoint = echo();
    endpoint.handle = std::move(handle);
    return endpoint;
}

void why_there_is_no_response() {
    Asking asking;
    Serving large(with([](auto exchange) {
        exchange->respond(http::text_response(200, "text/plain", std::string(300 * 1024, 'x')));
    }));
    g_assert_cmpint(asking.failure(large.base + "/echo").kind, ==, http::Failure::protocol);
    std::vector<Script::Exchange> kept;
    Serving silent(with([&](auto exchange) { kept.push_back(exchange); }));
    g_assert_cmpint(asking.failure(silent.base + "/echo", 100ms).kind, ==, http::Failure::timeout);
    g_assert_cmpint(asking.failure("http://127.0.0.1:1/").kind, ==, http::Failure::network);
    g_assert_cmpint(asking.failure("nonsense").kind, ==, http::Failure::protocol);
}

void destroyed_while_it_waits() {
    std::promise<void> asked;
    std::vector<Script::Exchange> kept;
    Serving silent(with([&](auto exchange) {
        kept.push_back(exchange);
        asked.set_value();
    }));
    std::future<http::Outcome> answer;
    {
        Asking asking;
        answer = asking.send(silent.base + "/echo", deadline);
        g_assert_true(asked.get_future().wait_for(deadline) == std::future_status::ready);
    }
    // Nobody was called: the promise went with the client.
    g_assert_true(answer.wait_for(0s) == std::future_status::ready);
    try {
        answer.get();
        g_assert_not_reached();
    } catch (const std::future_error&) {
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(whipclient, nullptr);
    GST_ELEMENT_REGISTER(whepclient, nullptr);
    auto add = [](const char* name, void (*test)()) { g_test_add_func(name, test); };
    add("/whipclient/a-session-from-offer-to-hangup", a_session_from_offer_to_hangup);
    add("/whipclient/stopping-tells-the-endpoint", stopping_tells_the_endpoint);
    add("/whipclient/an-outage-is-a-warning", an_outage_is_a_warning);
    add("/whipclient/what-is-insecure-is-told", what_is_insecure_is_told);
    add("/whipclient/a-restart-is-a-new-session", a_restart_is_a_new_session);
    add("/whipclient/a-refusal-is-an-error", a_refusal_is_an_error);
    add("/whipclient/nobody-listens", nobody_listens);
    add("/whipclient/a-counter-offer-is-answered", a_counter_offer_is_answered);
    add("/whipclient/misuse", misuse);
    add("/whipclient/the-token-cannot-be-read-back", the_token_cannot_be_read_back);
    add("/httpclient/why-there-is-no-response", why_there_is_no_response);
    add("/httpclient/destroyed-while-it-waits", destroyed_while_it_waits);
    return g_test_run();
}
