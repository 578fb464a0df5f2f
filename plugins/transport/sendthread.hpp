// A thread that sends for many sessions. There are a few of them in a process, however many viewers
// there are.
//
// Threads: everything may be called from any thread. The threads live as long as the process.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace rtc {

class SendThread {
public:
    // What it runs, one at a time.
    class Task {
    public:
        virtual ~Task() = default;
        // Returns when to run it again without being asked, or GST_CLOCK_TIME_NONE.
        virtual GstClockTime run(GstClockTime now) = 0;

    private:
        friend class SendThread;
        std::atomic<bool> queued_{false};
        GstClockTime timer_ = GST_CLOCK_TIME_NONE; // what run() asked for last
        GstClockTime armed_ = GST_CLOCK_TIME_NONE; // the entry in timers_ that counts
    };

    // One of the process's threads, each in turn.
    static SendThread& next();
    // The clock of `now`.
    static GstClockTime now() { return GstClockTime(g_get_monotonic_time()) * GST_USECOND; }

    // Runs the task soon, once for any number of calls before that.
    void wake(const std::shared_ptr<Task>& task);

private:
    SendThread();
    void loop();
    void arm(const std::shared_ptr<Task>& task);
    void take_due(GstClockTime now, std::vector<std::shared_ptr<Task>>& due);

    std::mutex mutex_;
    std::condition_variable condition_;
    std::vector<std::shared_ptr<Task>> woken_;
    std::multimap<GstClockTime, std::weak_ptr<Task>> timers_;
};

} // namespace rtc
