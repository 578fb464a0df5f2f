#include "signaling/http/ratelimit.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

// Buckets that are full again say nothing; with more than these, they are dropped.
constexpr size_t max_buckets = 1024;

} // namespace

void RateLimit::refill(Bucket& bucket, Time now) const {
    auto seconds = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.tokens = std::min(burst_, bucket.tokens + seconds * per_second_);
    bucket.filled = now;
}

void RateLimit::forget_full(Time now) {
    for (auto i = buckets_.begin(); i != buckets_.end();) {
        refill(i->second, now);
        i = i->second.tokens >= burst_ ? buckets_.erase(i) : std::next(i);
    }
}

bool RateLimit::take(const std::string& address, Time now) {
    if (per_second_ <= 0)
        return true;
    if (buckets_.size() >= max_buckets && !buckets_.contains(address))
        forget_full(now);
    auto& bucket = buckets_.try_emplace(address, Bucket{burst_, now}).first->second;
    refill(bucket, now);
    if (bucket.tokens < 1)
        return false;
    bucket.tokens -= 1;
    return true;
}

} // namespace rtc::http
