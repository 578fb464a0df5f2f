#include "tests/support/link/impairment.hpp"

#include <algorithm>

namespace rtc::test {

double Direction::rate(Nanoseconds now) const {
    double rate = 0;
    for (const auto& [from, value] : impairment_.rates)
        if (started_ && now >= *started_ + from)
            rate = value;
    return rate;
}

void Direction::add(Packet packet, Nanoseconds now) {
    auto chance = std::uniform_real_distribution<>(0, 1);
    double bits = rate(now);
    auto ready = now;
    if (bits > 0) {
        auto wait = std::max<Nanoseconds>(free_at_ - now, 0);
        if (wait > impairment_.queue) {
            passage_.dropped++;
            return;
        }
        passage_.waits.push_back(double(wait) / 1e6);
        ready = now + wait + Nanoseconds(double(packet.size()) * 8e9 / bits);
        free_at_ = ready;
    }
    // Once the schedule runs: connections come up undisturbed.
    bool turn = impairment_.every && ++counted_ % impairment_.every == 0;
    if (started_ && (turn || chance(random_) < impairment_.loss)) {
        passage_.lost++;
        return;
    }
    passage_.packets++;
    passage_.bytes += packet.size();
    auto jitter = Nanoseconds(chance(random_) * double(impairment_.jitter));
    last_due_ = std::max(last_due_, ready + impairment_.delay + jitter);
    waiting_.push_back({last_due_, std::move(packet)});
}

std::optional<Direction::Packet> Direction::take(Nanoseconds now) {
    if (waiting_.empty() || waiting_.front().due > now)
        return {};
    auto packet = std::move(waiting_.front().packet);
    waiting_.pop_front();
    return packet;
}

std::optional<Nanoseconds> Direction::next() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().due);
}

} // namespace rtc::test
