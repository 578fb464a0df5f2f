/**
 * SECTION:element-whipserver
 * @title: whipserver
 * @short_description: takes calls by WHIP
 *
 * Serves WHIP (RFC 9725): browsers, OBS, ffmpeg, GStreamer's whipclientsink and others send media
 * to it. It is the `signaling` of a consumer:
 *
 * |[
 * gst-launch-1.0 rtcsrc signaling="whipserver port=8080" : rtcrecordsink
 * location="calls/{session}.mkv"
 * ]|
 *
 * The endpoint's URL is in the element message `rtc-signaling-ready`. A name that is given as
 * `?name=` in it becomes the peer's name.
 */
#include "signaling/whip/whipserver.hpp"

#include "signaling/whip/httpsignaling.hpp"

struct GstRtcWhipServer {
    GstRtcHttpSignaling parent;
};
struct GstRtcWhipServerClass {
    GstRtcHttpSignalingClass parent_class;
};

GType gst_rtc_whip_server_get_type(void);
G_DEFINE_TYPE(GstRtcWhipServer, gst_rtc_whip_server, GST_TYPE_RTC_HTTP_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(whipserver, "whipserver", GST_RANK_NONE, gst_rtc_whip_server_get_type())

static void gst_rtc_whip_server_init(GstRtcWhipServer*) {}

static void gst_rtc_whip_server_class_init(GstRtcWhipServerClass* klass) {
    gst_rtc_http_signaling_class_set_kind(&klass->parent_class, rtc::whip::Kind::whip, "/whip");
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "WHIP server", "Signaling/Network/WebRTC",
        "Takes calls: peers send media by WHIP (RFC 9725)", "The gst-rtc project");
}
