// The enumerations among rtcrecordsink's properties. Any thread.
#pragma once

#include <glib-object.h>

namespace rtc {

GType fallback_type();    // GstRtcRecordFallback
GType transcode_type();   // GstRtcRecordTranscode
GType group_type();       // GstRtcRecordGroup
GType loss_policy_type(); // GstRtcRecordLossPolicy

} // namespace rtc
