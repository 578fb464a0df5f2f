// Deletes recordings that are too old or too many, on a thread of its own.
//
// Life: sweeps when it is made, each minute, and when it is told to; never twice at once. stop()
// waits for what is being deleted right now, and ends it then.
#pragma once

#include "plugins/record/archive.hpp"
#include "signaling/base/loop.hpp"

#include <functional>

namespace rtc {

class Retention : public std::enable_shared_from_this<Retention> {
public:
    // Called on the thread. trouble: "" where it is deleted.
    using Tell = std::function<void(const Expired& expired, const std::string& trouble)>;

    // The recordings in a directory, and in what is below it down to depth.
    static std::shared_ptr<Retention> start(const RetentionLimits& limits, std::string directory,
                                            guint depth, Tell tell);
    ~Retention();
    void sweep_soon(); // any thread
    void stop();       // not on its own thread

private:
    Retention(const RetentionLimits& limits, std::string directory, guint depth, Tell tell);
    void sweep();

    const RetentionLimits limits_;
    const std::string directory_;
    const guint depth_;
    const Tell tell_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> wanted_ = false;
    std::unique_ptr<Loop> thread_;
    Timer timer_; // the thread's
};

} // namespace rtc
