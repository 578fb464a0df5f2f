// Whether an RTP payload begins a keyframe, from the payload alone. Pure.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <span>

namespace rtc {

// True for a packet from which a decoder can start: the first of a keyframe's pictures, or the
// parameter sets that go before it. The first 128 bytes of the payload are enough.
using KeyframeTest = bool (*)(std::span<const guint8> payload);

// The test for a codec; nullptr where every packet is a start, as with audio.
KeyframeTest keyframe_test(const Codec& codec);

} // namespace rtc
