/**
 * SECTION:rtcsignaling
 * @title: GstRtcSignaling
 * @short_description: the element that finds the peers
 *
 * #GstRtcSignaling is an abstract #GstElement without pads. A host (rtcsrc, rtcsink) holds one as
 * a child: its state changes start and stop it, its errors are bus messages, its properties are
 * reachable through the host. It carries descriptions and candidates; it never sees media.
 *
 * A subclass implements #GstRtcSignalingClass.start and #GstRtcSignalingClass.stop. For every peer it
 * calls, in this order:
 *
 * 1. gst_rtc_signaling_request_session(), once, with an id of its own choice;
 * 2. gst_rtc_signaling_receive_description() and gst_rtc_signaling_receive_candidate(), as often
 *    as the peer sends them;
 * 3. gst_rtc_signaling_close_session() when the peer ends it.
 *
 * The host answers through the virtual functions. Whoever ends a session first, the other side is
 * not asked to end it again: after gst_rtc_signaling_close_session() there is no
 * #GstRtcSignalingClass.end_session, and after that virtual function the session is forgotten and
 * reports about it are ignored.
 */
#include "signaling/lib/rtcsignaling.h"

#include <utility>

GST_DEBUG_CATEGORY_STATIC(rtc_signaling_debug);
#define GST_CAT_DEFAULT rtc_signaling_debug

namespace {

// Guarded by the object lock.
struct Private {
    GstRtcRole role;
    gchar** ice_servers;
    gboolean live;
    gboolean trickle;
};

enum { PROP_ROLE = 1, PROP_ICE_SERVERS, PROP_LIVE, PROP_TRICKLE };
enum {
    SESSION_REQUESTED,
    DESCRIPTION_RECEIVED,
    CANDIDATE_RECEIVED,
    SESSION_CLOSED,
    ICE_SERVERS_RECEIVED,
    LAYER_SELECTED,
    N_SIGNALS
};
guint signals[N_SIGNALS];

} // namespace

using GstRtcSignalingPrivate = Private;
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(GstRtcSignaling, gst_rtc_signaling, GST_TYPE_ELEMENT)

#define RTC_ENUM_TYPE(function, name, ...)                                                         \
    GType function(void) {                                                                         \
        static gsize type = 0;                                                                     \
        if (g_once_init_enter(&type)) {                                                            \
            static const GEnumValue values[] = {__VA_ARGS__, {0, nullptr, nullptr}};               \
            g_once_init_leave(&type, g_enum_register_static(name, values));                        \
        }                                                                                          \
        return type;                                                                               \
    }
#define RTC_ENUM_VALUE(value, nick) {value, #value, nick}

RTC_ENUM_TYPE(gst_rtc_offerer_get_type, "GstRtcOfferer",
              RTC_ENUM_VALUE(GST_RTC_OFFERER_HOST, "host"),
              RTC_ENUM_VALUE(GST_RTC_OFFERER_PEER, "peer"))
RTC_ENUM_TYPE(gst_rtc_role_get_type, "GstRtcRole", RTC_ENUM_VALUE(GST_RTC_ROLE_NONE, "none"),
              RTC_ENUM_VALUE(GST_RTC_ROLE_CONSUMER, "consumer"),
              RTC_ENUM_VALUE(GST_RTC_ROLE_PRODUCER, "producer"),
              RTC_ENUM_VALUE(GST_RTC_ROLE_BOTH, "both"))
RTC_ENUM_TYPE(gst_rtc_end_reason_get_type, "GstRtcEndReason",
              RTC_ENUM_VALUE(GST_RTC_END_REASON_HANGUP, "hangup"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_REJECTED, "rejected"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_BUSY, "busy"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_TIMEOUT, "timeout"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_CONNECTION, "connection"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_SECURITY, "security"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_LOST, "lost"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_SHUTDOWN, "shutdown"),
              RTC_ENUM_VALUE(GST_RTC_END_REASON_ERROR, "error"))

static Private* priv(GstRtcSignaling* self) {
    return static_cast<Private*>(gst_rtc_signaling_get_instance_private(self));
}

static void host_changed(GstRtcSignaling* self) {
    if (auto* changed = GST_RTC_SIGNALING_GET_CLASS(self)->host_changed)
        changed(self);
}

