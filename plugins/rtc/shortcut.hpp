// A shorter way for received packets through webrtcbin: nicesrc ─▶ capsfilter ─▶ queue ─▶
// dtlssrtpdec becomes nicesrc ─▶ dtlssrtpdec for RTP and RTCP, which saves a change of threads for
// each packet. What is not of these, DTLS above all, goes through the queue as before, and so does
// everything until webrtcbin lets media pass.
#pragma once

#include "signaling/base/refs.hpp"

namespace rtc {

// RTP or RTCP, by its first byte (RFC 7983, section 7).
bool is_rtp(GstBuffer* packet);

class Shortcut {
public:
    // From nicesrc's streaming thread. Returns true when the packet took the short way; the caller
    // then doesn't own it any more.
    bool take(GstPad* nicesrc_pad, GstBuffer* packet);

private:
    void look(GstPad* nicesrc_pad);

    bool looked_ = false;
    Ref<GstPad> queue_; // its source pad; nullptr where webrtcbin is built otherwise
    Ref<GstPad> target_;
    bool ready_ = false;
};

} // namespace rtc
