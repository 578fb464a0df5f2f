// rtc-signaling-check finds what it is there to find: an element that breaks one rule at a time.
#include "signaling/check/alone.hpp"
#include "signaling/check/together.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::check;

namespace {

enum Fault {
    none,
    no_metadata,
    open_secret,
    silent_failure,
    slow,
    reports_strangers,
    requested_twice,
    closed_twice,
    swaps_candidates,
    changes_descriptions,
    loses_ends,
    same_id,
};
Fault fault;

// Two of them meet in the process, as in docs/examples/signaling-cpp.
struct Faulty {
    GstRtcSignaling parent;
    char* held;
};
struct FaultyClass {
    GstRtcSignalingClass parent_class;
};
GWeakRef places[2];
gint meetings;
gint together;

G_DEFINE_TYPE(Faulty, faulty, GST_TYPE_RTC_SIGNALING)

int place_of(GstRtcSignaling* self) {
    return gst_rtc_signaling_get_role(self) == GST_RTC_ROLE_PRODUCER ? 0 : 1;
}

Ref<GstRtcSignaling> at(int place) {
    return adopt(static_cast<GstRtcSignaling*>(g_weak_ref_get(&places[place])));
}

void faulty_host_changed(GstRtcSignaling*) {
    auto from = at(0), to = at(1);
    if (!from || !to || !gst_rtc_signaling_get_live(from.get()) ||
        !g_atomic_int_compare_and_exchange(&together, 0, 1))
        return;
    auto number = fault == same_id ? 0 : g_atomic_int_add(&meetings, 1);
    auto id = "meeting-" + std::to_string(number);
    for (int i = 0; i < (fault == requested_twice ? 2 : 1); i++)
        gst_rtc_signaling_request_session(to.get(), id.c_str(), "", GST_RTC_OFFERER_PEER,
                                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr,
                                          nullptr);
    gst_rtc_signaling_request_session(from.get(), id.c_str(), "", GST_RTC_OFFERER_HOST,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr,
                                      nullptr);
}

void faulty_send_description(GstRtcSignaling* self, const gchar* id, GstWebRTCSDPType type,
                             const gchar* sdp) {
    if (fault == slow && type == GST_WEBRTC_SDP_TYPE_ANSWER && g_atomic_int_add(&meetings, 1) == 0)
        g_usleep(2500000);
    if (fault == reports_strangers)
        gst_rtc_signaling_close_session(self, id, GST_RTC_END_REASON_ERROR, "who?");
    if (auto peer = at(1 - place_of(self)); peer && g_str_has_prefix(id, "meeting"))
        gst_rtc_signaling_receive_description(peer.get(), id, type,
                                              (fault == changes_descriptions ? sdp + 1 : sdp));
}

void faulty_send_candidate(GstRtcSignaling* self, const gchar* id, guint mline,
                           const gchar* candidate) {
    auto peer = at(1 - place_of(self));
    if (!peer || !g_str_has_prefix(id, "meeting"))
        return;
    auto* state = reinterpret_cast<Faulty*>(self);
    if (fault == swaps_candidates && !state->held) {
        state->held = g_strdup(candidate);
        return;
    }
    gst_rtc_signaling_receive_candidate(peer.get(), id, mline, candidate);
    if (Owned<char> held{std::exchange(state->held, nullptr)}; held)
        gst_rtc_signaling_receive_candidate(peer.get(), id, mline, held.get());
}

void faulty_end_session(GstRtcSignaling* self, const gchar* id, GstRtcEndReason reason,
                        const gchar* text) {
    if (!g_str_has_prefix(id, "meeting") || fault == loses_ends)
        return;
    g_atomic_int_set(&together, 0);
    if (auto peer = at(1 - place_of(self)))
        for (int i = 0; i < (fault == closed_twice ? 2 : 1); i++)
            gst_rtc_signaling_close_session(peer.get(), id, reason, text);
}

gboolean faulty_start(GstRtcSignaling* self) {
    if (fault == silent_failure)
        return FALSE;
    g_weak_ref_set(&places[place_of(self)], self);
    faulty_host_changed(self);
    return TRUE;
}

void faulty_stop(GstRtcSignaling* self) {
    g_weak_ref_set(&places[place_of(self)], nullptr);
    g_atomic_int_set(&together, 0);
}

void faulty_finalize(GObject* object) {
    g_free(reinterpret_cast<Faulty*>(object)->held);
    G_OBJECT_CLASS(faulty_parent_class)->finalize(object);
}

void faulty_get_property(GObject*, guint, GValue* value, GParamSpec*) {
    g_value_set_static_string(value, "secret");
}

void faulty_init(Faulty* self) {
    gst_rtc_signaling_set_trickle(GST_RTC_SIGNALING(self), TRUE);
}

void faulty_class_init(FaultyClass* klass) {
    klass->parent_class.start = faulty_start;
    klass->parent_class.stop = faulty_stop;
    klass->parent_class.host_changed = faulty_host_changed;
    klass->parent_class.send_description = faulty_send_description;
    klass->parent_class.send_candidate = faulty_send_candidate;
    klass->parent_class.end_session = faulty_end_session;
    G_OBJECT_CLASS(klass)->finalize = faulty_finalize;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Faulty",
                                          "Signaling/Network/WebRTC", "Breaks one rule", "tests");
}

