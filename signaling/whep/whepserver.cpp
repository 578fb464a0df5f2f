/**
 * SECTION:element-whepserver
 * @title: whepserver
 * @short_description: is watched by WHEP
 *
 * Serves WHEP (draft-ietf-wish-whep): browsers and players receive media from it. It is the
 * `signaling` of a producer:
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink signaling="whepserver port=8080"
 * ]|
 *
 * The endpoint's URL is in the element message `rtc-signaling-ready`. While the host has nothing to
 * send, players are asked to come back (409 with Retry-After).
 */
#include "signaling/whep/whepserver.hpp"

#include "signaling/whip/httpsignaling.hpp"

struct GstRtcWhepServer {
    GstRtcHttpSignaling parent;
};
struct GstRtcWhepServerClass {
    GstRtcHttpSignalingClass parent_class;
};

GType gst_rtc_whep_server_get_type(void);
G_DEFINE_TYPE(GstRtcWhepServer, gst_rtc_whep_server, GST_TYPE_RTC_HTTP_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(whepserver, "whepserver", GST_RANK_NONE, gst_rtc_whep_server_get_type())

static void gst_rtc_whep_server_init(GstRtcWhepServer*) {}

static void gst_rtc_whep_server_class_init(GstRtcWhepServerClass* klass) {
    gst_rtc_http_signaling_class_set_kind(&klass->parent_class, rtc::whip::Kind::whep, "/whep");
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "WHEP server", "Signaling/Network/WebRTC",
        "Is watched: peers receive media by WHEP", "The gst-rtc project");
}
