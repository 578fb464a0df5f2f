#include "plugins/bandwidth/throughput.hpp"

#include <algorithm>

namespace rtc {

void Throughput::add(const PacketReport& packet) {
    // The peer's clock was set, or a packet is late: it counts with those that came last.
    auto at = packet.received;
    if (!arrivals_.empty())
        at = std::max(at, arrivals_.back().at);
    arrivals_.push_back({at, packet.size});
    bytes_ += packet.size;
    while (arrivals_.front().at + window_ < at) {
        bytes_ -= arrivals_.front().size;
        arrivals_.pop_front();
    }
}

std::optional<double> Throughput::bitrate() const {
    if (arrivals_.size() < 2)
        return {};
    auto span = arrivals_.back().at - arrivals_.front().at;
    if (span < window_ / 2)
        return {};
    // The first packet begins the span; what it carried arrived before.
    return double(bytes_ - arrivals_.front().size) * 8 * double(GST_SECOND) / double(span);
}

void Throughput::reset() {
    arrivals_.clear();
    bytes_ = 0;
}

} // namespace rtc
