// A shorter way for received packets through webrtcbin: nicesrc ─▶ capsfilter ─▶ queue ─▶
// dtlssrtpdec becomes nicesrc ─▶ dtlssrtpdec for RTP and RTCP, which saves a change of threads for
// each packet. What is not of these, DTLS above all, goes through the queue as before, and so does
// everything until webrtcbin lets media pass.
//
// With the keys of DTLS, RTP is opened here, and goes on behind dtlssrtpdec: OpenSSL takes a fifth
// of what libsrtp takes on NSS, as Debian builds it, and four elements need not be passed.
#pragma once

#include "plugins/transport/srtpreceiver.hpp"
#include "signaling/base/refs.hpp"

#include <functional>

namespace rtc {

// RTP or RTCP, by its first byte (RFC 7983, section 7).
bool is_rtp(GstBuffer* packet);

class Shortcut {
public:
    // The keys of what the peer sends; nothing until DTLS has them, or for ever where it agreed on
    // another profile.
    using Keys = std::function<std::optional<SrtpMaster>()>;
    explicit Shortcut(Keys keys)
        : keys_(std::move(keys)) {}

    // From nicesrc's streaming thread. A packet that took the short way is nullptr afterwards.
    void take(GstPad* nicesrc_pad, Ref<GstBuffer>& packet);

private:
    void look(GstPad* nicesrc_pad);
    bool open(GstBuffer* packet);
    bool take_rtp(Ref<GstBuffer>& packet);

    Keys keys_;
    bool looked_ = false;
    Ref<GstPad> queue_; // its source pad; nullptr where webrtcbin is built otherwise
    Ref<GstPad> target_;
    Ref<GstPad> rtp_target_; // behind dtlssrtpdec
    bool ready_ = false;
    bool rtp_ready_ = false;
    std::optional<SrtpReceiver> receiver_;
};

} // namespace rtc
