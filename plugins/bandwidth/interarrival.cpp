#include "plugins/bandwidth/interarrival.hpp"

#include <cmath>

namespace rtc {
namespace {

constexpr double group_ms = 5;
constexpr double burst_ms = 5;
constexpr double longest_burst_ms = 100;
// So much more time at the peer than here: its clock was set.
constexpr double clock_jump_ms = 3000;
constexpr int most_reordered = 3;

} // namespace

InterArrival::Group InterArrival::begin(const PacketReport& packet) {
    return {packet.sent, packet.sent, packet.received, packet.received};
}

void InterArrival::reset() {
    current_.reset();
    previous_.reset();
    reordered_ = 0;
}

bool InterArrival::belongs_to_burst(const PacketReport& packet) const {
    double sent = elapsed_ms(current_->last_sent, packet.sent);
    if (sent == 0)
        return true;
    double received = elapsed_ms(current_->last_received, packet.received);
    return received - sent < 0 && received <= burst_ms &&
           elapsed_ms(current_->first_received, packet.received) < longest_burst_ms;
}

std::optional<InterArrival::Delta> InterArrival::add(const PacketReport& packet) {
    if (!current_) {
        current_ = begin(packet);
        return {};
    }
    if (packet.sent < current_->first_sent)
        return {};
    if (belongs_to_burst(packet) || elapsed_ms(current_->first_sent, packet.sent) <= group_ms) {
        current_->last_sent = MAX(current_->last_sent, packet.sent);
        current_->last_received = packet.received;
        return {};
    }
    std::optional<Delta> delta;
    if (previous_) {
        delta = Delta{elapsed_ms(previous_->last_sent, current_->last_sent),
                      elapsed_ms(previous_->last_received, current_->last_received),
                      current_->last_received};
        bool jumped = delta->received - delta->sent >= clock_jump_ms;
        bool backwards = delta->received < 0;
        reordered_ = backwards ? reordered_ + 1 : 0;
        if (jumped || reordered_ >= most_reordered) {
            reset();
            current_ = begin(packet);
            return {};
        }
        if (backwards)
            return {}; // this group goes, the next begins with it
        jitter_ += (std::abs(delta->received - delta->sent) - jitter_) / 16;
    }
    previous_ = current_;
    current_ = begin(packet);
    return delta;
}

} // namespace rtc
