// A thread with a GMainContext: what is posted to it runs there, in order, one at a time.
//
// Life: the thread starts in the constructor and ends in the destructor, after running what was
// posted before. post() and after() may be called from any thread. Whoever posts captures weakly:
// a callback may run later than its owner lives.
#pragma once

#include "signaling/base/refs.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace rtc {

// A pending call. Destroying it on the loop's own thread cancels the call.
class Timer {
public:
    Timer() = default;
    explicit Timer(Ref<GSource> source) : source_(std::move(source)) {}
    Timer(Timer&&) noexcept = default;
    Timer& operator=(Timer&& other) noexcept {
        cancel();
        source_ = std::move(other.source_);
        return *this;
    }
    ~Timer() { cancel(); }
    void cancel() {
        if (source_)
            g_source_destroy(source_.get());
        source_.reset();
    }
    explicit operator bool() const { return bool(source_); }

private:
    Ref<GSource> source_;
};

class Loop {
public:
    explicit Loop(const char* thread_name);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void post(std::function<void()> function);
    // Posts and waits until it has run; runs at once when already on the loop's thread.
    void call(const std::function<void()>& function);
    [[nodiscard]] Timer after(std::chrono::milliseconds delay, std::function<void()> function);
    // Repeats until the timer is destroyed.
    [[nodiscard]] Timer every(std::chrono::milliseconds interval, std::function<void()> function);

    bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }
    GMainContext* context() const { return context_.get(); }

private:
    Ref<GMainContext> context_;
    Ref<GMainLoop> loop_;
    std::thread thread_;
};

} // namespace rtc
