// GstRtcClientSignaling: the abstract element behind whipclient and whepclient. It has their
// properties, starts and stops their service with its state, and passes the host's words on.
#pragma once

#include "signaling/lib/rtcsignaling.h"
#include "signaling/whip/kind.hpp"

G_BEGIN_DECLS

#define GST_TYPE_RTC_CLIENT_SIGNALING (gst_rtc_client_signaling_get_type())
GType gst_rtc_client_signaling_get_type(void);

struct GstRtcClientSignaling {
    GstRtcSignaling parent;
};

struct GstRtcClientSignalingClass {
    GstRtcSignalingClass parent_class;
    rtc::whip::Kind kind; // set in class_init of a kind
};

G_END_DECLS
