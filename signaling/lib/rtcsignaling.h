/* librtcsignaling: the element that finds the peers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#ifndef GST_USE_UNSTABLE_API
#define GST_USE_UNSTABLE_API /* the WebRTC types are declared unstable up to 1.28 */
#endif
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

#ifndef GST_RTC_API
#define GST_RTC_API __attribute__((visibility("default"))) extern
#endif

/**
 * GstRtcOfferer:
 * @GST_RTC_OFFERER_HOST: the element that uses the signaling element makes the offer
 * @GST_RTC_OFFERER_PEER: the remote peer makes the offer
 *
 * Who makes the first offer of a session (RFC 3264).
 */
typedef enum {
    GST_RTC_OFFERER_HOST,
    GST_RTC_OFFERER_PEER,
} GstRtcOfferer;

/**
 * GstRtcRole:
 * @GST_RTC_ROLE_NONE: not used by a host yet
 * @GST_RTC_ROLE_CONSUMER: the host receives media (rtcsrc)
 * @GST_RTC_ROLE_PRODUCER: the host sends media (rtcsink)
 * @GST_RTC_ROLE_BOTH: the host does both (a call)
 *
 * What the element that uses the signaling element does with media.
 */
typedef enum {
    GST_RTC_ROLE_NONE,
    GST_RTC_ROLE_CONSUMER,
    GST_RTC_ROLE_PRODUCER,
    GST_RTC_ROLE_BOTH,
} GstRtcRole;

/**
 * GstRtcEndReason:
 * @GST_RTC_END_REASON_HANGUP: one side ended the session on purpose
 * @GST_RTC_END_REASON_REJECTED: a description can't be used; the text says why
 * @GST_RTC_END_REASON_BUSY: a limit is reached, or nothing is there to send
 * @GST_RTC_END_REASON_TIMEOUT: a step took longer than its deadline
 * @GST_RTC_END_REASON_CONNECTION: ICE or DTLS failed
 * @GST_RTC_END_REASON_SECURITY: the peer's certificate is not the one that was announced
 * @GST_RTC_END_REASON_LOST: the peer went silent
 * @GST_RTC_END_REASON_SHUTDOWN: the pipeline stops
 * @GST_RTC_END_REASON_ERROR: something else failed; the text says what
 *
 * Why a session ended.
 */
typedef enum {
    GST_RTC_END_REASON_HANGUP,
    GST_RTC_END_REASON_REJECTED,
    GST_RTC_END_REASON_BUSY,
    GST_RTC_END_REASON_TIMEOUT,
    GST_RTC_END_REASON_CONNECTION,
    GST_RTC_END_REASON_SECURITY,
    GST_RTC_END_REASON_LOST,
    GST_RTC_END_REASON_SHUTDOWN,
    GST_RTC_END_REASON_ERROR,
} GstRtcEndReason;

GST_RTC_API GType gst_rtc_offerer_get_type(void);
GST_RTC_API GType gst_rtc_role_get_type(void);
GST_RTC_API GType gst_rtc_end_reason_get_type(void);
#define GST_TYPE_RTC_OFFERER (gst_rtc_offerer_get_type())
#define GST_TYPE_RTC_ROLE (gst_rtc_role_get_type())
#define GST_TYPE_RTC_END_REASON (gst_rtc_end_reason_get_type())

#define GST_TYPE_RTC_SIGNALING (gst_rtc_signaling_get_type())
GST_RTC_API G_DECLARE_DERIVABLE_TYPE(GstRtcSignaling, gst_rtc_signaling, GST, RTC_SIGNALING, GstElement)

/**
 * GstRtcSignalingClass:
 * @parent_class: the parent class
 * @send_description: carries a description of the host to the peer
 * @send_candidate: carries an ICE candidate of the host to the peer. Called only while
 *     #GstRtcSignaling:trickle is %TRUE; else descriptions hold all candidates.
 * @end_session: the host ended the session; tell the peer and forget it
 * @start: the element goes from READY to PAUSED
 * @stop: it goes back, or failed to start after @start
 * @host_changed: #GstRtcSignaling:role, #GstRtcSignaling:ice-servers, or #GstRtcSignaling:live
 *     changed
 * @layers_changed: the peer can choose between these encodings; it does so by
 *     gst_rtc_signaling_select_layer()
 *
 * Each is optional. @start and @stop are called by whoever changes the state and may take a moment.
 * The others are called on the host's own loop thread, one at a time, and must return at once: hand
 * the work to a thread or a main context of the element's own.
 */
struct _GstRtcSignalingClass {
    GstElementClass parent_class;

