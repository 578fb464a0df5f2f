#include "plugins/transport/protection.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr GstClockTime quick = 40 * GST_MSECOND; // round trip of a retransmission that is no loss
constexpr double least_loss = 0.01;
constexpr double base = 0.1, per_loss = 2.5, most = 0.5;

// ULPFEC's own numbers lie between those of a group; of FlexFEC, receivers (libwebrtc) keep as
// many.
constexpr size_t largest_group(FecFormat format) {
    return format == FecFormat::ulpfec ? fec_span(format) / 2 : 48;
}

} // namespace

void Protection::report(double loss, guint packets, GstClockTime rtt, GstClockTime now) {
    loss_.report(loss, packets, now);
    if (GST_CLOCK_TIME_IS_VALID(rtt))
        rtt_ = rtt;
}

double Protection::rate(GstClockTime now) const {
    auto loss = loss_.at(now);
    if (loss < least_loss || rtt_ < quick)
        return 0;
    return std::min(base + per_loss * loss, most);
}

std::vector<std::vector<guint8>> Protection::sent(const ProtectedPacket& packet, GstClockTime now) {
    auto share = rate(now);
    if (share <= 0) {
        group_.clear();
        due_ = 0;
        return {};
    }
    if (!group_.empty() &&
        guint16(packet.fields.sequence - group_.front().fields.sequence) >= fec_span(format_))
        group_.clear();
    group_.push_back(packet);
    due_ += share;
    bool full = group_.size() >= largest_group(format_);
    if ((!packet.fields.marker && !full) || due_ < 1) {
        if (full)
            group_.erase(group_.begin());
        return {};
    }
    auto count = size_t(due_);
    due_ -= double(count);
    auto repair = make_fec(format_, group_, count);
    group_.clear();
    return repair;
}

} // namespace rtc