/**
 * gst_rtc_signaling_request_session:
 * @self: the signaling element
 * @session_id: an id that no other session of this element has had
 * @peer: the peer's name as the signaling knows it; for people and file names
 * @offerer: who makes the offer
 * @direction: which way media may flow, seen from the host
 * @ice_servers: (nullable) (array zero-terminated=1): servers for this session besides the
 *     host's own: `stun://host:port`, `turn://user:password@host:port?transport=udp`, `turns://…`
 *     with user and password percent-encoded
 * @details: (nullable): what else is known of the peer (`user-agent`, `address`, …), and
 *     `patience` (guint), where descriptions travel slowly: how long that may take, in milliseconds;
 *     0 is for ever
 *
 * Asks the host for a session with a peer. Returns at once; any thread.
 */
void gst_rtc_signaling_request_session(GstRtcSignaling* self, const gchar* session_id,
                                       const gchar* peer, GstRtcOfferer offerer,
                                       GstWebRTCRTPTransceiverDirection direction,
                                       const gchar* const* ice_servers,
                                       const GstStructure* details) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id && *session_id);
    g_signal_emit(self, signals[SESSION_REQUESTED], 0, session_id, peer ? peer : "", offerer,
                  direction, ice_servers, details);
}

/**
 * gst_rtc_signaling_receive_description:
 * @self: the signaling element
 * @session_id: the session
 * @type: offer, answer, pranswer or rollback
 * @sdp: the peer's description as it came; the host checks it
 *
 * Gives the peer's description to the host. Returns at once; any thread.
 */
void gst_rtc_signaling_receive_description(GstRtcSignaling* self, const gchar* session_id,
                                           GstWebRTCSDPType type, const gchar* sdp) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id && sdp);
    g_signal_emit(self, signals[DESCRIPTION_RECEIVED], 0, session_id, type, sdp);
}

/**
 * gst_rtc_signaling_receive_candidate:
 * @self: the signaling element
 * @session_id: the session
 * @mline: index of the media section, from 0
 * @candidate: (nullable): `candidate:…`, or %NULL when the peer has no more
 *
 * Gives one of the peer's ICE candidates to the host. Returns at once; any thread.
 */
void gst_rtc_signaling_receive_candidate(GstRtcSignaling* self, const gchar* session_id,
                                         guint mline, const gchar* candidate) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id);
    g_signal_emit(self, signals[CANDIDATE_RECEIVED], 0, session_id, mline, candidate);
}

/**
 * gst_rtc_signaling_receive_ice_servers:
 * @self: the signaling element
 * @session_id: the session
 * @ice_servers: (array zero-terminated=1): servers as in gst_rtc_signaling_request_session()
 *
 * Gives the host STUN and TURN servers that the peer named after the session began. Candidates of
 * TURN servers follow; STUN servers count for a session that has no candidates yet. Returns at once;
 * any thread.
 */
void gst_rtc_signaling_receive_ice_servers(GstRtcSignaling* self, const gchar* session_id,
                                           const gchar* const* ice_servers) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id && ice_servers);
    g_signal_emit(self, signals[ICE_SERVERS_RECEIVED], 0, session_id, ice_servers);
}

/**
 * gst_rtc_signaling_select_layer:
 * @self: the signaling element
 * @session_id: the session
 * @mline: index of the media section, from 0
 * @layer: (nullable): the id of one of its layers, or %NULL for the host's own choice
 *
 * Tells the host which encoding the peer wishes. It gets that, or the best that its network carries
 * below it; what is no layer of that section is passed over. Returns at once; any thread.
 */
void gst_rtc_signaling_select_layer(GstRtcSignaling* self, const gchar* session_id, guint mline,
                                    const gchar* layer) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id);
    g_signal_emit(self, signals[LAYER_SELECTED], 0, session_id, mline, layer);
}

/**
 * gst_rtc_signaling_close_session:
 * @self: the signaling element
 * @session_id: the session
 * @reason: why
 * @text: the same in words
 *
 * Tells the host that the peer ended the session or is gone. Returns at once; any thread.
 */
void gst_rtc_signaling_close_session(GstRtcSignaling* self, const gchar* session_id,
                                     GstRtcEndReason reason, const gchar* text) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id);
    g_signal_emit(self, signals[SESSION_CLOSED], 0, session_id, reason, text ? text : "");
}

/**
 * gst_rtc_signaling_announce:
 * @self: the signaling element
 * @uris: (array zero-terminated=1): where peers can reach this element now
 *
 * Posts the element message `rtc-signaling-ready` with the fields `uri` (string, the first) and
 * `uris` (GstValueArray of strings): what a person opens, or another program connects to.
 */
