// Requests per address.
#include "signaling/http/addresses.hpp"
#include "signaling/http/ratelimit.hpp"
#include "tests/support/sametext.hpp"

#include <glib.h>

using namespace rtc::http;
using namespace std::chrono_literals;

namespace {

const RateLimit::Time start{};

void a_burst_then_the_rate() {
    RateLimit limit(2, 5);
    for (int i = 0; i < 5; i++)
        g_assert_true(limit.take("a", start));
    g_assert_false(limit.take("a", start));
    g_assert_false(limit.take("a", start + 400ms));
    g_assert_true(limit.take("a", start + 500ms));
    g_assert_false(limit.take("a", start + 500ms));
    // Rest earns no more than a burst.
    for (int i = 0; i < 5; i++)
        g_assert_true(limit.take("a", start + 1h));
    g_assert_false(limit.take("a", start + 1h));
}

void addresses_are_apart() {
    RateLimit limit(1, 1);
    g_assert_true(limit.take("a", start));
    g_assert_false(limit.take("a", start));
    g_assert_true(limit.take("b", start));
}

void networks_are_clients() {
    const struct {
        const char *address, *client;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::", "2001:db8:1:3::/64"},
        {"::1", "::/64"},
        {"", ""},
        {"a:b", "a:b"},
    };
    for (const auto& row : rows)
        RTC_ASSERT_TEXT(client_of(row.address), row.client);
    RateLimit limit(1, 1);
    g_assert_true(limit.take("2001:db8::1", start));
    g_assert_false(limit.take("2001:db8::ffff", start));
    g_assert_false(limit.has("2001:db8::ffff", start));
    g_assert_true(limit.take("2001:db8:0:1::1", start));
}

void no_rate_is_no_limit() {
    RateLimit limit(0, 0);
    for (int i = 0; i < 1000; i++)
        g_assert_true(limit.take("a", start));
    g_assert_cmpuint(limit.addresses(), ==, 0);
}

void what_rested_is_forgotten() {
    RateLimit limit(1, 2);
    for (int i = 0; i < 1024; i++)
        limit.take(std::to_string(i), start);
    g_assert_cmpuint(limit.addresses(), ==, 1024);
    // One is not full again.
    limit.take("7", start + 1500ms);
    limit.take("new", start + 2s);
    g_assert_cmpuint(limit.addresses(), ==, 2);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/ratelimit/burst", a_burst_then_the_rate);
    g_test_add_func("/http/ratelimit/addresses", addresses_are_apart);
    g_test_add_func("/http/ratelimit/networks", networks_are_clients);
    g_test_add_func("/http/ratelimit/none", no_rate_is_no_limit);
    g_test_add_func("/http/ratelimit/forget", what_rested_is_forgotten);
    return g_test_run();
}
