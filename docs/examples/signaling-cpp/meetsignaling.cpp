// meetsignaling: the element of a process that sends and the one that receives have a session.
#include <signaling/lib/rtcsignaling.h>
#define PACKAGE "meetsignaling"

struct MeetSignaling { GstRtcSignaling parent; };
struct MeetSignalingClass { GstRtcSignalingClass parent_class; };
G_DEFINE_TYPE(MeetSignaling, meet_signaling, GST_TYPE_RTC_SIGNALING)

static GWeakRef sender, receiver; // who is started
static gint together, count;

static GWeakRef *place_of(GstRtcSignaling *self) {
    return gst_rtc_signaling_get_role(self) == GST_RTC_ROLE_PRODUCER ? &sender : &receiver;
}
static GstRtcSignaling *other(GstRtcSignaling *self) {
    return static_cast<GstRtcSignaling *>(g_weak_ref_get(place_of(self) == &sender ? &receiver : &sender));
}
static void host_changed(GstRtcSignaling *) { // asks both for a session, once there is media
    g_autoptr(GstRtcSignaling) from = static_cast<GstRtcSignaling *>(g_weak_ref_get(&sender));
    g_autoptr(GstRtcSignaling) to = static_cast<GstRtcSignaling *>(g_weak_ref_get(&receiver));
    if (!from || !to || !gst_rtc_signaling_get_live(from)) return;
    if (!g_atomic_int_compare_and_exchange(&together, FALSE, TRUE)) return;
    g_autofree gchar *id = g_strdup_printf("meeting-%d", g_atomic_int_add(&count, 1));
    gst_rtc_signaling_request_session(to, id, "sender", GST_RTC_OFFERER_PEER,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr, nullptr);
    gst_rtc_signaling_request_session(from, id, "receiver", GST_RTC_OFFERER_HOST,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr, nullptr);
}
static void send_description(GstRtcSignaling *self, const gchar *id, GstWebRTCSDPType type, const gchar *sdp) {
    g_autoptr(GstRtcSignaling) peer = other(self);
    if (peer) gst_rtc_signaling_receive_description(peer, id, type, sdp);
}
static void end_session(GstRtcSignaling *self, const gchar *id, GstRtcEndReason reason, const gchar *text) {
    g_autoptr(GstRtcSignaling) peer = other(self);
    g_atomic_int_set(&together, FALSE);
    if (peer) gst_rtc_signaling_close_session(peer, id, reason, text);
}
static gboolean start(GstRtcSignaling *self) {
    g_weak_ref_set(place_of(self), self);
    host_changed(self);
    return TRUE;
}
static void stop(GstRtcSignaling *self) {
    g_weak_ref_set(place_of(self), nullptr);
    g_atomic_int_set(&together, FALSE);
}
static void meet_signaling_init(MeetSignaling *) {}
static void meet_signaling_class_init(MeetSignalingClass *klass) {
    klass->parent_class.start = start;
    klass->parent_class.stop = stop;
    klass->parent_class.host_changed = host_changed;
    klass->parent_class.send_description = send_description;
    klass->parent_class.end_session = end_session;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Meeting in a process",
        "Signaling/Network/WebRTC", "Links a sender and a receiver of one process", "A stranger");
}
static gboolean plugin_init(GstPlugin *plugin) {
    return gst_element_register(plugin, "meetsignaling", GST_RANK_NONE, meet_signaling_get_type());
}
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, meetsignaling, "Sessions within a process",
                  plugin_init, "1.0", "LGPL", PACKAGE, "https://example.org/meetsignaling")
