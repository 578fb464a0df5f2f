// The property `signaling` as text, "whipserver port=8080", for gst-launch-1.0 and
// gst_util_set_object_arg().
//
// What GStreamer does with the text of such a property takes the words that it understands and
// passes over the rest, and a setter can refuse nothing. So the text is read here, as a whole; one
// that can't be used becomes an element that refuses to start and says why.
#pragma once

#include "signaling/base/refs.hpp"

namespace rtc {

// Has GStreamer read values of GST_TYPE_RTC_SIGNALING by signaling_from_text().
void register_signaling_text();

// Never nothing.
Ref<GstElement> signaling_from_text(const char* text);

} // namespace rtc
