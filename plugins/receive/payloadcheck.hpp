// Whether a depayloader may see a packet's payload. Those of GStreamer 1.22 read beyond payloads
// that are shorter than their headers tell, allocate what is left of a length below zero, and abort
// over the end of a fragment that never began: 62 01 alone ends the process. Others they report as
// errors, though the next packet may be good. What a payload format forbids is no loss. Pure.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <span>

namespace rtc {

class PayloadCheck {
public:
    explicit PayloadCheck(const Codec& codec);
    // Of each packet in turn. lost: others are missing before it.
    bool pass(std::span<const guint8> payload, bool lost);

private:
    using Payload = std::span<const guint8>;
    using Check = bool (PayloadCheck::*)(Payload);
    bool h264(Payload payload);
    bool h265(Payload payload);
    bool described(Payload payload);
    bool fragment(guint8 header);

    const Codec& codec_;
    Check check_;
    bool in_fragment_ = false; // a fragmented unit has begun
};

} // namespace rtc
