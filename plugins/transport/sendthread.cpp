#include "plugins/transport/sendthread.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace rtc {

SendThread::SendThread() {
    std::thread([this] { loop(); }).detach();
}

// Never destroyed: a session that ends late may still wake one.
SendThread& SendThread::next() {
    static const size_t count = std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, 4);
    static auto* const threads = [] {
        auto* list = new std::vector<SendThread*>;
        for (size_t i = 0; i < count; i++)
            list->push_back(new SendThread);
        return list;
    }();
    static std::atomic<size_t> turn{0};
    return *(*threads)[turn++ % count];
}

void SendThread::wake(const std::shared_ptr<Task>& task) {
    if (task->queued_.exchange(true))
        return;
    bool first;
    {
        std::lock_guard lock(mutex_);
        first = woken_.empty();
        woken_.push_back(task);
    }
    if (first)
        condition_.notify_one();
}

// With the lock held.
void SendThread::take_due(GstClockTime time, std::vector<std::shared_ptr<Task>>& due) {
    std::swap(due, woken_);
    while (!timers_.empty() && timers_.begin()->first <= time) {
        auto [at, weak] = *timers_.begin();
        timers_.erase(timers_.begin());
        auto task = weak.lock();
        if (!task || task->armed_ != at)
            continue;
        task->armed_ = GST_CLOCK_TIME_NONE;
        if (!GST_CLOCK_TIME_IS_VALID(task->timer_))
            continue;
        if (task->timer_ > time)
            arm(task);
        else if (!task->queued_.exchange(true))
            due.push_back(std::move(task));
    }
}

// With the lock held. A timer that is there and comes sooner looks again when it comes.
void SendThread::arm(const std::shared_ptr<Task>& task) {
    auto at = task->timer_;
    if (!GST_CLOCK_TIME_IS_VALID(at) ||
        (GST_CLOCK_TIME_IS_VALID(task->armed_) && task->armed_ <= at))
        return;
    task->armed_ = at;
    timers_.emplace(at, task);
}

void SendThread::loop() {
    pthread_setname_np(pthread_self(), "rtc-send");
    std::vector<std::shared_ptr<Task>> due;
    std::unique_lock lock(mutex_);
    for (;;) {
        take_due(now(), due);
        if (due.empty()) {
            if (timers_.empty())
                condition_.wait(lock, [this] { return !woken_.empty(); });
            else
                condition_.wait_for(
                    lock, std::chrono::nanoseconds(
                              gint64(timers_.begin()->first - MIN(timers_.begin()->first, now()))));
            continue;
        }
        lock.unlock();
        for (auto& task : due) {
            task->queued_ = false;
            task->timer_ = task->run(now());
        }
        lock.lock();
        for (auto& task : due)
            arm(task);
        // The last reference to a task must not fall with the lock held.
        lock.unlock();
        due.clear();
        lock.lock();
    }
}

} // namespace rtc