    /**
     * GstRtcSignalingClass::start:
     * @self: the signaling element
     *
     * Returns: whether it started; if not, an error message was posted that says what to do
     */
    gboolean (*start)(GstRtcSignaling *self);
    /**
     * GstRtcSignalingClass::stop:
     * @self: the signaling element
     */
    void (*stop)(GstRtcSignaling *self);
    /**
     * GstRtcSignalingClass::send_description:
     * @self: the signaling element
     * @session_id: the session, as given to gst_rtc_signaling_request_session()
     * @type: offer, answer, pranswer or rollback
     * @sdp: the session description
     */
    void (*send_description)(GstRtcSignaling *self, const gchar *session_id, GstWebRTCSDPType type,
                             const gchar *sdp);
    /**
     * GstRtcSignalingClass::send_candidate:
     * @self: the signaling element
     * @session_id: the session
     * @mline: index of the media section, from 0
     * @candidate: (nullable): `candidate:…` (RFC 8839), or %NULL when there are no more
     */
    void (*send_candidate)(GstRtcSignaling *self, const gchar *session_id, guint mline,
                           const gchar *candidate);
    /**
     * GstRtcSignalingClass::end_session:
     * @self: the signaling element
     * @session_id: the session
     * @reason: why
     * @text: the same in words, fit to be shown to the peer
     */
    void (*end_session)(GstRtcSignaling *self, const gchar *session_id, GstRtcEndReason reason,
                        const gchar *text);
    /**
     * GstRtcSignalingClass::host_changed:
     * @self: the signaling element
     */
    void (*host_changed)(GstRtcSignaling *self);
    /**
     * GstRtcSignalingClass::layers_changed:
     * @self: the signaling element
     * @session_id: the session
     * @mline: index of the media section, from 0
     * @layers: as in gst_rtc_signaling_set_layers()
     */
    void (*layers_changed)(GstRtcSignaling *self, const gchar *session_id, guint mline,
                           const GstStructure *layers);

    /*< private >*/
    gpointer _reserved[GST_PADDING_LARGE - 3];
};

/* For subclasses: signaling to host. From any thread, in order per session; none waits. */

GST_RTC_API void gst_rtc_signaling_request_session(GstRtcSignaling *self, const gchar *session_id,
                                                   const gchar *peer, GstRtcOfferer offerer,
                                                   GstWebRTCRTPTransceiverDirection direction,
                                                   const gchar *const *ice_servers,
                                                   const GstStructure *details);
GST_RTC_API void gst_rtc_signaling_receive_description(GstRtcSignaling *self,
                                                       const gchar *session_id,
                                                       GstWebRTCSDPType type, const gchar *sdp);
GST_RTC_API void gst_rtc_signaling_receive_candidate(GstRtcSignaling *self,
                                                     const gchar *session_id, guint mline,
                                                     const gchar *candidate);
GST_RTC_API void gst_rtc_signaling_receive_ice_servers(GstRtcSignaling *self,
                                                       const gchar *session_id,
                                                       const gchar *const *ice_servers);
GST_RTC_API void gst_rtc_signaling_select_layer(GstRtcSignaling *self, const gchar *session_id,
                                                guint mline, const gchar *layer);
GST_RTC_API void gst_rtc_signaling_close_session(GstRtcSignaling *self, const gchar *session_id,
                                                 GstRtcEndReason reason, const gchar *text);
GST_RTC_API void gst_rtc_signaling_announce(GstRtcSignaling *self, const gchar *const *uris);
GST_RTC_API void gst_rtc_signaling_set_trickle(GstRtcSignaling *self, gboolean trickle);

/* What a subclass may ask of its host. */

GST_RTC_API GstRtcRole gst_rtc_signaling_get_role(GstRtcSignaling *self);
GST_RTC_API gchar **gst_rtc_signaling_get_ice_servers(GstRtcSignaling *self);
GST_RTC_API gboolean gst_rtc_signaling_get_live(GstRtcSignaling *self);
GST_RTC_API gboolean gst_rtc_signaling_get_trickle(GstRtcSignaling *self);

/* For hosts: host to signaling. */

GST_RTC_API void gst_rtc_signaling_set_host(GstRtcSignaling *self, GstRtcRole role,
                                            const gchar *const *ice_servers);
GST_RTC_API void gst_rtc_signaling_set_live(GstRtcSignaling *self, gboolean live);
GST_RTC_API void gst_rtc_signaling_set_layers(GstRtcSignaling *self, const gchar *session_id,
                                              guint mline, const GstStructure *layers);
GST_RTC_API void gst_rtc_signaling_send_description(GstRtcSignaling *self, const gchar *session_id,
                                                    GstWebRTCSDPType type, const gchar *sdp);
GST_RTC_API void gst_rtc_signaling_send_candidate(GstRtcSignaling *self, const gchar *session_id,
                                                  guint mline, const gchar *candidate);
GST_RTC_API void gst_rtc_signaling_end_session(GstRtcSignaling *self, const gchar *session_id,
                                               GstRtcEndReason reason, const gchar *text);

G_END_DECLS
