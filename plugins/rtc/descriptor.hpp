// What the payload descriptor of a VP8 or VP9 packet tells of its picture (RFC 7741 section 4.2,
// RFC 9628 section 4.2). Pure.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <optional>
#include <span>

namespace rtc {

// A picture's place among those that may be left out.
struct PictureLayer {
    guint8 number = 0;  // TID, the temporal layer, 0 the base
    bool sync = false;  // Y of VP8: of other pictures it needs those of the base only
    bool opens = false; // U of VP9: from it on, those above need nothing before it that is above it

    bool operator==(const PictureLayer&) const = default;
};

struct PayloadDescriptor {
    struct PictureId {
        size_t at = 0; // byte
        bool wide = false;
        guint16 value = 0; // of 15 bits, or of 7
    };
    std::optional<PictureId> picture;
    // VP9 with layers: what a picture needs is told by how far back its number is, or follows from
    // the number's place in a pattern, so it stays true only where numbers of pictures that are
    // left out stay free. Without, each picture is taken to need the number before its own.
    bool counts_all = false;
    std::optional<size_t> base_index_at; // byte of TL0PICIDX, the number of base layer pictures
    std::optional<PictureLayer> layer;   // where it is told; GStreamer's payloader of VP9 does not
    bool begins = false; // S, B: the first packet of the picture, or of a part of it
    size_t size = 0;     // bytes
};

// Nothing for other codecs, and for what is cut short.
std::optional<PayloadDescriptor> read_descriptor(const Codec& codec,
                                                 std::span<const guint8> payload);
std::optional<PayloadDescriptor> read_vp8_descriptor(std::span<const guint8> payload);
std::optional<PayloadDescriptor> read_vp9_descriptor(std::span<const guint8> payload);

} // namespace rtc
