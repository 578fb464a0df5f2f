// How often each client may ask: a token bucket for each that client_of() tells apart. Pure.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace rtc::http {

class RateLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    // `per_second` requests in the long run, `burst` at once. A rate of 0 is no limit.
    RateLimit(double per_second, double burst)
        : per_second_(per_second)
        , burst_(burst) {}

    // Counts a request; false where it is one too many.
    bool take(const std::string& address, Time now);
    // Whether a request would be let through. Counts nothing.
    bool has(const std::string& address, Time now) const;
    size_t addresses() const { return buckets_.size(); }

private:
    struct Bucket {
        double tokens;
        Time filled;
    };
    void refill(Bucket& bucket, Time now) const;
    void forget_full(Time now);
    Bucket& bucket(const std::string& address, Time now);

    double per_second_;
    double burst_;
    std::map<std::string, Bucket> buckets_;
};

} // namespace rtc::http
