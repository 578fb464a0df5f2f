#include "signaling/http/ratelimit.hpp"

#include "signaling/http/addresses.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

// Buckets that are full again say nothing; with more than these, they are dropped.
constexpr size_t max_buckets = 1024;
constexpr size_t all_buckets = 16384;

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

RateLimit::Bucket& RateLimit::bucket(const std::string& address, Time now) {
    auto key = client_of(address);
    if (buckets_.size() >= max_buckets && !buckets_.contains(key))
        forget_full(now);
    // An attack by that many addresses: the new ones share what is left.
    if (buckets_.size() >= all_buckets && !buckets_.contains(key))
        key.clear();
    return buckets_.try_emplace(key, Bucket{burst_, now}).first->second;
}

bool RateLimit::take(const std::string& address, Time now) {
    if (per_second_ <= 0)
        return true;
    auto& one = bucket(address, now);
    refill(one, now);
    if (one.tokens < 1)
        return false;
    one.tokens -= 1;
    return true;
}

bool RateLimit::has(const std::string& address, Time now) const {
    auto found = buckets_.find(client_of(address));
    if (per_second_ <= 0 || found == buckets_.end())
        return true;
    auto one = found->second;
    refill(one, now);
    return one.tokens >= 1;
}

} // namespace rtc::http
