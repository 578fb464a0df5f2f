#include "plugins/transport/fec.hpp"

#include "plugins/publish/bytes.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr size_t rtp_fixed = 12;
// What goes before the mask: RFC 5109 sections 7.3 and 7.4 (10, and 2 of the level); section 4.2
// of the draft (12, and 6 of the SSRC).
constexpr size_t ulpfec_header = 12, flexfec_header = 18;
constexpr guint8 long_mask_flag = 0x40; // L

// Which packets are protected, by their distance from the first one.
class Mask {
public:
    explicit Mask(FecFormat format)
        : format_(format) {}

    void add(guint distance) {
        set(format_ == FecFormat::ulpfec ? distance : place(distance));
        last_ = std::max(last_, distance);
    }
    std::span<const guint8> finish() {
        if (format_ == FecFormat::ulpfec)
            return std::span(bytes_).first(last_ < 16 ? 2 : 6);
        // The k bit stands at the start of the last part: of 15, 31, or 63 packets.
        set(last_ < 15 ? 0 : last_ < 46 ? 16 : 48);
        return std::span(bytes_).first(last_ < 15 ? 2 : last_ < 46 ? 6 : 14);
    }

private:
    // Behind the k bits of this part and of those before it.
    static guint place(guint distance) {
        return distance + 1 + (distance >= 15) + (distance >= 46);
    }
    void set(guint bit) { bytes_.at(bit / 8) |= guint8(0x80 >> bit % 8); }

    FecFormat format_;
    guint last_ = 0;
    std::array<guint8, 14> bytes_{};
};

void exclusive_or(guint8* into, std::span<const guint8> bytes) {
    for (size_t i = 0; i < bytes.size(); i++)
        into[i] ^= bytes[i];
}

// What follows the fixed header: CSRCs, extensions, then the payload with its own start.
void add_content(guint8* into, const ProtectedPacket& packet) {
    auto header = std::span(packet.header).first(packet.header_size).subspan(rtp_fixed);
    exclusive_or(into, header);
    into += header.size();
    auto start = std::span(packet.fields.start).first(packet.fields.start_size);
    exclusive_or(into, start);
    exclusive_or(into + start.size(), packet.packet->bytes().subspan(start.size()));
}

// Flags, marker, payload type, length, and timestamp of all, in the places that FlexFEC has for
// them.
void add_header(guint8* fec, const ProtectedPacket& packet) {
    fec[0] ^= packet.header[0] & 0x3f;
    fec[1] ^= packet.header[1];
    guint8 length[2];
    write_number(length, guint16(packet.size() - rtp_fixed));
    exclusive_or(fec + 2, length);
    exclusive_or(fec + 4, std::span(packet.header).subspan(4, 4));
}

void finish_ulpfec(guint8* fec, guint16 base, size_t mask_size, size_t length) {
    std::copy_n(fec + 2, 2, fec + 8);
    write_number(fec + 2, base);
    if (mask_size > 2)
        fec[0] |= long_mask_flag;
    write_number(fec + 10, guint16(length));
}

void finish_flexfec(guint8* fec, guint16 base, guint32 ssrc) {
    fec[8] = 1; // SSRC, and three bytes that are reserved
    write_number(fec + 12, ssrc);
    write_number(fec + 16, base);
}

std::vector<guint8> protect(FecFormat format, std::span<const ProtectedPacket> group, size_t first,
                            size_t step) {
    const auto& fields = group[first].fields;
    Mask mask(format);
    size_t longest = 0;
    for (size_t i = first; i < group.size(); i += step) {
        mask.add(guint16(group[i].fields.sequence - fields.sequence));
        longest = std::max(longest, group[i].size() - rtp_fixed);
    }
    auto bits = mask.finish();
    auto fixed = format == FecFormat::ulpfec ? ulpfec_header : flexfec_header;
    std::vector<guint8> fec(fixed + bits.size() + longest);
    for (size_t i = first; i < group.size(); i += step) {
        add_header(fec.data(), group[i]);
        add_content(fec.data() + fixed + bits.size(), group[i]);
    }
    if (format == FecFormat::ulpfec)
        finish_ulpfec(fec.data(), fields.sequence, bits.size(), longest);
    else
        finish_flexfec(fec.data(), fields.sequence, fields.ssrc);
    std::ranges::copy(bits, fec.begin() + ptrdiff_t(fixed));
    return fec;
}

} // namespace

std::vector<std::vector<guint8>> make_fec(FecFormat format, std::span<const ProtectedPacket> group,
                                          size_t count) {
    std::vector<std::vector<guint8>> result;
    count = std::min(count, group.size());
    for (size_t i = 0; i < count; i++)
        result.push_back(protect(format, group, i, count));
    return result;
}

} // namespace rtc
