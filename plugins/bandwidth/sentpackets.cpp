#include "plugins/bandwidth/sentpackets.hpp"

namespace rtc {
namespace {

constexpr GstClockTime remembered = 10 * GST_SECOND;
constexpr size_t most_remembered = 0x8000; // half the numbers there are

} // namespace

void SentPackets::sent(guint16 sequence, guint size, GstClockTime now) {
    auto number = sending_.unwrap(sequence);
    if (!packets_.empty() && number != packets_.back().sequence + 1)
        packets_.clear(); // it began anew
    packets_.push_back({number, now, size, false});
    while (packets_.front().at + remembered < now || packets_.size() > most_remembered)
        packets_.pop_front();
}

std::vector<PacketReport> SentPackets::report(std::span<const Arrival> arrivals) {
    std::vector<PacketReport> reports;
    for (const auto& arrival : arrivals) {
        auto index =
            packets_.empty() ? -1 : reported_.unwrap(arrival.sequence) - packets_.front().sequence;
        if (index < 0 || index >= gint64(packets_.size()))
            continue;
        auto& packet = packets_[size_t(index)];
        if (packet.arrived)
            continue;
        packet.arrived = arrival.at.has_value();
        reports.push_back(
            {packet.sequence, packet.at, arrival.at.value_or(GST_CLOCK_TIME_NONE), packet.size});
    }
    return reports;
}

} // namespace rtc
