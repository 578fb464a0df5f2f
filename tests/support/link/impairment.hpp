// One direction of a link: a queue of limited length, emptied at a rate that may change with time,
// then delay, jitter without reordering, and loss. Pure; time is an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace rtc::test {

using Nanoseconds = std::int64_t;

struct Impairment {
    // bit/s from a time on, in order; empty or 0: no limit
    std::vector<std::pair<Nanoseconds, double>> rates;
    Nanoseconds queue = 300'000'000; // what waits longer than this would be dropped
    Nanoseconds delay = 0;
    Nanoseconds jitter = 0; // at most
    double loss = 0;        // 0 to 1
    unsigned every = 0;     // the last of so many packets is lost; 0: none
    unsigned seed = 1;
};

// What has passed since the last look.
struct Passage {
    std::uint64_t packets = 0, bytes = 0; // let through
    std::uint64_t dropped = 0, lost = 0;  // for want of queue, for loss
    std::vector<double> waits;            // ms that packets waited for the rate
};

class Direction {
public:
    using Packet = std::vector<std::uint8_t>;

    explicit Direction(Impairment impairment)
        : impairment_(std::move(impairment))
        , random_(impairment_.seed) {}

    // Times of the schedule count from here on; before, nothing limits.
    void start(Nanoseconds now) { started_ = now; }
    void add(Packet packet, Nanoseconds now);
    // The next packet that is due.
    std::optional<Packet> take(Nanoseconds now);
    std::optional<Nanoseconds> next() const;
    double rate(Nanoseconds now) const; // bit/s; 0: no limit
    Passage look() { return std::exchange(passage_, {}); }

private:
    struct Waiting {
        Nanoseconds due;
        Packet packet;
    };
    Impairment impairment_;
    std::mt19937 random_;
    std::optional<Nanoseconds> started_;
    unsigned counted_ = 0; // for `every`
    Nanoseconds free_at_ = 0;
    Nanoseconds last_due_ = 0;
    std::deque<Waiting> waiting_; // in order of due
    Passage passage_;
};

} // namespace rtc::test
