// Our words in webrtcbin's: directions, codec preferences, errors. Pure, but for what asks the
// machine for its addresses.
#pragma once

#include "plugins/rtc/mediaplan.hpp"

#include <gst/webrtc/webrtc.h>

#include <optional>

namespace rtc {

bool is_made_by(GstElement* element, const char* factory);
// Whether an object is an element of such a factory, or inside of one.
bool is_inside(GstObject* object, const char* factory);
// The addresses that ICE gathers candidates on: those of this machine, but for loopback. Nothing:
// not known.
std::optional<size_t> count_addresses();
// Whether this machine has no other network interface that is up.
bool only_loopback();
GstWebRTCRTPTransceiverDirection to_webrtc(sdp::Direction direction);
// What webrtcbin may choose for a section. ssrc: of what is sent, 0 for none; for_offer: the
// section is offered by us.
Ref<GstCaps> codec_preferences(const TrackPlan& track, guint32 ssrc, bool for_offer);
// The error in a promise's reply, in words; what: the step that failed.
std::string error_text(const GstStructure* reply, const char* what);

} // namespace rtc
