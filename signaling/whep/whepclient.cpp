/**
 * SECTION:element-whepclient
 * @title: whepclient
 * @short_description: watches by WHEP
 *
 * Calls a WHEP endpoint (draft-ietf-wish-whep) and keeps the session with it up: the `signaling` of
 * a consumer.
 *
 * |[
 * gst-launch-1.0 rtcsrc signaling="whepclient endpoint=https://live.example.org/whep/hall" : \
 *     rtcrecordsink location="hall-{session}.mkv"
 * ]|
 *
 * An endpoint that makes the offer itself (406) gets an answer. An outage is a warning, and is
 * tried again; the pipeline goes on.
 */
#include "signaling/whep/whepclient.hpp"

#include "signaling/whip/clientsignaling.hpp"

struct GstRtcWhepClient {
    GstRtcClientSignaling parent;
};
struct GstRtcWhepClientClass {
    GstRtcClientSignalingClass parent_class;
};

GType gst_rtc_whep_client_get_type(void);
G_DEFINE_TYPE(GstRtcWhepClient, gst_rtc_whep_client, GST_TYPE_RTC_CLIENT_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(whepclient, "whepclient", GST_RANK_NONE, gst_rtc_whep_client_get_type())

static void gst_rtc_whep_client_init(GstRtcWhepClient*) {}

static void gst_rtc_whep_client_class_init(GstRtcWhepClientClass* klass) {
    klass->parent_class.kind = rtc::whip::Kind::whep;
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "WHEP client", "Signaling/Network/WebRTC",
        "Watches: receives media from an endpoint by WHEP", "The gst-rtc project");
}
