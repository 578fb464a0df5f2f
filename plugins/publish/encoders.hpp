// The encoder table: one row per encoder with its settings for real time. The first row of a codec
// whose element is installed and works is used; the next one takes over when it fails.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <span>

namespace rtc {

struct Encoder {
    const char* codec;   // Codec::name
    const char* factory; // element
    // "property=value …", in gst-launch's spelling, parted by blanks. A property that the installed
    // version lacks is passed over. {bitrate} (bit/s) and {frames} (keyframe distance) are filled
    // in.
    const char* settings;
    const char* bitrate_property;  // nullptr where it has none
    guint bitrate_unit;            // bit/s that one unit of it stands for: 1 or 1000
    const char* distance_property; // longest keyframe distance in frames; nullptr where it has none
    const char* input_caps;        // what its input is narrowed to, or nullptr
    const char* output_caps;       // what its output is narrowed to, or nullptr
    // Of sound: the share of packets, in percent, whose loss it guards against; to be silent when
    // its input is. nullptr where it has none.
    const char* loss_property = nullptr;
    const char* dtx_property = nullptr;
    // Of pictures: makes temporal layers, before it starts; nullptr where it can't.
    void (*set_temporal_layers)(GstElement* encoder, guint layers) = nullptr;
};

// Hardware first, then software.
std::span<const Encoder> encoders();

// A new encoder element with its settings in place, or nullptr where it is not installed.
// bitrate: bit/s. frames: keyframe distance; 0 leaves the element's own. layers: temporal layers,
// where it can make them.
Ref<GstElement> make_encoder(const Encoder& row, guint bitrate, guint frames, guint layers = 1);
// While it runs.
void set_encoder_bitrate(const Encoder& row, GstElement* encoder, guint bitrate);
void set_encoder_loss(const Encoder& row, GstElement* encoder, guint percent);

bool encoder_installed(const Encoder& row);

} // namespace rtc
