/**
 * SECTION:element-whipclient
 * @title: whipclient
 * @short_description: publishes by WHIP
 *
 * Calls a WHIP endpoint (RFC 9725) and keeps the session with it up: the `signaling` of a producer.
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! \
 *     rtcsink signaling="whipclient endpoint=https://live.example.org/whip/hall token=…"
 * ]|
 *
 * An outage is a warning, and is tried again; the pipeline goes on. An endpoint that refuses for
 * good before there was a session of ten seconds is an error.
 */
#include "signaling/whip/whipclient.hpp"

#include "signaling/whip/clientsignaling.hpp"

struct GstRtcWhipClient {
    GstRtcClientSignaling parent;
};
struct GstRtcWhipClientClass {
    GstRtcClientSignalingClass parent_class;
};

GType gst_rtc_whip_client_get_type(void);
G_DEFINE_TYPE(GstRtcWhipClient, gst_rtc_whip_client, GST_TYPE_RTC_CLIENT_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(whipclient, "whipclient", GST_RANK_NONE, gst_rtc_whip_client_get_type())

static void gst_rtc_whip_client_init(GstRtcWhipClient*) {}

static void gst_rtc_whip_client_class_init(GstRtcWhipClientClass* klass) {
    klass->parent_class.kind = rtc::whip::Kind::whip;
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "WHIP client", "Signaling/Network/WebRTC",
        "Publishes: sends media to an endpoint by WHIP (RFC 9725)", "The gst-rtc project");
}
