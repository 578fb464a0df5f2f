// A picture's temporal layer, carried by its buffer: from a depayloader, which forgets it, to the
// packets of a payloader that doesn't tell of layers but passes on what buffers carry.
//
// Decoders and encoders pass it on, too, so a mark holds for the bytes that it was made for alone.
#pragma once

#include "plugins/rtc/descriptor.hpp"

#include <gst/gst.h>

#include <optional>
#include <span>

namespace rtc {

// picture: writable.
void mark_layer(GstBuffer* picture, const PictureLayer& layer);
// Of the buffer of a packet: the layer of the picture that begins with these bytes. Nothing where
// it carries none, or that of other bytes.
std::optional<PictureLayer> marked_layer(GstBuffer* packet, std::span<const guint8> picture);

} // namespace rtc
