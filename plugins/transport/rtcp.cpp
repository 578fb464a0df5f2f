#include "plugins/transport/rtcp.hpp"

#include "plugins/publish/bytes.hpp"

namespace rtc::rtcp {
namespace {

using Bytes = std::span<const guint8>;

enum PacketType : guint8 { sr = 200, rr = 201, rtpfb = 205, psfb = 206 };

guint16 read16(Bytes bytes, size_t at) {
    return read_number<guint16>(bytes.data() + at);
}
guint32 read32(Bytes bytes, size_t at) {
    return read_number<guint32>(bytes.data() + at);
}

void parse_reports(Bytes blocks, guint count, std::vector<Message>& out) {
    for (; count > 0 && blocks.size() >= 24; count--, blocks = blocks.subspan(24)) {
        auto lost = read32(blocks, 4);
        out.push_back(Report{
            .ssrc = read32(blocks, 0),
            .fraction = guint8(lost >> 24),
            .lost = gint32(lost << 8) >> 8,
            .highest = read32(blocks, 8),
            .jitter = read32(blocks, 12),
            .last_sr = read32(blocks, 16),
            .since_last = read32(blocks, 20),
        });
    }
}

// Pairs of a sequence number and a bit mask of the 16 after it.
void parse_nack(guint32 ssrc, Bytes fci, std::vector<Message>& out) {
    Nack nack{ssrc, {}};
    for (; fci.size() >= 4; fci = fci.subspan(4)) {
        auto sequence = read16(fci, 0);
        nack.sequences.push_back(sequence);
        for (guint bit = 0; bit < 16; bit++)
            if (read16(fci, 2) >> bit & 1)
                nack.sequences.push_back(guint16(sequence + 1 + bit));
    }
    out.push_back(std::move(nack));
}

enum Status : guint8 { not_received = 0, small_delta = 1, large_delta = 2 };

// Run-length and status vector chunks; false where they end too early.
bool read_statuses(Bytes& fci, size_t count, std::vector<guint8>& statuses) {
    while (statuses.size() < count) {
        if (fci.size() < 2)
            return false;
        auto chunk = read16(fci, 0);
        fci = fci.subspan(2);
        if (!(chunk & 0x8000)) {
            for (guint i = chunk & 0x1fff; i > 0 && statuses.size() < count; i--)
                statuses.push_back(chunk >> 13 & 3);
            continue;
        }
        guint bits = chunk & 0x4000 ? 2 : 1;
        for (gint shift = 14 - gint(bits); shift >= 0 && statuses.size() < count;
             shift -= gint(bits))
            statuses.push_back(guint8(chunk >> shift & ((1u << bits) - 1)));
    }
    return true;
}

void parse_feedback(Bytes fci, std::vector<Message>& out) {
    if (fci.size() < 8)
        return;
    auto base = read16(fci, 0);
    size_t count = read16(fci, 2);
    // Reference time: signed, in 64 ms.
    gint64 at = gint64(gint32(read32(fci, 4)) >> 8) * 64'000;
    fci = fci.subspan(8);
    std::vector<guint8> statuses;
    if (!read_statuses(fci, count, statuses))
        return;
    Feedback feedback;
    for (size_t i = 0; i < statuses.size(); i++) {
        Feedback::Packet packet{guint16(base + i), false, 0};
        size_t size = statuses[i] == small_delta ? 1 : statuses[i] == large_delta ? 2 : 0;
        if (fci.size() < size)
            return;
        if (size > 0) {
            // In 250 µs.
            at += 250 * (size == 1 ? gint64(fci[0]) : gint64(gint16(read16(fci, 0))));
            fci = fci.subspan(size);
            packet.received = true;
            packet.at = at;
        }
        feedback.packets.push_back(packet);
    }
    out.push_back(std::move(feedback));
}

void parse_application(Bytes fci, std::vector<Message>& out) {
    if (fci.size() < 8 || read32(fci, 0) != 0x52454d42) // "REMB"
        return;
    auto exponent = fci[5] >> 2;
    guint64 mantissa = guint64(fci[5] & 3) << 16 | read16(fci, 6);
    // More than any network carries.
    if (exponent < 40)
        out.push_back(Remb{mantissa << exponent});
}

void parse_picture_feedback(guint format, guint32 ssrc, Bytes fci, std::vector<Message>& out) {
    constexpr guint pli = 1, fir = 4, application = 15;
    if (format == pli)
        out.push_back(KeyframeRequest{ssrc});
    else if (format == application)
        parse_application(fci, out);
    else if (format == fir)
        for (; fci.size() >= 8; fci = fci.subspan(8))
            out.push_back(KeyframeRequest{read32(fci, 0)});
}

void parse_packet(Bytes packet, std::vector<Message>& out) {
    guint count = packet[0] & 0x1f;
    constexpr guint nack = 1, transport_cc = 15;
    switch (packet[1]) {
    case sr:
        return packet.size() >= 28 ? parse_reports(packet.subspan(28), count, out) : void();
    case rr:
        return packet.size() >= 8 ? parse_reports(packet.subspan(8), count, out) : void();
    case rtpfb:
    case psfb:
        break;
    default:
        return;
    }
    if (packet.size() < 12)
        return;
    auto ssrc = read32(packet, 8);
    auto fci = packet.subspan(12);
    if (packet[1] == psfb)
        parse_picture_feedback(count, ssrc, fci, out);
    else if (count == nack)
        parse_nack(ssrc, fci, out);
    else if (count == transport_cc)
        parse_feedback(fci, out);
}

} // namespace

std::vector<Message> parse(Bytes compound) {
    std::vector<Message> messages;
    while (compound.size() >= 4 && compound[0] >> 6 == 2) {
        size_t size = 4 * (size_t(read16(compound, 2)) + 1);
        if (size > compound.size())
            break;
        parse_packet(compound.first(size), messages);
        compound = compound.subspan(size);
    }
    return messages;
}

std::vector<guint8> write(const SenderReport& report, const std::string& cname) {
    constexpr size_t report_size = 28;
    auto name = cname.substr(0, 255);
    // The item, and at least one zero byte after it, to a multiple of four.
    size_t chunk = (4 + 2 + name.size() + 1 + 3) / 4 * 4;
    std::vector<guint8> out(report_size + 4 + chunk);
    auto* at = out.data();
    at[0] = 0x80, at[1] = sr;
    write_number<guint16>(at + 2, report_size / 4 - 1);
    write_number(at + 4, report.ssrc);
    write_number(at + 8, report.ntp);
    write_number(at + 16, report.timestamp);
    write_number(at + 20, report.packets);
    write_number(at + 24, report.bytes);
    at += report_size;
    at[0] = 0x81, at[1] = 202; // SDES, one chunk
    write_number(at + 2, guint16(chunk / 4));
    write_number(at + 4, report.ssrc);
    at[8] = 1; // CNAME
    at[9] = guint8(name.size());
    for (size_t i = 0; i < name.size(); i++)
        at[10 + i] = guint8(name[i]);
    return out;
}

guint64 ntp_time(gint64 real_time) {
    constexpr guint64 to_1970 = 2'208'988'800;
    auto seconds = guint64(real_time) / G_USEC_PER_SEC, rest = guint64(real_time) % G_USEC_PER_SEC;
    return (seconds + to_1970) << 32 | ((rest << 32) / G_USEC_PER_SEC);
}

} // namespace rtc::rtcp
