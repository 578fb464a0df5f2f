#include "tests/support/link/impairment.hpp"

#include <glib.h>

using namespace rtc::test;

namespace {

constexpr Nanoseconds ms = 1'000'000;

Direction::Packet packet(size_t size) {
    return Direction::Packet(size);
}

void nothing_is_limited_before_the_start() {
    Direction direction({.rates = {{0, 1e6}}, .delay = 25 * ms, .loss = 1});
    direction.add(packet(1000), 0);
    g_assert_cmpint(*direction.next(), ==, 25 * ms);
    g_assert_false(direction.take(24 * ms).has_value());
    g_assert_cmpuint(direction.take(25 * ms)->size(), ==, 1000);
    g_assert_false(direction.next().has_value());
}

void a_rate_makes_them_wait() {
    Direction direction({.rates = {{0, 1e6}, {1000 * ms, 2e6}}});
    direction.start(0);
    for (int i = 0; i < 3; i++)
        direction.add(packet(1250), 0); // 10 ms each
    for (int i = 1; i <= 3; i++) {
        g_assert_cmpint(*direction.next(), ==, i * 10 * ms);
        g_assert_true(direction.take(i * 10 * ms).has_value());
    }
    auto passage = direction.look();
    g_assert_cmpuint(passage.packets, ==, 3);
    g_assert_cmpuint(passage.bytes, ==, 3750);
    g_assert_cmpfloat(passage.waits[2], ==, 20);
    direction.add(packet(1250), 1000 * ms);
    g_assert_cmpint(*direction.next(), ==, 1005 * ms);
}

void a_full_queue_drops() {
    Direction direction({.rates = {{0, 1e6}}, .queue = 25 * ms});
    direction.start(0);
    for (int i = 0; i < 5; i++)
        direction.add(packet(1250), 0);
    auto passage = direction.look();
    g_assert_cmpuint(passage.packets, ==, 3);
    g_assert_cmpuint(passage.dropped, ==, 2);
}

void loss_and_jitter() {
    Direction direction({.jitter = 50 * ms, .loss = 0.1});
    direction.start(0);
    Nanoseconds last = 0;
    for (int i = 0; i < 10000; i++)
        direction.add(packet(100), i * ms);
    g_assert_cmpfloat_with_epsilon(double(direction.look().lost), 1000, 150);
    for (Nanoseconds now = 0; direction.next(); now++) {
        auto due = *direction.next();
        g_assert_cmpint(due, >=, last);
        last = due;
        direction.take(due);
    }
}

void loses_in_turn() {
    Direction direction({.every = 20});
    direction.start(0);
    for (int i = 0; i < 100; i++)
        direction.add(packet(size_t(i + 1)), 0);
    g_assert_cmpuint(direction.look().lost, ==, 5);
    while (auto left = direction.take(0))
        g_assert_cmpuint(left->size() % 20, !=, 0);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/impairment/before", nothing_is_limited_before_the_start);
    g_test_add_func("/impairment/rate", a_rate_makes_them_wait);
    g_test_add_func("/impairment/queue", a_full_queue_drops);
    g_test_add_func("/impairment/loss-and-jitter", loss_and_jitter);
    g_test_add_func("/impairment/in-turn", loses_in_turn);
    return g_test_run();
}