void gst_rtc_signaling_announce(GstRtcSignaling* self, const gchar* const* uris) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(uris && uris[0]);
    GValue list = G_VALUE_INIT;
    gst_value_array_init(&list, g_strv_length(const_cast<gchar**>(uris)));
    for (auto* uri = uris; *uri; uri++) {
        GValue text = G_VALUE_INIT;
        g_value_init(&text, G_TYPE_STRING);
        g_value_set_string(&text, *uri);
        gst_value_array_append_and_take_value(&list, &text);
    }
    auto* structure =
        gst_structure_new("rtc-signaling-ready", "uri", G_TYPE_STRING, uris[0], nullptr);
    gst_structure_take_value(structure, "uris", &list);
    gst_element_post_message(GST_ELEMENT(self),
                             gst_message_new_element(GST_OBJECT(self), structure));
}

/**
 * gst_rtc_signaling_set_trickle:
 * @self: the signaling element
 * @trickle: whether the host's candidates travel one by one, after the description
 *
 * Says how this signaling carries the host's candidates. Where it is %FALSE the host gathers
 * all of them first (up to its deadline) and puts them in the description. Read when a session
 * starts.
 */
void gst_rtc_signaling_set_trickle(GstRtcSignaling* self, gboolean trickle) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    GST_OBJECT_LOCK(self);
    priv(self)->trickle = trickle;
    GST_OBJECT_UNLOCK(self);
}

/**
 * gst_rtc_signaling_get_trickle:
 * @self: the signaling element
 *
 * Returns: whether the host's candidates travel one by one
 */
gboolean gst_rtc_signaling_get_trickle(GstRtcSignaling* self) {
    g_return_val_if_fail(GST_IS_RTC_SIGNALING(self), FALSE);
    GST_OBJECT_LOCK(self);
    auto trickle = priv(self)->trickle;
    GST_OBJECT_UNLOCK(self);
    return trickle;
}

/**
 * gst_rtc_signaling_get_role:
 * @self: the signaling element
 *
 * Returns: what the host does with media
 */
GstRtcRole gst_rtc_signaling_get_role(GstRtcSignaling* self) {
    g_return_val_if_fail(GST_IS_RTC_SIGNALING(self), GST_RTC_ROLE_NONE);
    GST_OBJECT_LOCK(self);
    auto role = priv(self)->role;
    GST_OBJECT_UNLOCK(self);
    return role;
}

/**
 * gst_rtc_signaling_get_ice_servers:
 * @self: the signaling element
 *
 * Returns: (transfer full) (array zero-terminated=1): the STUN and TURN servers that the host
 *     uses, for the peer to use too; contains credentials
 */
gchar** gst_rtc_signaling_get_ice_servers(GstRtcSignaling* self) {
    g_return_val_if_fail(GST_IS_RTC_SIGNALING(self), nullptr);
    GST_OBJECT_LOCK(self);
    auto** servers = g_strdupv(priv(self)->ice_servers);
    GST_OBJECT_UNLOCK(self);
    return servers ? servers : g_new0(gchar*, 1);
}

/**
 * gst_rtc_signaling_get_live:
 * @self: the signaling element
 *
 * Returns: whether the host can serve a session now: always for a consumer; for a producer,
 *     while it has something to send
 */
gboolean gst_rtc_signaling_get_live(GstRtcSignaling* self) {
    g_return_val_if_fail(GST_IS_RTC_SIGNALING(self), FALSE);
    GST_OBJECT_LOCK(self);
    auto live = priv(self)->live;
    GST_OBJECT_UNLOCK(self);
    return live;
}

/**
 * gst_rtc_signaling_set_host:
 * @self: the signaling element
 * @role: what the host does with media
 * @ice_servers: (nullable) (array zero-terminated=1): the STUN and TURN servers it uses
 *
 * For hosts: says who uses this element. Called before it starts.
 */
void gst_rtc_signaling_set_host(GstRtcSignaling* self, GstRtcRole role,
                                const gchar* const* ice_servers) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    auto** copy = g_strdupv(const_cast<gchar**>(ice_servers));
    GST_OBJECT_LOCK(self);
    auto* p = priv(self);
    p->role = role;
    std::swap(p->ice_servers, copy);
    GST_OBJECT_UNLOCK(self);
    g_strfreev(copy);
    host_changed(self);
}

/**
 * gst_rtc_signaling_set_live:
 * @self: the signaling element
 * @live: whether the host can serve a session now
 *
 * For hosts: says whether sessions can be served.
 */
void gst_rtc_signaling_set_live(GstRtcSignaling* self, gboolean live) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    GST_OBJECT_LOCK(self);
    bool changed = priv(self)->live != live;
    priv(self)->live = live;
    GST_OBJECT_UNLOCK(self);
    if (changed)
        host_changed(self);
}

