// Which tracks of a recording are encoded anew, and as what. Pure, but for what the caller asks the
// registry.
#pragma once

#include "plugins/record/container.hpp"
#include "signaling/base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace rtc {

enum class Transcode {
    never,     // media goes into the file as it comes
    if_needed, // what the container has no place for is encoded anew
    always,    // everything is
};

struct TranscodeProfile {
    struct Choice {
        const Codec* codec = nullptr; // nullptr: the container's own choice
        guint bitrate = 0;            // bit/s; 0: by the picture's size, or the sound's usual one
    };
    Choice video;
    Choice audio;

    const Choice& of(Kind kind) const { return kind == Kind::video ? video : audio; }
};

// "H264:2000, opus:96": a codec for pictures, one for sound, or both, each with kbit/s or without.
// An error says what is wrong.
Result<TranscodeProfile> parse_transcode_profile(std::string_view text);
// The same with both codecs: where none is named, the first that has an encoder of those that play
// in most places. An error where the container has no place for one, or no encoder is there.
Result<TranscodeProfile> complete_profile(TranscodeProfile profile, const Container& container,
                                          const std::function<bool(const Codec&)>& has_encoder);
bool is_to_be_transcoded(Transcode policy, const Container& container, const Codec& codec,
                         const GstCaps* caps);
// What a picture of that size gets where the profile doesn't say: bit/s.
guint usual_bitrate(int width, int height);
// What all raw media of a track is brought to, so that a file never changes: the size of its first
// picture, made even, or the channels of its first sound, two at most.
Ref<GstCaps> raw_form(const GstCaps* first, Kind kind);

} // namespace rtc
