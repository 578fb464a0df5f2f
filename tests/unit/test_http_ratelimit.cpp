// Requests per address.
#include "signaling/http/ratelimit.hpp"

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
    g_test_add_func("/http/ratelimit/none", no_rate_is_no_limit);
    g_test_add_func("/http/ratelimit/forget", what_rested_is_forgotten);
    return g_test_run();
}
