#include "plugins/rtc/descriptor.hpp"

namespace rtc {
namespace {

using Payload = std::span<const guint8>;
using PictureId = PayloadDescriptor::PictureId;

std::optional<PictureId> read_picture_id(Payload payload, size_t at) {
    if (at >= payload.size())
        return std::nullopt;
    bool wide = payload[at] & 0x80;
    if (!wide)
        return PictureId{at, false, payload[at]};
    if (at + 1 >= payload.size())
        return std::nullopt;
    return PictureId{at, true, guint16((payload[at] & 0x7f) << 8 | payload[at + 1])};
}

} // namespace

std::optional<PayloadDescriptor> read_vp8_descriptor(Payload payload) {
    if (payload.empty())
        return std::nullopt;
    PayloadDescriptor descriptor{.begins = (payload[0] & 0x10) != 0, .size = 1}; // S
    if (!(payload[0] & 0x80))                                                    // X
        return descriptor;
    if (payload.size() < 2)
        return std::nullopt;
    auto present = payload[1];
    auto& at = descriptor.size;
    at = 2;
    if (present & 0x80) { // I
        descriptor.picture = read_picture_id(payload, at);
        if (!descriptor.picture)
            return std::nullopt;
        at += descriptor.picture->wide ? 2 : 1;
    }
    if (present & 0x40) // L
        descriptor.base_index_at = at++;
    if (present & 0x30) { // T, K
        if (at >= payload.size())
            return std::nullopt;
        if (present & 0x20)
            descriptor.layer = {.number = guint8(payload[at] >> 6),
                                .sync = (payload[at] & 0x20) != 0};
        at++;
    }
    if (at > payload.size())
        return std::nullopt;
    return descriptor;
}

// Where the scalability structure of VP9 that begins at a byte ends (RFC 9628 section 4.2.1);
// behind the payload where it is cut short.
static size_t skip_structure(Payload payload, size_t at) {
    if (at >= payload.size())
        return at + 1;
    auto first = payload[at++];
    if (first & 0x10) // Y: width and height of each spatial layer
        at += ((first >> 5) + 1u) * 4;
    if (!(first & 0x08)) // G
        return at;
    auto pictures = at < payload.size() ? payload[at] : 0;
    for (at++; pictures > 0; pictures--) {
        auto references = at < payload.size() ? payload[at] >> 2 & 0x03 : 0; // R
        at += 1 + size_t(references);
    }
    return at;
}

std::optional<PayloadDescriptor> read_vp9_descriptor(Payload payload) {
    if (payload.empty())
        return std::nullopt;
    auto first = payload[0];
    bool numbered = first & 0x80, predicted = first & 0x40, layered = first & 0x20;
    bool flexible = first & 0x10, structured = first & 0x02;
    PayloadDescriptor descriptor{
        .counts_all = layered || flexible, .begins = (first & 0x08) != 0, .size = 1};
    auto& at = descriptor.size;
    if (numbered) {
        descriptor.picture = read_picture_id(payload, at);
        if (!descriptor.picture)
            return std::nullopt;
        at += descriptor.picture->wide ? 2 : 1;
    }
    if (layered) {
        if (at >= payload.size())
            return std::nullopt;
        descriptor.layer = {.number = guint8(payload[at] >> 5), .opens = (payload[at] & 0x10) != 0};
        at++;
        if (!flexible)
            descriptor.base_index_at = at++;
    }
    // Up to three P_DIFFs, each with N, whether there is another.
    bool more = flexible && predicted;
    for (int i = 0; more && i < 3; i++) {
        if (at >= payload.size())
            return std::nullopt;
        more = payload[at++] & 0x01;
    }
    if (structured)
        at = skip_structure(payload, at);
    if (at > payload.size())
        return std::nullopt;
    return descriptor;
}

std::optional<PayloadDescriptor> read_descriptor(const Codec& codec, Payload payload) {
    if (codec.is("VP8"))
        return read_vp8_descriptor(payload);
    if (codec.is("VP9"))
        return read_vp9_descriptor(payload);
    return std::nullopt;
}

} // namespace rtc
