// The file formats: what each takes, and in which form. Pure, but for the muxers' names.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <span>
#include <string_view>

namespace rtc {

struct Container {
    const char* ending; // "mkv"
    const char* name;   // for people
    const char* muxer;  // factory name
};

extern const Container matroska;
std::span<const Container> containers();
// By the ending of a file name, in lower case; nullptr where there is none.
const Container* find_container(std::string_view ending);

// How a codec goes into a container.
struct Fit {
    const Codec* codec;
    const char* parser; // factory name; nullptr where the media goes in as it comes
    const char* form;   // caps between parser and muxer; nullptr for any
};

// nullopt where the container has no place for the codec.
std::optional<Fit> find_fit(const Container& container, const Codec& codec, const GstCaps* caps);

// Whether a track may go on in the same file after its caps have changed: same codec, and what
// changed is told in the stream itself.
bool goes_on(const Codec& codec, const GstCaps* before, const GstCaps* after);
// GStreamer 1.22 writes the numbers of MP4's Opus box (dOps) in little endian; they are big endian
// (Encapsulation of Opus in ISOBMFF, 4.3.2), else players skip a third of a second. Finds the
// boxes in a moov and sets them right; returns how many it changed.
guint repair_opus_boxes(std::span<guint8> moov);

} // namespace rtc
