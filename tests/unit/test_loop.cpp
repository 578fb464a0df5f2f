#include "signaling/base/loop.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <vector>

using namespace rtc;
using namespace std::chrono_literals;

static void test_post_keeps_order() {
    std::vector<int> seen;
    {
        Loop loop("order");
        for (int i = 0; i < 1000; i++)
            loop.post([&seen, i] { seen.push_back(i); });
    } // the destructor runs what was posted before
    g_assert_cmpuint(seen.size(), ==, 1000);
    for (int i = 0; i < 1000; i++)
        g_assert_cmpint(seen[i], ==, i);
}

static void test_call_waits() {
    Loop loop("call");
    int value = 0;
    bool on_loop = false;
    loop.call([&] {
        on_loop = loop.is_current();
        // Runs at once on the loop's own thread, where waiting would never end.
        loop.call([&] { value = 7; });
        g_assert_cmpint(value, ==, 7);
    });
    g_assert_true(on_loop);
    g_assert_false(loop.is_current());
    g_assert_cmpint(value, ==, 7);
}

static void test_timer_fires() {
    Loop loop("timer");
    std::promise<gint64> fired;
    auto start = g_get_monotonic_time();
    Timer timer;
    loop.call([&] { timer = loop.after(30ms, [&] { fired.set_value(g_get_monotonic_time()); }); });
    auto when = fired.get_future();
    g_assert_true(when.wait_for(10s) == std::future_status::ready);
    g_assert_cmpint(when.get() - start, >=, 29'000);
    loop.call([&] { timer.cancel(); });
}

static void test_cancelled_timer_is_silent() {
    Loop loop("cancel");
    bool fired = false;
    std::promise<void> later;
    Timer first, second;
    loop.call([&] {
        first = loop.after(10ms, [&] { fired = true; });
        second = loop.after(40ms, [&] { later.set_value(); });
        first.cancel();
    });
    g_assert_true(later.get_future().wait_for(10s) == std::future_status::ready);
    g_assert_false(fired);
    loop.call([&] { second.cancel(); });
}

static void test_repeating_timer() {
    Loop loop("repeat");
    int count = 0;
    std::promise<void> done;
    Timer timer;
    loop.call([&] {
        timer = loop.every(2ms, [&] {
            if (++count == 5) {
                timer.cancel(); // from inside its own call
                done.set_value();
            }
        });
    });
    g_assert_true(done.get_future().wait_for(10s) == std::future_status::ready);
    loop.call([&] { g_assert_cmpint(count, ==, 5); });
}

static void test_destroyed_on_its_own_thread() {
    std::promise<void> gone;
    auto* loop = new Loop("itself");
    loop->post([&, loop] {
        delete loop;
        gone.set_value();
    });
    g_assert_true(gone.get_future().wait_for(10s) == std::future_status::ready);
}

static void test_post_from_many_threads() {
    std::atomic<int> count = 0;
    {
        Loop loop("many");
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++)
            threads.emplace_back([&] {
                for (int n = 0; n < 500; n++)
                    loop.post([&] { count++; });
            });
        for (auto& thread : threads)
            thread.join();
    }
    g_assert_cmpint(count, ==, 2000);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/loop/post-keeps-order", test_post_keeps_order);
    g_test_add_func("/loop/call-waits", test_call_waits);
    g_test_add_func("/loop/timer-fires", test_timer_fires);
    g_test_add_func("/loop/cancelled-timer-is-silent", test_cancelled_timer_is_silent);
    g_test_add_func("/loop/repeating-timer", test_repeating_timer);
    g_test_add_func("/loop/destroyed-on-its-own-thread", test_destroyed_on_its_own_thread);
    g_test_add_func("/loop/post-from-many-threads", test_post_from_many_threads);
    return g_test_run();
}
