#include "plugins/publish/forwarder.hpp"

#include "plugins/publish/bytes.hpp"

namespace rtc {

RtpFields read_rtp_fields(const guint8* header) {
    return {
        .payload_type = guint8(header[1] & 0x7f),
        .marker = (header[1] & 0x80) != 0,
        .sequence = read_number<guint16>(header + 2),
        .timestamp = read_number<guint32>(header + 4),
        .ssrc = read_number<guint32>(header + 8),
    };
}

void write_rtp_fields(guint8* header, const RtpFields& fields) {
    header[1] = guint8((fields.marker ? 0x80 : 0) | (fields.payload_type & 0x7f));
    write_number(header + 2, fields.sequence);
    write_number(header + 4, fields.timestamp);
    write_number(header + 8, fields.ssrc);
}

RtpFields Forwarder::forward(const RtpFields& packet) {
    auto sequence = guint16(parameters_.first_sequence + packets_);
    packets_++;
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

} // namespace rtc
