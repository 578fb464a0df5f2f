// The abstract signaling element: what a host and a subclass get from it.
#include "tests/support/signalingdouble.hpp"

using namespace rtc;
using namespace rtc::test;

static void test_properties_follow_the_host() {
    auto signaling = sink(make_signaling_double());
    g_assert_cmpint(gst_rtc_signaling_get_role(signaling.get()), ==, GST_RTC_ROLE_NONE);
    g_assert_false(gst_rtc_signaling_get_trickle(signaling.get()));

    const gchar* servers[] = {"stun://stun.example:3478", nullptr};
    gst_rtc_signaling_set_host(signaling.get(), GST_RTC_ROLE_PRODUCER, servers);
    gst_rtc_signaling_set_live(signaling.get(), TRUE);
    gst_rtc_signaling_set_trickle(signaling.get(), TRUE);

    GstRtcRole role;
    gboolean live, trickle;
    gchar** got;
    g_object_get(signaling.get(), "role", &role, "live", &live, "trickle", &trickle, "ice-servers",
                 &got, nullptr);
    g_assert_cmpint(role, ==, GST_RTC_ROLE_PRODUCER);
    g_assert_true(live);
    g_assert_true(trickle);
    g_assert_cmpuint(g_strv_length(got), ==, 1);
    g_assert_cmpstr(got[0], ==, servers[0]);
    g_strfreev(got);
}

static void test_host_changed_only_on_change() {
    auto signaling = sink(make_signaling_double());
    gst_rtc_signaling_set_host(signaling.get(), GST_RTC_ROLE_CONSUMER, nullptr);
    gst_rtc_signaling_set_live(signaling.get(), TRUE);
    gst_rtc_signaling_set_live(signaling.get(), TRUE);
    g_assert_cmpuint(sent(signaling.get()).size(), ==, 2);
}

struct Heard {
    std::string log;
};

static void hear(GstRtcSignaling* signaling, Heard* heard) {
    g_signal_connect(
        signaling, "session-requested",
        G_CALLBACK(+[](GstRtcSignaling*, const char* id, const char* peer, GstRtcOfferer offerer,
                       GstWebRTCRTPTransceiverDirection, const char* const* servers,
                       const GstStructure* details, Heard* h) {
            h->log += std::string("requested ") + id + " " + peer +
                      (offerer == GST_RTC_OFFERER_PEER ? " peer" : " host") +
                      (servers ? servers[0] : "") +
                      (details ? gst_structure_get_name(details) : "") + "\n";
        }),
        heard);
    g_signal_connect(signaling, "description-received",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* id, GstWebRTCSDPType type,
                                    const char* sdp, Heard* h) {
                         h->log += std::string("description ") + id + " " +
                                   gst_webrtc_sdp_type_to_string(type) + " " + sdp + "\n";
                     }),
                     heard);
    g_signal_connect(signaling, "candidate-received",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* id, guint mline,
                                    const char* candidate, Heard* h) {
                         h->log += std::string("candidate ") + id + " " + std::to_string(mline) +
                                   " " + (candidate ? candidate : "none") + "\n";
                     }),
                     heard);
    g_signal_connect(signaling, "session-closed",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* id, GstRtcEndReason reason,
                                    const char* text, Heard* h) {
                         h->log += std::string("closed ") + id + " " + std::to_string(reason) +
                                   " " + text + "\n";
                     }),
                     heard);
}

static void test_subclass_to_host() {
    auto signaling = sink(make_signaling_double());
    Heard heard;
    hear(signaling.get(), &heard);
    gst_rtc_signaling_request_session(signaling.get(), "s1", nullptr, GST_RTC_OFFERER_PEER,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr,
                                      nullptr);
    gst_rtc_signaling_receive_description(signaling.get(), "s1", GST_WEBRTC_SDP_TYPE_OFFER, "v=0");
    gst_rtc_signaling_receive_candidate(signaling.get(), "s1", 2, "candidate:1");
    gst_rtc_signaling_receive_candidate(signaling.get(), "s1", 0, nullptr);
    gst_rtc_signaling_close_session(signaling.get(), "s1", GST_RTC_END_REASON_HANGUP, nullptr);
    g_assert_cmpstr(heard.log.c_str(), ==,
                    "requested s1  peer\n"
                    "description s1 offer v=0\n"
                    "candidate s1 2 candidate:1\n"
                    "candidate s1 0 none\n"
                    "closed s1 0 \n");
}

static void test_pair_carries_both_ways() {
    auto one = sink(make_signaling_double());
    auto other = sink(make_signaling_double());
    test::pair(one.get(), other.get());
    Heard heard;
    hear(other.get(), &heard);
    start_session(one.get(), "s", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    gst_rtc_signaling_send_description(one.get(), "s", GST_WEBRTC_SDP_TYPE_OFFER, "v=0");
    gst_rtc_signaling_send_candidate(one.get(), "s", 1, nullptr);
    gst_rtc_signaling_end_session(one.get(), "s", GST_RTC_END_REASON_BUSY, "full");
    g_assert_cmpstr(heard.log.c_str(), ==,
                    "requested s offerer peer\n"
                    "description s offer v=0\n"
                    "candidate s 1 none\n"
                    "closed s 2 full\n");
}

static void test_announce_posts_the_uris() {
    auto pipeline = sink(gst_pipeline_new(nullptr));
    auto* signaling = make_signaling_double();
    gst_bin_add(GST_BIN(pipeline.get()), GST_ELEMENT(signaling));
    const gchar* uris[] = {"http://localhost:1/whip", "http://localhost:1/call", nullptr};
    gst_rtc_signaling_announce(signaling, uris);
    auto bus = adopt(gst_element_get_bus(pipeline.get()));
    auto message =
        adopt(gst_bus_timed_pop_filtered(bus.get(), 5 * GST_SECOND, GST_MESSAGE_ELEMENT));
    g_assert_true(bool(message));
    auto* structure = gst_message_get_structure(message.get());
    g_assert_cmpstr(gst_structure_get_name(structure), ==, "rtc-signaling-ready");
    g_assert_cmpstr(gst_structure_get_string(structure, "uri"), ==, uris[0]);
    auto* all = gst_structure_get_value(structure, "uris");
    g_assert_cmpuint(gst_value_array_get_size(all), ==, 2);
    g_assert_cmpstr(g_value_get_string(gst_value_array_get_value(all, 1)), ==, uris[1]);
}

// A third party's class struct must not grow: the reserved slots are there to be used up.
static void test_abi_size() {
    g_assert_cmpuint(sizeof(GstRtcSignalingClass), ==,
                     sizeof(GstElementClass) + (4 + GST_PADDING_LARGE) * sizeof(gpointer));
    g_assert_cmpuint(sizeof(GstRtcSignaling), ==, sizeof(GstElement));
}

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/signaling/properties-follow-the-host", test_properties_follow_the_host);
    g_test_add_func("/signaling/host-changed-only-on-change", test_host_changed_only_on_change);
    g_test_add_func("/signaling/subclass-to-host", test_subclass_to_host);
    g_test_add_func("/signaling/pair-carries-both-ways", test_pair_carries_both_ways);
    g_test_add_func("/signaling/announce-posts-the-uris", test_announce_posts_the_uris);
    g_test_add_func("/signaling/abi-size", test_abi_size);
    return g_test_run();
}
