// Temporal layers of libvpx's encoders: half of the pictures, or three quarters, are needed by no
// other, so that a viewer may go without.
#pragma once

#include <gst/gst.h>

namespace rtc {

// For vp8enc and vp9enc, before they start. layers: 2 or 3.
void set_vp8_layers(GstElement* encoder, guint layers);
void set_vp9_layers(GstElement* encoder, guint layers);
// The rate of all layers together, in bit/s, of an encoder that shares it out; also while it runs.
void set_layer_bitrates(GstElement* encoder, guint bitrate);

} // namespace rtc
