#include "plugins/transport/srtpreceiver.hpp"

#include <glib.h>

namespace rtc {

std::optional<guint32> SrtpReceiver::Source::rollover_of(guint16 sequence) const {
    constexpr int half = 1 << 15;
    auto rollover = guint32(latest >> 16);
    int ahead = int(sequence) - int(guint16(latest));
    if (ahead > half)
        return rollover ? std::optional(rollover - 1) : std::nullopt;
    return ahead < -half ? rollover + 1 : rollover;
}

bool SrtpReceiver::Source::is_new(guint64 index) const {
    return index > latest || (latest - index < window && !seen[index % window]);
}

void SrtpReceiver::Source::add(guint64 index) {
    if (index > latest + window)
        seen.reset();
    else
        for (auto between = latest + 1; between < index; between++)
            seen.reset(between % window);
    seen.set(index % window);
    latest = MAX(latest, index);
}

std::optional<std::span<guint8>> SrtpReceiver::open(std::span<guint8> packet) {
    if (packet.size() < 12)
        return std::nullopt;
    auto sequence = guint16(packet[2] << 8 | packet[3]);
    auto ssrc =
        guint32(packet[8]) << 24 | guint32(packet[9]) << 16 | guint32(packet[10]) << 8 | packet[11];
    auto known = sources_.find(ssrc);
    if (known == sources_.end() && sources_.size() >= max_sources)
        return std::nullopt;
    auto rollover = known == sources_.end() ? 0 : known->second.rollover_of(sequence);
    if (!rollover)
        return std::nullopt;
    auto index = guint64(*rollover) << 16 | sequence;
    if (known != sources_.end() && !known->second.is_new(index))
        return std::nullopt;
    auto opened = opener_.open_rtp(packet, *rollover);
    if (!opened)
        return std::nullopt;
    if (known == sources_.end())
        known = sources_.emplace(ssrc, Source{index, {}}).first;
    known->second.add(index);
    return opened;
}

} // namespace rtc
