// What a stream takes, and how its packets are described. Pure, but for asking the registry what is
// installed.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <string>

namespace rtc {

// Raw media of a kind, as an encoder branch takes it: system memory, easy formats first.
Ref<GstCaps> raw_caps(Kind kind);
bool is_raw(const GstCaps* caps, Kind kind);
// Encoded media of a codec, as its parser or payloader takes it; empty where one is not installed.
Ref<GstCaps> encoded_caps(const Codec& codec);
// "raw video, VP8, H264": what an input takes, for messages.
std::string input_words(Kind kind);

// The parameters of a codec that packets of a payloader with these caps have, as SDP writes them
// ("packetization-mode=1;profile-level-id=42c01f").
std::string fmtp_of_rtp_caps(const Codec& codec, const GstCaps* caps);
// The same, as far as encoded media tells it before any packet is there.
std::string fmtp_of_encoded_caps(const Codec& codec, const GstCaps* caps);

} // namespace rtc
