#include "plugins/publish/forwarder.hpp"

namespace rtc {
namespace {

// In network order, at any address.
template <typename Number>
Number read(const guint8* at) {
    Number number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = Number(number << 8 | at[i]);
    return number;
}
template <typename Number>
void write(guint8* at, Number number) {
    for (size_t i = sizeof number; i-- > 0; number = Number(number >> 8))
        at[i] = guint8(number);
}

} // namespace

RtpFields read_rtp_fields(const guint8* header) {
    return {
        .payload_type = guint8(header[1] & 0x7f),
        .marker = (header[1] & 0x80) != 0,
        .sequence = read<guint16>(header + 2),
        .timestamp = read<guint32>(header + 4),
        .ssrc = read<guint32>(header + 8),
    };
}

void write_rtp_fields(guint8* header, const RtpFields& fields) {
    header[1] = guint8((fields.marker ? 0x80 : 0) | (fields.payload_type & 0x7f));
    write<guint16>(header + 2, fields.sequence);
    write<guint32>(header + 4, fields.timestamp);
    write<guint32>(header + 8, fields.ssrc);
}

RtpFields Forwarder::forward(const RtpFields& packet) {
    auto sequence = guint16(parameters_.first_sequence + packets_);
    bool continues = last_source_ && packet.sequence == guint16(*last_source_ + 1);
    if (!continues) {
        offset_ = guint16(sequence - packet.sequence);
        since_switch_ = 0;
    }
    last_source_ = packet.sequence;
    packets_++;
    if (since_switch_ < G_MAXUINT16)
        since_switch_++;
    return {
        .payload_type = parameters_.payload_type,
        .marker = packet.marker,
        .sequence = sequence,
        .timestamp = packet.timestamp + parameters_.timestamp_offset,
        .ssrc = parameters_.ssrc,
    };
}

RtpFields Forwarder::catch_up(const RtpFields& packet, guint32 newest) {
    auto fields = forward(packet);
    // Timestamps are compared modulo 2^32; one that is newer than the newest stays as it is.
    auto age = gint32(newest - packet.timestamp);
    if (age > 0)
        fields.timestamp += guint32(age) - guint32(age) / catch_up_factor;
    return fields;
}

std::optional<guint16> Forwarder::source_sequence(guint16 sequence) const {
    if (!last_source_)
        return std::nullopt;
    auto source = guint16(sequence - offset_);
    // How many packets before the last one it is.
    auto age = guint16(*last_source_ - source);
    if (age >= since_switch_)
        return std::nullopt;
    return source;
}

} // namespace rtc
