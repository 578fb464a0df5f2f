#include "plugins/transport/rtcpguard.hpp"

#include "plugins/publish/bytes.hpp"

#include <algorithm>

namespace rtc {

// Each part begins with an SSRC that RTP sessions keep; a source description has more (RFC 3550
// section 6.5), so many as its items leave room for, and counts for each.
bool RtcpGuard::knows_sources(const rtcp::Part& part) {
    constexpr guint8 source_description = 202;
    auto know = [this](const guint8* at) {
        if (sources_.size() < most_sources)
            sources_.insert(read_number<guint32>(at));
        return sources_.contains(read_number<guint32>(at));
    };
    auto bytes = part.bytes.subspan(4);
    if (part.type != source_description)
        return bytes.size() < 4 || know(bytes.data());
    for (guint chunks = part.count; chunks > 0 && bytes.size() >= 4; chunks--) {
        if (!know(bytes.data()))
            return false;
        size_t at = 4;
        while (at + 1 < bytes.size() && bytes[at] != 0)
            at += 2 + size_t(bytes[at + 1]);
        // The zero that ends the items, and others to a multiple of four.
        bytes = bytes.subspan(std::min(bytes.size(), (at + 4) / 4 * 4));
    }
    return true;
}

bool RtcpGuard::take(double cost, GstClockTime now) {
    auto passed = double(now - std::min(filled_, now)) / double(GST_SECOND);
    budget_ = std::min(budget_ + passed * budget_per_second, budget_per_second);
    filled_ = now;
    if (cost > budget_)
        return false;
    budget_ -= cost;
    return true;
}

bool RtcpGuard::admit(rtcp::Bytes compound, GstClockTime now) {
    if (compound.size() > longest)
        return false;
    size_t parts = 0, reported = 0, missed = 0;
    while (auto part = rtcp::take_part(compound)) {
        reported += rtcp::count_reported(*part);
        missed += rtcp::count_missed(*part);
        if (++parts > rtcp::most_parts || reported > rtcp::most_reported || !knows_sources(*part))
            return false;
    }
    return take(double(parts) * part_cost + double(reported + missed), now);
}

} // namespace rtc
