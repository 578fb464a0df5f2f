#include "plugins/transport/rtcp.hpp"

#include "plugins/publish/bytes.hpp"

#include <algorithm>
#include <bit>
#include <bitset>

namespace rtc::rtcp {
namespace {

enum PacketType : guint8 { sr = 200, rr = 201, rtpfb = 205, psfb = 206 };
constexpr guint nack_format = 1, transport_format = 15; // of rtpfb

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
    std::bitset<0x10000> seen;
    auto add = [&](guint16 sequence) {
        if (nack.sequences.size() < most_missed && !seen[sequence])
            nack.sequences.push_back(sequence);
        seen.set(sequence);
    };
    for (; fci.size() >= 4 && nack.sequences.size() < most_missed; fci = fci.subspan(4)) {
        auto sequence = read16(fci, 0);
        add(sequence);
        for (guint bit = 0; bit < 16; bit++)
            if (read16(fci, 2) >> bit & 1)
                add(guint16(sequence + 1 + bit));
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

void parse_feedback(const Part& part, std::vector<Message>& out) {
    auto fci = part.bytes.subspan(12);
    auto count = count_reported(part);
    if (count == 0)
        return;
    auto base = read16(fci, 0);
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

void request_keyframe(guint32 ssrc, std::vector<Message>& out) {
    bool requested = std::ranges::any_of(out, [&](const Message& message) {
        const auto* request = std::get_if<KeyframeRequest>(&message);
        return request && request->ssrc == ssrc;
    });
    if (!requested)
        out.push_back(KeyframeRequest{ssrc});
}

void parse_picture_feedback(guint format, guint32 ssrc, Bytes fci, std::vector<Message>& out) {
    constexpr guint pli = 1, fir = 4, application = 15;
    if (format == pli)
        request_keyframe(ssrc, out);
    else if (format == application)
        parse_application(fci, out);
    else if (format == fir)
        for (; fci.size() >= 8; fci = fci.subspan(8))
            request_keyframe(read32(fci, 0), out);
}

bool is_feedback(const Part& part, PacketType type, guint format) {
    return part.type == type && part.count == format && part.bytes.size() >= 12;
}

void parse_part(const Part& part, std::vector<Message>& out) {
    auto bytes = part.bytes;
    if (part.type == sr && bytes.size() >= 28)
        parse_reports(bytes.subspan(28), part.count, out);
    else if (part.type == rr && bytes.size() >= 8)
        parse_reports(bytes.subspan(8), part.count, out);
    else if (part.type == psfb && bytes.size() >= 12)
        parse_picture_feedback(part.count, read32(bytes, 8), bytes.subspan(12), out);
    else if (is_feedback(part, rtpfb, nack_format))
        parse_nack(read32(bytes, 8), bytes.subspan(12), out);
    else if (is_feedback(part, rtpfb, transport_format))
        parse_feedback(part, out);
}

} // namespace

std::optional<Part> take_part(Bytes& compound) {
    if (compound.size() < 4 || compound[0] >> 6 != 2)
        return std::nullopt;
    size_t size = 4 * (size_t(read16(compound, 2)) + 1);
    if (size > compound.size())
        return std::nullopt;
    Part part{compound[1], guint8(compound[0] & 0x1f), compound.first(size)};
    compound = compound.subspan(size);
    return part;
}

size_t count_missed(const Part& part) {
    size_t count = 0;
    if (is_feedback(part, rtpfb, nack_format))
        for (auto fci = part.bytes.subspan(12); fci.size() >= 4; fci = fci.subspan(4))
            count += 1 + size_t(std::popcount(read16(fci, 2)));
    return count;
}

size_t count_reported(const Part& part) {
    bool whole = is_feedback(part, rtpfb, transport_format) && part.bytes.size() >= 20;
    return whole ? read16(part.bytes, 14) : 0;
}

std::vector<Message> parse(Bytes compound, size_t reported) {
    std::vector<Message> messages;
    for (size_t parts = 0; parts < most_parts; parts++) {
        auto part = take_part(compound);
        if (!part)
            break;
        auto count = count_reported(*part);
        if (count > reported)
            continue;
        reported -= count;
        parse_part(*part, messages);
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
