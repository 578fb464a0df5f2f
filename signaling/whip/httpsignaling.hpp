// GstRtcHttpSignaling: the abstract element behind whipserver and whepserver. It has their
// properties, starts and stops their service with its state, and passes the host's words on.
#pragma once

#include "signaling/lib/rtcsignaling.h"
#include "signaling/whip/resource.hpp"

G_BEGIN_DECLS

#define GST_TYPE_RTC_HTTP_SIGNALING (gst_rtc_http_signaling_get_type())
GType gst_rtc_http_signaling_get_type(void);

struct GstRtcHttpSignaling {
    GstRtcSignaling parent;
};

struct GstRtcHttpSignalingClass {
    GstRtcSignalingClass parent_class;
    rtc::whip::Kind kind;
    const char* default_path;
};

// For class_init of a kind: what it is, and the property `path` with its default.
void gst_rtc_http_signaling_class_set_kind(GstRtcHttpSignalingClass* klass, rtc::whip::Kind kind,
                                           const char* default_path);

G_END_DECLS