// The same with what only a class can do wrong.
struct Careless {
    Faulty parent;
};
struct CarelessClass {
    FaultyClass parent_class;
};
G_DEFINE_TYPE(Careless, careless, faulty_get_type())
void careless_init(Careless*) {}
void careless_class_init(CarelessClass* klass) {
    G_OBJECT_CLASS(klass)->get_property = faulty_get_property;
    g_object_class_install_property(
        G_OBJECT_CLASS(klass), 1,
        g_param_spec_string("token", "", "", nullptr, GParamFlags(G_PARAM_READABLE)));
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Careless", "Source", "Is not",
                                          "tests");
}

// The words of the check with that fault, "" where it found nothing.
std::string with(Fault which, Result<void> (*check)(const Subject&)) {
    fault = which;
    g_atomic_int_set(&meetings, 0);
    patience = std::chrono::seconds(which == loses_ends ? 1 : 20); // what never comes
    g_atomic_int_set(&together, 0);
    bool careless = which == no_metadata || which == open_secret;
    std::string name = careless ? "careless" : "faulty";
    auto result = check({name, name, GST_RTC_ROLE_PRODUCER});
    return result ? "" : result.error().message;
}

void nothing_is_found_where_nothing_is() {
    for (const auto& check : all_checks())
        RTC_ASSERT_TEXT(with(none, check.run), "");
}

void each_fault_is_found() {
    struct {
        Fault fault;
        Result<void> (*check)(const Subject&);
        const char* words;
    } cases[] = {
        {no_metadata, describes_itself, "its class"},
        {open_secret, keeps_secrets, "token"},
        {silent_failure, takes_each_role_or_says_why, "without an error message"},
        {slow, ignores_strangers, "did not return at once"},
        {reports_strangers, ignores_strangers, "never requested"},
        {requested_twice, carries_descriptions, "requested twice"},
        {closed_twice, tells_an_end_once, "closed twice"},
        {swaps_candidates, carries_candidates_in_order, "have an order"},
        {changes_descriptions, carries_descriptions, "was changed"},
        {loses_ends, tells_an_end_once, "not told of the end"},
        {same_id, meets_again, "the id of the first"},
    };
    for (const auto& c : cases) {
        auto words = with(c.fault, c.check);
        if (words.find(c.words) == words.npos)
            g_error("fault %d: \"%s\" lacks \"%s\"", c.fault, words.c_str(), c.words);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    gst_element_register(nullptr, "faulty", GST_RANK_NONE, faulty_get_type());
    gst_element_register(nullptr, "careless", GST_RANK_NONE, careless_get_type());
    g_test_add_func("/check/nothing-is-found-where-nothing-is", nothing_is_found_where_nothing_is);
    g_test_add_func("/check/each-fault-is-found", each_fault_is_found);
    return g_test_run();
}
