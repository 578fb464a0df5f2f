// Whether other pictures go without the one that an RTP payload begins, from the payload alone.
// Pure.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <span>

namespace rtc {

// True for the first packet of a picture that no other needs: it can be left out at any time. False
// where the packet does not tell. The first 128 bytes of the payload are enough.
using UnreferencedTest = bool (*)(std::span<const guint8> payload);

// The test for a codec; nullptr where pictures do not tell.
UnreferencedTest unreferenced_test(const Codec& codec);

} // namespace rtc
