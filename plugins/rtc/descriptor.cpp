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
    PayloadDescriptor descriptor{.size = 1};
    if (payload.empty())
        return std::nullopt;
    if (!(payload[0] & 0x80)) // X
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
        if (present & 0x20) {
            descriptor.layer = payload[at] >> 6;
            descriptor.sync = payload[at] & 0x20;
        }
        at++;
    }
    if (at > payload.size())
        return std::nullopt;
    return descriptor;
}

static std::optional<PayloadDescriptor> read_vp9_descriptor(Payload payload) {
    PayloadDescriptor descriptor{.size = 1};
    if (payload.empty())
        return std::nullopt;
    if (!(payload[0] & 0x80)) // I
        return descriptor;
    descriptor.picture = read_picture_id(payload, 1);
    if (!descriptor.picture)
        return std::nullopt;
    descriptor.size += descriptor.picture->wide ? 2 : 1;
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
