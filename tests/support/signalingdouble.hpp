// A signaling element for tests, in process. It keeps what its host sends, and, once paired with
// another one, carries it there: two hosts negotiate without a network.
//
// The functions may be called from any thread. A wait has a deadline and fails the test past it.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace rtc::test {

struct Sent {
    enum Kind { description, candidate, end, host_changed } kind;
    std::string session;
    int type = 0;     // GstWebRTCSDPType, GstRtcEndReason
    guint mline = 0;  // of a candidate
    std::string text; // the SDP, the candidate, or the reason in words
};

// A new double, floating as gst_element_factory_make() gives it.
GstRtcSignaling* make_signaling_double();

// From now on what the host of one sends, the host of the other receives.
void pair(GstRtcSignaling* one, GstRtcSignaling* other);

// What the host sends is changed on its way: for tests of a man in the middle.
void set_tamper(GstRtcSignaling* self, std::function<std::string(std::string)> tamper);
// Carries nothing any more; what is sent is still kept.
void unpair(GstRtcSignaling* self);

// Asks both hosts of a pair for a session with each other; the host of `offerer` makes the offer.
void start_session(GstRtcSignaling* offerer, const char* session_id,
                   GstWebRTCRTPTransceiverDirection direction_of_offerer);

// What the host has sent so far.
std::vector<Sent> sent(GstRtcSignaling* self);
// The first thing the host sends, or has sent, that satisfies.
Sent wait_for_sent(GstRtcSignaling* self, const std::function<bool(const Sent&)>& satisfies,
                   std::chrono::milliseconds deadline = std::chrono::seconds(20));

} // namespace rtc::test