/**
 * gst_rtc_signaling_set_layers:
 * @self: the signaling element
 * @session_id: the session
 * @mline: index of the media section, from 0
 * @layers: a field for each encoding that the peer may choose, the best first: its name is the
 *     layer's id, its value a #GstStructure with `bitrate` (guint, bit/s) and, where they are known,
 *     `width` and `height` (guint, pixels)
 *
 * For hosts: says what the peer can choose from, before the host's description or later.
 */
void gst_rtc_signaling_set_layers(GstRtcSignaling* self, const gchar* session_id, guint mline,
                                  const GstStructure* layers) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    g_return_if_fail(session_id && layers);
    if (auto* changed = GST_RTC_SIGNALING_GET_CLASS(self)->layers_changed)
        changed(self, session_id, mline, layers);
}

/**
 * gst_rtc_signaling_send_description:
 * @self: the signaling element
 * @session_id: the session
 * @type: offer, answer, pranswer or rollback
 * @sdp: the host's description
 *
 * For hosts: sends a description to the peer.
 */
void gst_rtc_signaling_send_description(GstRtcSignaling* self, const gchar* session_id,
                                        GstWebRTCSDPType type, const gchar* sdp) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    if (auto* send = GST_RTC_SIGNALING_GET_CLASS(self)->send_description)
        send(self, session_id, type, sdp);
}

/**
 * gst_rtc_signaling_send_candidate:
 * @self: the signaling element
 * @session_id: the session
 * @mline: index of the media section, from 0
 * @candidate: (nullable): `candidate:…`, or %NULL when there are no more
 *
 * For hosts: sends a candidate to the peer.
 */
void gst_rtc_signaling_send_candidate(GstRtcSignaling* self, const gchar* session_id, guint mline,
                                      const gchar* candidate) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    if (auto* send = GST_RTC_SIGNALING_GET_CLASS(self)->send_candidate)
        send(self, session_id, mline, candidate);
}

/**
 * gst_rtc_signaling_end_session:
 * @self: the signaling element
 * @session_id: the session
 * @reason: why
 * @text: the same in words, fit to be shown to the peer
 *
 * For hosts: ends a session. A request that the host can't serve is ended this way too.
 */
void gst_rtc_signaling_end_session(GstRtcSignaling* self, const gchar* session_id,
                                   GstRtcEndReason reason, const gchar* text) {
    g_return_if_fail(GST_IS_RTC_SIGNALING(self));
    if (auto* end = GST_RTC_SIGNALING_GET_CLASS(self)->end_session)
        end(self, session_id, reason, text ? text : "");
}

static GstStateChangeReturn gst_rtc_signaling_change_state(GstElement* element,
                                                           GstStateChange transition) {
    auto* self = GST_RTC_SIGNALING(element);
    auto* klass = GST_RTC_SIGNALING_GET_CLASS(self);
    bool starts = transition == GST_STATE_CHANGE_READY_TO_PAUSED;
    if (starts && klass->start && !klass->start(self))
        return GST_STATE_CHANGE_FAILURE;
    auto result =
        GST_ELEMENT_CLASS(gst_rtc_signaling_parent_class)->change_state(element, transition);
    bool failed = starts && result == GST_STATE_CHANGE_FAILURE;
    if ((failed || transition == GST_STATE_CHANGE_PAUSED_TO_READY) && klass->stop)
        klass->stop(self);
    return result;
}

