#include "plugins/transport/retransmissions.hpp"

namespace rtc {
namespace {

constexpr GstClockTime between_requests = 2 * GST_SECOND;

} // namespace

void Retransmissions::sent(const PacketRef& packet, const RtpFields& fields,
                           const ExtensionValues& values) {
    auto& entry = sent_[fields.sequence % kept];
    entry = {.packet = packet, .fields = fields};
    if (values.abs_capture_time || values.playout_delay)
        entry.values = std::make_unique<ExtensionValues>(values);
    last_ = fields.sequence;
    if (needs_keyframe_ && packet->starts_keyframe) {
        useless_before_ = fields.sequence;
        needs_keyframe_ = false;
    }
    if (useless_before_ && guint16(fields.sequence - *useless_before_) >= kept)
        useless_before_.reset(); // what was sent before it is forgotten anyway
}

const Retransmissions::Sent* Retransmissions::recent(guint16 back) const {
    if (!last_ || back >= kept)
        return nullptr;
    auto sequence = guint16(*last_ - back);
    const auto& entry = sent_[sequence % kept];
    return entry.packet && entry.fields.sequence == sequence ? &entry : nullptr;
}

const Retransmissions::Sent* Retransmissions::lost(guint16 sequence, GstClockTime now) {
    auto& entry = sent_[sequence % kept];
    if (!entry.packet || entry.fields.sequence != sequence)
        return nullptr;
    if (useless_before_ && gint16(sequence - *useless_before_) < 0)
        return nullptr;
    if (GST_CLOCK_TIME_IS_VALID(entry.again) && now < entry.again + rtt_)
        return nullptr;
    if (!take(entry.packet->bytes().size() + 40, now)) {
        refused_++;
        needs_keyframe_ = true;
        return nullptr;
    }
    entry.again = now;
    return &entry;
}

bool Retransmissions::wants_keyframe(GstClockTime now) {
    if (!needs_keyframe_ || (asked_ && now < *asked_ + between_requests))
        return false;
    asked_ = now;
    return true;
}

// A bucket that holds a third of a second's worth: a burst of losses is repaired at once.
bool Retransmissions::take(size_t bytes, GstClockTime now) {
    auto full = MAX(bitrate_ / 8 / 3, 6'000);
    auto passed = filled_ ? double(now - MIN(*filled_, now)) / double(GST_SECOND) : 1;
    budget_ = MIN(budget_ + passed * bitrate_ / 8, full);
    filled_ = now;
    if (budget_ < double(bytes))
        return false;
    budget_ -= double(bytes);
    return true;
}

} // namespace rtc
