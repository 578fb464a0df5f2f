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

// What a file is written as while it grows. Matroska plays wherever it is cut off, never waits for
// a track that is silent, and takes any codec; so what is to become an MP4 is Matroska until it is
// whole. (mp4mux of GStreamer 1.22 also writes fragments that nothing plays: runs of samples that
// tell no size.)
const Container& part_container(const Container& container);
// Whether a part may become the file by its name alone.
bool takes_parts_as_they_are(const Container& container);

// How a codec goes into a container.
struct Fit {
    const Codec* codec;
    const char* parser; // factory name; nullptr where the media goes in as it comes
    const char* form;   // caps between parser and muxer; nullptr for any
};

// nullopt where the container has no place for the codec.
std::optional<Fit> find_fit(const Container& container, const Codec& codec, const GstCaps* caps);

// What a muxer is told of media with these caps. mp4mux of GStreamer 1.22 crashes over VP9 of 4:2:0
// that doesn't tell where its chroma samples lie, as none from RTP does.
Ref<GstCaps> complete_for_muxer(GstCaps* caps);

// Whether a track may go on in the same file after its caps have changed: same codec, and what
// changed is told in the stream itself.
bool goes_on(const Codec& codec, const GstCaps* before, const GstCaps* after);
// The bytes of Matroska's Duration element (RFC 9559, 5.1.2.10): 0x4489, a length, a float of 64
// bits that counts in milliseconds, as the muxer has it. False where they are something else.
constexpr size_t matroska_duration_size = 11;
bool set_matroska_duration(std::span<guint8, matroska_duration_size> element, guint64 nanoseconds);
// GStreamer 1.22 writes the numbers of MP4's Opus box (dOps) in little endian; they are big endian
// (Encapsulation of Opus in ISOBMFF, 4.3.2), else players skip a third of a second. Finds the
// boxes in a moov and sets them right; returns how many it changed.
guint repair_opus_boxes(std::span<guint8> moov);

} // namespace rtc