static void gst_rtc_signaling_get_property(GObject* object, guint id, GValue* value,
                                           GParamSpec* spec) {
    auto* self = GST_RTC_SIGNALING(object);
    switch (id) {
    case PROP_ROLE:
        g_value_set_enum(value, gst_rtc_signaling_get_role(self));
        break;
    case PROP_ICE_SERVERS:
        g_value_take_boxed(value, gst_rtc_signaling_get_ice_servers(self));
        break;
    case PROP_LIVE:
        g_value_set_boolean(value, gst_rtc_signaling_get_live(self));
        break;
    case PROP_TRICKLE:
        g_value_set_boolean(value, gst_rtc_signaling_get_trickle(self));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void gst_rtc_signaling_finalize(GObject* object) {
    g_strfreev(priv(GST_RTC_SIGNALING(object))->ice_servers);
    G_OBJECT_CLASS(gst_rtc_signaling_parent_class)->finalize(object);
}

static void gst_rtc_signaling_init(GstRtcSignaling* self) {}

static void gst_rtc_signaling_class_init(GstRtcSignalingClass* klass) {
    GST_DEBUG_CATEGORY_INIT(rtc_signaling_debug, "rtcsignaling", 0, "WebRTC signaling elements");

    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->get_property = gst_rtc_signaling_get_property;
    object_class->finalize = gst_rtc_signaling_finalize;
    GST_ELEMENT_CLASS(klass)->change_state = gst_rtc_signaling_change_state;

    auto flags = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    /**
     * GstRtcSignaling:role:
     *
     * What the host does with media.
     */
    g_object_class_install_property(
        object_class, PROP_ROLE,
        g_param_spec_enum("role", "Role", "What the host does with media", GST_TYPE_RTC_ROLE,
                          GST_RTC_ROLE_NONE, flags));
    /**
     * GstRtcSignaling:ice-servers:
     *
     * The STUN and TURN servers that the host uses. Contains credentials.
     */
    g_object_class_install_property(
        object_class, PROP_ICE_SERVERS,
        g_param_spec_boxed("ice-servers", "ICE servers", "STUN and TURN servers the host uses",
                           G_TYPE_STRV, flags));
    /**
     * GstRtcSignaling:live:
     *
     * Whether the host can serve a session now.
     */
    g_object_class_install_property(
        object_class, PROP_LIVE,
        g_param_spec_boolean("live", "Live", "Whether the host can serve a session now", FALSE,
                             flags));
    /**
     * GstRtcSignaling:trickle:
     *
     * Whether the host's candidates travel one by one, after the description.
     */
    g_object_class_install_property(
        object_class, PROP_TRICKLE,
        g_param_spec_boolean("trickle", "Trickle", "Whether candidates follow the description",
                             FALSE, flags));

    auto type = G_TYPE_FROM_CLASS(klass);
    auto signal = [&](const char* name, guint n, auto... types) {
        return g_signal_new(name, type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                            G_TYPE_NONE, n, types...);
    };
    /**
     * GstRtcSignaling::session-requested:
     * @self: the signaling element
     * @session_id: the session
     * @peer: the peer's name
     * @offerer: who makes the offer
     * @direction: which way media may flow, seen from the host
     * @ice_servers: (nullable): servers for this session
     * @details: (nullable): what else is known of the peer
     *
     * For hosts; emitted from any thread.
     */
    signals[SESSION_REQUESTED] = signal(
        "session-requested", 6, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_RTC_OFFERER,
        GST_TYPE_WEBRTC_RTP_TRANSCEIVER_DIRECTION, G_TYPE_STRV, gst_structure_get_type());
    /**
     * GstRtcSignaling::description-received:
     * @self: the signaling element
     * @session_id: the session
     * @type: the kind of description
     * @sdp: the description
     *
     * For hosts; emitted from any thread.
     */
    signals[DESCRIPTION_RECEIVED] = signal("description-received", 3, G_TYPE_STRING,
                                           GST_TYPE_WEBRTC_SDP_TYPE, G_TYPE_STRING);
    /**
     * GstRtcSignaling::candidate-received:
     * @self: the signaling element
     * @session_id: the session
     * @mline: index of the media section
     * @candidate: (nullable): the candidate, or %NULL when there are no more
     *
     * For hosts; emitted from any thread.
     */
    signals[CANDIDATE_RECEIVED] =
        signal("candidate-received", 3, G_TYPE_STRING, G_TYPE_UINT, G_TYPE_STRING);
    /**
     * GstRtcSignaling::session-closed:
     * @self: the signaling element
     * @session_id: the session
     * @reason: why
     * @text: the same in words
     *
     * For hosts; emitted from any thread.
     */
    signals[SESSION_CLOSED] =
        signal("session-closed", 3, G_TYPE_STRING, GST_TYPE_RTC_END_REASON, G_TYPE_STRING);
    /**
     * GstRtcSignaling::ice-servers-received:
     * @self: the signaling element
     * @session_id: the session
     * @ice_servers: STUN and TURN servers for it, with credentials
     *
     * For hosts; emitted from any thread.
     */
    signals[ICE_SERVERS_RECEIVED] = signal("ice-servers-received", 2, G_TYPE_STRING, G_TYPE_STRV);
    /**
     * GstRtcSignaling::layer-selected:
     * @self: the signaling element
     * @session_id: the session
     * @mline: index of the media section
     * @layer: (nullable): the id of the layer, or %NULL for the host's own choice
     *
     * For hosts; emitted from any thread.
     */
    signals[LAYER_SELECTED] =
        signal("layer-selected", 3, G_TYPE_STRING, G_TYPE_UINT, G_TYPE_STRING);
}
