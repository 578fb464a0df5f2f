// Temporal layers of libvpx's encoder for VP8: half of the pictures, or three quarters, are needed
// by no other, so that a viewer may go without.
#pragma once

#include <gst/gst.h>

namespace rtc {

// For vp8enc, before it starts. layers: 1 to 3; 1 is none.
void set_temporal_layers(GstElement* encoder, guint layers);
// The rate of all layers together, in bit/s, of an encoder that has them; also while it runs.
void set_layer_bitrates(GstElement* encoder, guint bitrate);

} // namespace rtc
