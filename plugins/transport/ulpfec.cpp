#include "plugins/transport/ulpfec.hpp"

#include "plugins/publish/bytes.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr size_t rtp_fixed = 12;
constexpr size_t fec_header = 10;       // RFC 5109 section 7.3
constexpr guint short_mask = 16;        // bits
constexpr guint8 long_mask_flag = 0x40; // L

void exclusive_or(guint8* into, std::span<const guint8> bytes) {
    for (size_t i = 0; i < bytes.size(); i++)
        into[i] ^= bytes[i];
}

// What follows the fixed header: extensions, then the payload with its own start.
void add_content(guint8* into, const ProtectedPacket& packet) {
    auto header = std::span(packet.header).first(packet.header_size).subspan(rtp_fixed);
    exclusive_or(into, header);
    into += header.size();
    auto start = std::span(packet.fields.start).first(packet.fields.start_size);
    exclusive_or(into, start);
    exclusive_or(into + start.size(), packet.packet->bytes().subspan(start.size()));
}

// Section 7.3: flags, marker, payload type, timestamp and length of all, by exclusive or.
void add_header(guint8* fec, const ProtectedPacket& packet) {
    fec[0] ^= packet.header[0] & 0x3f;
    fec[1] ^= packet.header[1];
    exclusive_or(fec + 4, std::span(packet.header).subspan(4, 4));
    guint8 length[2];
    write_number(length, guint16(packet.size() - rtp_fixed));
    exclusive_or(fec + 8, length);
}

std::vector<guint8> protect(std::span<const ProtectedPacket> group, size_t first, size_t step,
                            guint16 base, bool wide) {
    size_t mask_size = wide ? 6 : 2, longest = 0;
    for (size_t i = first; i < group.size(); i += step)
        longest = std::max(longest, group[i].size() - rtp_fixed);
    std::vector<guint8> fec(fec_header + 2 + mask_size + longest);
    guint64 mask = 0;
    for (size_t i = first; i < group.size(); i += step) {
        add_header(fec.data(), group[i]);
        add_content(fec.data() + fec_header + 2 + mask_size, group[i]);
        mask |= guint64(1) << (mask_size * 8 - 1 - guint16(group[i].fields.sequence - base));
    }
    if (wide)
        fec[0] |= long_mask_flag;
    write_number(fec.data() + 2, base);
    // Section 7.4: the level's header.
    write_number(fec.data() + fec_header, guint16(longest));
    write_number(fec.data() + fec_header + 2, mask, mask_size);
    return fec;
}

} // namespace

std::vector<std::vector<guint8>> make_ulpfec(std::span<const ProtectedPacket> group, size_t count) {
    std::vector<std::vector<guint8>> result;
    if (group.empty())
        return result;
    auto base = group.front().fields.sequence;
    bool wide = guint16(group.back().fields.sequence - base) >= short_mask;
    count = std::min(count, group.size());
    for (size_t i = 0; i < count; i++)
        result.push_back(protect(group, i, count, base, wide));
    return result;
}

} // namespace rtc
