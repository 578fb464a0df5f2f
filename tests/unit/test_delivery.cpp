#include "plugins/hooks/delivery.hpp"

#include "plugins/hooks/webhook.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace std::chrono_literals;

static WebhookMessage message(const std::string& id) {
    return {id, "recording.finished", "a.mkv", "{}"};
}

static void answers() {
    for (unsigned status : {200u, 201u, 204u})
        g_assert_true(judge_answer(status) == Answer::delivered);
    for (unsigned status : {0u, 408u, 425u, 429u, 500u, 503u})
        g_assert_true(judge_answer(status) == Answer::busy);
    for (unsigned status : {301u, 307u, 400u, 401u, 404u, 410u})
        g_assert_true(judge_answer(status) == Answer::refused);
}

// One at a time, in order.
static void order() {
    Delivery delivery(10min);
    g_assert_null(delivery.take(0s));
    g_assert_false(delivery.pause(0s).has_value());
    delivery.add(message("1"), 0s);
    delivery.add(message("2"), 0s);
    RTC_ASSERT_TEXT(delivery.take(0s)->id, "1");
    g_assert_null(delivery.take(1s));
    g_assert_false(delivery.pause(1s).has_value());
    g_assert_false(delivery.settle(Answer::delivered, 1s, 0).has_value());
    RTC_ASSERT_TEXT(delivery.take(1s)->id, "2");
    delivery.settle(Answer::delivered, 1s, 0);
    g_assert_true(delivery.empty());
}

// Pauses double, up to a minute, and begin anew when the server is there again.
static void pauses() {
    Delivery delivery(1h);
    delivery.add(message("1"), 0s);
    auto now = 0ms;
    std::vector<std::chrono::milliseconds> seen;
    for (int i = 0; i < 10; i++) {
        g_assert_nonnull(delivery.take(now));
        g_assert_false(delivery.settle(Answer::busy, now, 1.0).has_value());
        seen.push_back(*delivery.pause(now));
        g_assert_null(delivery.take(now + seen.back() - 1ms));
        now += seen.back();
    }
    g_assert_true(seen[0] == 500ms && seen[1] == 1s && seen[6] == 32s);
    g_assert_true(seen[7] == 60s && seen[9] == 60s);
    delivery.take(now);
    delivery.settle(Answer::delivered, now, 1.0);
    delivery.add(message("2"), now);
    delivery.take(now);
    delivery.settle(Answer::busy, now, 0.0);
    g_assert_true(*delivery.pause(now) == 250ms); // with jitter: half of it at least
}

static void retry_after() {
    Delivery delivery(10min);
    delivery.add(message("1"), 0s);
    delivery.take(0s);
    g_assert_false(delivery.settle(Answer::busy, 0s, 1.0, 30s).has_value());
    g_assert_true(*delivery.pause(0s) == 30s);
}

static void given_up() {
    Delivery delivery(10s);
    delivery.add(message("1"), 0s);
    delivery.add(message("2"), 9s);
    delivery.take(0s);
    RTC_ASSERT_TEXT(delivery.settle(Answer::refused, 0s, 1.0)->id, "1"); // at once
    RTC_ASSERT_TEXT(delivery.take(9s)->id, "2");
    g_assert_false(delivery.settle(Answer::busy, 10s, 1.0).has_value());
    delivery.take(18s);
    RTC_ASSERT_TEXT(delivery.settle(Answer::busy, 18s + 500ms, 1.0)->id, "2"); // its time is over
    g_assert_true(delivery.empty());
}

static void many() {
    Delivery delivery(10min);
    for (size_t i = 0; i < Delivery::most; i++)
        g_assert_false(delivery.add(message(std::to_string(i)), 0s).has_value());
    delivery.take(0s);
    RTC_ASSERT_TEXT(delivery.add(message("new"), 0s)->id, "1"); // 0 is under way
    g_assert_cmpuint(delivery.give_up().size(), ==, Delivery::most);
    g_assert_true(delivery.empty());
}

static void hurried() {
    Delivery delivery(10min);
    delivery.add(message("1"), 0s);
    delivery.take(0s);
    delivery.settle(Answer::busy, 0s, 1.0, 1min);
    g_assert_null(delivery.take(1s));
    delivery.hurry(1s);
    g_assert_nonnull(delivery.take(1s));
}

static void loopback() {
    for (const char* here : {"http://localhost/x", "http://127.0.0.1:80/", "http://[::1]:8080/",
                             "http://127.3.2.1/", "http://LOCALHOST:1/"})
        g_assert_true(is_loopback(here));
    for (const char* elsewhere : {"http://example.org/", "http://localhost.example.org/",
                                  "http://10.0.0.1/", "http://127.0.0.1.example.org/", "x"})
        g_assert_false(is_loopback(elsewhere));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/delivery/answers", answers);
    g_test_add_func("/delivery/order", order);
    g_test_add_func("/delivery/pauses", pauses);
    g_test_add_func("/delivery/retry-after", retry_after);
    g_test_add_func("/delivery/given-up", given_up);
    g_test_add_func("/delivery/many", many);
    g_test_add_func("/delivery/hurried", hurried);
    g_test_add_func("/delivery/loopback", loopback);
    return g_test_run();
}
