// What the payload descriptor of a VP8 or VP9 packet tells of its picture (RFC 7741 section 4.2,
// RFC 9628 section 4.2). Pure.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <optional>
#include <span>

namespace rtc {

struct PayloadDescriptor {
    struct PictureId {
        size_t at = 0; // byte
        bool wide = false;
        guint16 value = 0; // of 15 bits, or of 7
    };
    std::optional<PictureId> picture;
    // The rest is known of VP8 alone: GStreamer's payloader of VP9 tells of no layers.
    std::optional<size_t> base_index_at; // byte of TL0PICIDX, the number of base layer pictures
    guint8 layer = 0;                    // TID, the temporal layer, 0 the base
    bool sync = false;                   // Y: of other pictures it needs those of the base only
    size_t size = 0;                     // bytes
};

// Nothing for other codecs, and for what is cut short.
std::optional<PayloadDescriptor> read_descriptor(const Codec& codec,
                                                 std::span<const guint8> payload);
std::optional<PayloadDescriptor> read_vp8_descriptor(std::span<const guint8> payload);

} // namespace rtc
