#include "tests/support/signalingdouble.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace {

using rtc::test::Sent;

struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Sent> sent;
    std::function<std::string(std::string)> tamper;
    GWeakRef other;
};

struct SignalingDouble {
    GstRtcSignaling parent;
    State* state;
};
struct SignalingDoubleClass {
    GstRtcSignalingClass parent_class;
};

G_DEFINE_TYPE(SignalingDouble, signaling_double, GST_TYPE_RTC_SIGNALING)

State* state_of(GstRtcSignaling* self) {
    return reinterpret_cast<SignalingDouble*>(self)->state;
}

rtc::Ref<GstRtcSignaling> keep(GstRtcSignaling* self, Sent what) {
    auto* state = state_of(self);
    std::lock_guard lock(state->mutex);
    state->sent.push_back(std::move(what));
    state->changed.notify_all();
    return rtc::adopt(static_cast<GstRtcSignaling*>(g_weak_ref_get(&state->other)));
}

std::function<std::string(std::string)> tamper_of(GstRtcSignaling* self) {
    std::lock_guard lock(state_of(self)->mutex);
    return state_of(self)->tamper;
}

void send_description(GstRtcSignaling* self, const gchar* session, GstWebRTCSDPType type,
                      const gchar* sdp) {
    std::string text = sdp;
    if (auto tamper = tamper_of(self))
        text = tamper(text);
    if (auto other = keep(self, {Sent::description, session, type, 0, sdp}))
        gst_rtc_signaling_receive_description(other.get(), session, type, text.c_str());
}

void send_candidate(GstRtcSignaling* self, const gchar* session, guint mline,
                    const gchar* candidate) {
    if (auto other = keep(self, {Sent::candidate, session, 0, mline, candidate ? candidate : ""}))
        gst_rtc_signaling_receive_candidate(other.get(), session, mline, candidate);
}

void end_session(GstRtcSignaling* self, const gchar* session, GstRtcEndReason reason,
                 const gchar* text) {
    if (auto other = keep(self, {Sent::end, session, reason, 0, text}))
        gst_rtc_signaling_close_session(other.get(), session, reason, text);
}

void host_changed(GstRtcSignaling* self) {
    auto other = keep(self, {Sent::host_changed, "", gst_rtc_signaling_get_role(self), 0, ""});
}

void signaling_double_init(SignalingDouble* self) {
    self->state = new State;
    g_weak_ref_init(&self->state->other, nullptr);
}

void signaling_double_finalize(GObject* object) {
    auto* self = reinterpret_cast<SignalingDouble*>(object);
    g_weak_ref_clear(&self->state->other);
    delete self->state;
    G_OBJECT_CLASS(signaling_double_parent_class)->finalize(object);
}

void signaling_double_class_init(SignalingDoubleClass* klass) {
    auto* signaling = &klass->parent_class;
    signaling->send_description = send_description;
    signaling->send_candidate = send_candidate;
    signaling->end_session = end_session;
    signaling->host_changed = host_changed;
    G_OBJECT_CLASS(klass)->finalize = signaling_double_finalize;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Signaling double",
                                          "Signaling/Network/WebRTC", "Two hosts in one process",
                                          "gst-rtc");
}

} // namespace

namespace rtc::test {

GstRtcSignaling* make_signaling_double() {
    return GST_RTC_SIGNALING(g_object_new(signaling_double_get_type(), nullptr));
}

void pair(GstRtcSignaling* one, GstRtcSignaling* other) {
    g_weak_ref_set(&state_of(one)->other, other);
    g_weak_ref_set(&state_of(other)->other, one);
}

void set_tamper(GstRtcSignaling* self, std::function<std::string(std::string)> tamper) {
    std::lock_guard lock(state_of(self)->mutex);
    state_of(self)->tamper = std::move(tamper);
}

void unpair(GstRtcSignaling* self) {
    g_weak_ref_set(&state_of(self)->other, nullptr);
}

void start_session(GstRtcSignaling* offerer, const char* session_id,
                   GstWebRTCRTPTransceiverDirection direction_of_offerer) {
    auto other = adopt(static_cast<GstRtcSignaling*>(g_weak_ref_get(&state_of(offerer)->other)));
    g_assert_true(bool(other));
    auto mirrored = direction_of_offerer;
    if (direction_of_offerer == GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY)
        mirrored = GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY;
    else if (direction_of_offerer == GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY)
        mirrored = GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
    // The answerer first: it must know the session when the offer comes.
    gst_rtc_signaling_request_session(other.get(), session_id, "offerer", GST_RTC_OFFERER_PEER,
                                      mirrored, nullptr, nullptr);
    gst_rtc_signaling_request_session(offerer, session_id, "answerer", GST_RTC_OFFERER_HOST,
                                      direction_of_offerer, nullptr, nullptr);
}

std::vector<Sent> sent(GstRtcSignaling* self) {
    std::lock_guard lock(state_of(self)->mutex);
    return state_of(self)->sent;
}

Sent wait_for_sent(GstRtcSignaling* self, const std::function<bool(const Sent&)>& satisfies,
                   std::chrono::milliseconds deadline) {
    auto* state = state_of(self);
    std::unique_lock lock(state->mutex);
    auto find = [&] { return std::find_if(state->sent.begin(), state->sent.end(), satisfies); };
    bool found =
        state->changed.wait_for(lock, deadline, [&] { return find() != state->sent.end(); });
    if (!found)
        g_error("the host sent nothing that was waited for, in %d ms", int(deadline.count()));
    return *find();
}

} // namespace rtc::test
