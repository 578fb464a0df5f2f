// URLs, Retry-After, explanations and pauses, as an HTTP client needs them; and URIs of elements.
#include "plugins/rtc/uri.hpp"
#include "signaling/base/backoff.hpp"
#include "signaling/http/reply.hpp"
#include "signaling/http/url.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::http;
using namespace std::chrono_literals;

namespace {

void good_urls() {
    struct {
        const char *text, *url, *origin;
    } cases[] = {
        {"https://live.example/whip", "https://live.example/whip", "https://live.example"},
        {"HTTPS://Live.Example:443/a?b=%2Fc", "https://Live.Example/a?b=%2Fc",
         "https://live.example"},
        {"http://[::1]:8080/", "http://[::1]:8080/", "http://[::1]:8080"},
    };
    for (const auto& c : cases) {
        auto url = parse_url(c.text);
        g_assert_true(bool(url));
        RTC_ASSERT_TEXT(*url, c.url);
        RTC_ASSERT_TEXT(origin_of(*url), c.origin);
    }
    RTC_ASSERT_TEXT(shown("https://a.example/b?secret=1"), "https://a.example/b");
}

void bad_urls() {
    struct {
        const char *text, *words;
    } cases[] = {
        {"", "empty"},
        {"live.example/whip", "https://"},
        {"ftp://live.example", "https://"},
        {"https:///whip", "host"},
        {"https://me:secret@live.example/", "use a token"},
        {"https://live.example/whip token=secret", "a blank in it"},
        {"https://live.example/whip\n", "a blank in it"},
        {"https://live.example/whip#token=secret", "a fragment"},
    };
    for (const auto& c : cases) {
        auto url = parse_url(c.text);
        g_assert_false(bool(url));
        g_assert_true(url.error().message.find(c.words) != std::string::npos);
        g_assert_false(url.error().message.find("secret") != std::string::npos);
    }
    g_assert_false(bool(parse_url("https://a.example/" + std::string(5000, 'x'))));
}

void locations() {
    const std::string base = "https://live.example/whip/hall?x=1";
    struct {
        const char *location, *url;
    } cases[] = {
        {"/s/1?a=%20b", "https://live.example/s/1?a=%20b"},
        {"s/1", "https://live.example/whip/s/1"},
        {"//other.example/s", "https://other.example/s"},
        {"https://other.example/s", "https://other.example/s"},
        {"http://live.example/s", nullptr},
        {"javascript:x", nullptr},
        {"https://u:p@live.example/s", nullptr},
        {"", nullptr},
    };
    for (const auto& c : cases) {
        auto url = resolve_location(base, c.location);
        g_assert_cmpint(bool(url), ==, c.url != nullptr);
        if (url)
            RTC_ASSERT_TEXT(*url, c.url);
    }
    g_assert_true(bool(resolve_location("http://a.example/", "https://a.example/s")));
}

void when_to_come_back() {
    auto after = [](const char* value) {
        return retry_after(Response{}.with("Retry-After", value), 784111770);
    };
    g_assert_true(after("17") == 17s);
    g_assert_true(after(" 0 ") == 0s);
    g_assert_true(after("Sun, 06 Nov 1994 08:49:37 GMT") == 7s); // RFC 9110 section 5.6.7
    g_assert_true(after("Sun, 06 Nov 1994 08:49:00 GMT") == 0s);
    g_assert_false(after("soon").has_value());
    g_assert_false(after("-3").has_value());
    g_assert_false(retry_after(Response{}, 0).has_value());
}

void explanations() {
    RTC_ASSERT_TEXT(explain({.status = 204}), "204 No Content");
    RTC_ASSERT_TEXT(explain(problem(409, "nobody\nsends")), "409 Conflict (\"nobody sends\")");
    RTC_ASSERT_TEXT(explain(text_response(400, "text/plain; charset=utf-8", " no\x1b[2J ")),
                    "400 Bad Request (\"no [2J\")");
    RTC_ASSERT_TEXT(explain(text_response(400, "text/html", "<p>")), "400 Bad Request");
    RTC_ASSERT_TEXT(explain(text_response(500, "application/json", "{\"error\": {}}")),
                    "500 Internal Server Error");
    RTC_ASSERT_TEXT(explain(text_response(599, "application/json", "[")), "599");
    g_assert_true(explain(text_response(400, "text/plain", std::string(5000, 'x'))).size() < 300);
}

void pauses_grow() {
    Backoff pause(1000ms, 5000ms);
    g_assert_true(pause.next(0) == 500ms);
    g_assert_true(pause.next(1) == 2000ms);
    g_assert_true(pause.next(0.5) == 3000ms);
    g_assert_true(pause.next(1) == 5000ms);
    g_assert_true(pause.next(0) == 2500ms);
    pause.reset();
    g_assert_true(pause.next(1) == 1000ms);
    pause.relax();
    g_assert_true(pause.next(1) == 5000ms);
    g_assert_true(Backoff(1000ms, 100ms).next(1) == 100ms);
}

void element_uris() {
    struct {
        const char *uri, *scheme, *factory, *endpoint;
    } cases[] = {
        {"whep://host/path", "whep", "whepclient", "http://host/path"},
        {"WHEPS://host:8443/a?b=c", "whep", "whepclient", "https://host:8443/a?b=c"},
        {"whips://host/path", "whip", "whipclient", "https://host/path"},
    };
    for (const auto& c : cases) {
        auto target = parse_uri(c.uri, c.scheme);
        g_assert_true(bool(target));
        RTC_ASSERT_TEXT(target->factory, c.factory);
        RTC_ASSERT_TEXT(target->endpoint, c.endpoint);
    }
    for (const char* bad : {"whip://host/", "whep:", "whep:///path", "whep://", "", "http://host",
                            "whep://host/a b", "whep://host/a#b", "whep://me@host/"})
        g_assert_false(bool(parse_uri(bad, "whep")));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/url/good", good_urls);
    g_test_add_func("/url/bad", bad_urls);
    g_test_add_func("/url/locations", locations);
    g_test_add_func("/reply/when-to-come-back", when_to_come_back);
    g_test_add_func("/reply/explanations", explanations);
    g_test_add_func("/backoff/grows", pauses_grow);
    g_test_add_func("/uri/elements", element_uris);
    return g_test_run();
}
