// Two ends in one process, over a signaling double: rtcsink and rtcsrc negotiate, media flows over
// real ICE, DTLS and SRTP, and everything is gone afterwards.
#include "tests/element/two_ends.hpp"

#include "tests/support/noleakcheck.hpp"
#include "tests/support/sametext.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

using namespace rtc;

namespace {

// Sanitizers keep freed memory, and are slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

bool all_ended(const std::map<std::string, Arrivals::Pad>& pads) {
    for (const auto& [name, pad] : pads)
        if (!pad.eos)
            return false;
    return !pads.empty();
}

void check_media(Ends& ends, Arrivals& arrivals, const char* session) {
    arrivals.wait(both_flow);
    ends.sender.wait_for("rtc-session-started", session);
    ends.receiver.wait_for("rtc-session-started", session);
    std::set<guint> groups;
    for (const auto& [name, pad] : arrivals.pads()) {
        g_assert_true(pad.starts_with_keyframe);
        g_assert_true(pad.stream_id.starts_with(std::string(session) + "/"));
        groups.insert(pad.group_id);
    }
    g_assert_cmpuint(groups.size(), ==, 1);
    g_assert_cmpuint(*groups.begin(), !=, 0);
}

void publisher_offers() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "one",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "one");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpstr(pad.caps.c_str(), ==,
                        name.starts_with("video") ? "video/x-vp8" : "audio/x-opus");

    // The publisher hangs up: both are told once, every pad ends and goes.
    gst_rtc_signaling_close_session(ends.sink_signaling.get(), "one", GST_RTC_END_REASON_HANGUP,
                                    "enough");
    gst_rtc_signaling_close_session(ends.src_signaling.get(), "one", GST_RTC_END_REASON_HANGUP,
                                    "enough");
    auto ended = ends.receiver.wait_for("rtc-session-ended", "one");
    RTC_ASSERT_TEXT(ended.at("reason"), "hangup");
    arrivals.wait(all_ended);
    arrivals.wait_removed(2);
    g_assert_false(std::ranges::any_of(test::sent(ends.src_signaling.get()),
                                       [](const Sent& what) { return what.kind == Sent::end; }));
}

void receiver_offers() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.src_signaling.get(), "two",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    check_media(ends, arrivals, "two");
}

void trickles() {
    Ends ends(default_sender, true);
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.src_signaling.get(), "three",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    check_media(ends, arrivals, "three");
    auto offer = test::wait_for_sent(ends.src_signaling.get(),
                                     [](const Sent& w) { return w.kind == Sent::description; });
    g_assert_null(strstr(offer.text.c_str(), "a=candidate"));
    test::wait_for_sent(ends.src_signaling.get(), [](const Sent& what) {
        return what.kind == Sent::candidate && what.text.starts_with("candidate:");
    });
}

void carries_h264_and_mono_pcmu() {
    Ends ends("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
              "x264enc tune=zerolatency key-int-max=30 ! rtcsink name=sink "
              "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! sink.");
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "four",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "four");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpstr(pad.caps.c_str(), ==,
                        name.starts_with("video") ? "video/x-h264" : "audio/x-mulaw");
}

void gives_what_downstream_asks_for() {
    for (const char* wanted : {"video/x-raw", "application/x-rtp"}) {
        Ends ends("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
                  "rtcsink name=sink");
        Arrivals arrivals(ends.receiver, ends.src_element.get(), wanted);
        ends.play();
        test::start_session(ends.sink_signaling.get(), "five",
                            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
        arrivals.wait([](const auto& pads) {
            return pads.contains("video_0") && pads.at("video_0").buffers > 10;
        });
        auto caps = arrivals.pads().at("video_0").caps;
        g_assert_cmpstr(caps.c_str(), ==, wanted);
    }
}

void refuses_a_false_fingerprint() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    // The last byte of the publisher's fingerprint, in every section.
    test::set_tamper(ends.sink_signaling.get(), [](std::string sdp) {
        for (size_t at = 0; (at = sdp.find("a=fingerprint:", at)) != sdp.npos;) {
            at = sdp.find("\r\n", at);
            sdp[at - 1] = sdp[at - 1] == '0' ? '1' : '0';
        }
        return sdp;
    });
    ends.play();
    test::start_session(ends.sink_signaling.get(), "six",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    auto ended = ends.receiver.wait_for("rtc-session-ended", "six");
    RTC_ASSERT_TEXT(ended.at("reason"), "security");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpuint(pad.buffers, ==, 0);
    g_assert_false(ends.receiver.has("rtc-session-started"));
    g_assert_true(ends.receiver.error().empty());
}

void a_silent_peer_stops_nobody() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    g_object_set(ends.sink_element.get(), "description-timeout", 5000, nullptr);
    ends.play();
    // Nobody answers this one.
    gst_rtc_signaling_request_session(
        ends.sink_signaling.get(), "silent", "nobody", GST_RTC_OFFERER_HOST,
        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr, nullptr);
    test::start_session(ends.sink_signaling.get(), "seven",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "seven");
    auto ended = ends.sender.wait_for("rtc-session-ended", "silent");
    RTC_ASSERT_TEXT(ended.at("reason"), "timeout");
    g_assert_nonnull(strstr(ended.at("text").c_str(), "description"));
}

void a_lost_peer_is_noticed() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    g_object_set(ends.src_element.get(), "consent-timeout", 1000, nullptr);
    ends.play();
    test::start_session(ends.sink_signaling.get(), "eight",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "eight");
    // Its signaling is cut first: nobody tells.
    test::unpair(ends.sink_signaling.get());
    ends.sender.stop();
    auto ended = ends.receiver.wait_for("rtc-session-ended", "eight");
    g_assert_true(ended.at("reason") == "lost" || ended.at("reason") == "hangup");
    arrivals.wait(all_ended);
}

// A session outlives the time after which a silent peer is gone, several times over.
void stays_open() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    g_object_set(ends.src_element.get(), "consent-timeout", 5000, nullptr);
    ends.play();
    test::start_session(ends.sink_signaling.get(), "lasting",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "lasting");
    constexpr guint twenty_seconds = 20 * 50; // of Opus, in packets
    arrivals.wait(
        [&](const auto& pads) {
            return ends.receiver.has("rtc-session-ended") ||
                   std::ranges::any_of(pads, [](const auto& entry) {
                       return entry.first.starts_with("audio") &&
                              entry.second.buffers >= twenty_seconds;
                   });
        },
        std::chrono::minutes(2));
    g_assert_false(ends.receiver.has("rtc-session-ended"));
    g_assert_false(ends.sender.has("rtc-session-ended"));
}

void refuses_bad_descriptions() {
    Ends ends;
    ends.play();
    const std::pair<const char*, const char*> cases[] = {
        {"garbage", "this is no SDP"},
        {"empty", ""},
        {"no-media", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"},
    };
    for (const auto& [session, sdp] : cases) {
        gst_rtc_signaling_request_session(
            ends.src_signaling.get(), session, "", GST_RTC_OFFERER_PEER,
            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr, nullptr);
        gst_rtc_signaling_receive_description(ends.src_signaling.get(), session,
                                              GST_WEBRTC_SDP_TYPE_OFFER, sdp);
        auto end =
            test::wait_for_sent(ends.src_signaling.get(), [&, id = session](const Sent& what) {
                return what.kind == Sent::end && what.session == id;
            });
        g_assert_cmpint(end.type, ==, GST_RTC_END_REASON_REJECTED);
        g_assert_cmpstr(end.text.c_str(), !=, "");
    }
    g_assert_true(ends.receiver.error().empty());
}

void limits_sessions() {
    Ends ends;
    g_object_set(ends.src_element.get(), "max-sessions", 1, nullptr);
    ends.play();
    for (const char* session : {"first", "second"})
        gst_rtc_signaling_request_session(
            ends.src_signaling.get(), session, "", GST_RTC_OFFERER_PEER,
            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr, nullptr);
    auto end = test::wait_for_sent(ends.src_signaling.get(),
                                   [](const Sent& what) { return what.kind == Sent::end; });
    g_assert_cmpstr(end.session.c_str(), ==, "second");
    g_assert_cmpint(end.type, ==, GST_RTC_END_REASON_BUSY);
}

void ends_with_the_stream() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "nine",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "nine");
    gst_element_send_event(GST_ELEMENT(ends.receiver.bin()), gst_event_new_eos());
    arrivals.wait(all_ended);
    ends.receiver.wait_for_eos();
    // The other end heard of it.
    auto ended = ends.sender.wait_for("rtc-session-ended", "nine");
    RTC_ASSERT_TEXT(ended.at("reason"), "shutdown");
}

guint count_entries(const char* folder) {
    guint count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        (void)entry;
        count++;
    }
    return count;
}

// Kilobytes of memory in use.
guint64 resident() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return g_ascii_strtoull(line.c_str() + 6, nullptr, 10);
    return 0;
}

void describe_leftovers() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream name(entry.path() / "comm");
        std::string text;
        std::getline(name, text);
        g_test_message("thread %s", text.c_str());
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        g_test_message("descriptor %s", std::filesystem::read_symlink(entry.path(), gone).c_str());
    }
}

// Sessions that end at every stage of their life. The n-th thing that happens ends them.
void churn(Ends& ends, guint first, guint count) {
    std::mt19937 random(first);
    for (guint i = first; i < first + count; i++) {
        auto id = "churn-" + std::to_string(i);
        bool sink_offers = random() % 2;
        test::start_session(sink_offers ? ends.sink_signaling.get() : ends.src_signaling.get(),
                            id.c_str(),
                            sink_offers ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                                        : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
        auto* offerer = sink_offers ? ends.sink_signaling.get() : ends.src_signaling.get();
        auto* answerer = sink_offers ? ends.src_signaling.get() : ends.sink_signaling.get();
        auto described = [&](const Sent& what) {
            return what.kind == Sent::description && what.session == id;
        };
        switch (random() % 5) {
        case 0: // at once
            break;
        case 1:
            test::wait_for_sent(offerer, described);
            break;
        case 2:
            test::wait_for_sent(answerer, described);
            break;
        case 3:
            ends.sender.wait_for("rtc-session-started", id);
            break;
        case 4:
            ends.receiver.wait_for("rtc-session-started", id);
            break;
        }
        for (auto* signaling : {offerer, answerer})
            gst_rtc_signaling_close_session(signaling, id.c_str(), GST_RTC_END_REASON_HANGUP, "");
        ends.sender.wait_for("rtc-session-ended", id);
        ends.receiver.wait_for("rtc-session-ended", id);
    }
}

void leaves_nothing_behind() {
    guint threads, descriptors;
    guint64 memory;
    // Once for what a process loads and keeps.
    {
        Ends ends;
        Arrivals arrivals(ends.receiver, ends.src_element.get());
        ends.play();
        churn(ends, 1000, 40);
    }
    // Detached threads may be on their last instructions, and GLib keeps idle ones for a while.
    auto settled = [](guint wanted_threads, guint wanted_descriptors) {
        auto deadline = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
        while (g_get_monotonic_time() < deadline) {
            g_thread_pool_stop_unused_threads();
            if (count_entries("/proc/self/task") <= wanted_threads &&
                count_entries("/proc/self/fd") <= wanted_descriptors)
                return true;
            g_thread_yield();
        }
        return false;
    };
    settled(1, 0);
    threads = count_entries("/proc/self/task");
    descriptors = count_entries("/proc/self/fd");
    memory = resident();
    constexpr guint sessions = sanitized ? 60 : 300;
    {
        Ends ends;
        Arrivals arrivals(ends.receiver, ends.src_element.get());
        ends.play();
        churn(ends, 0, sessions);
    }
    bool clean = settled(threads, descriptors);
    if (!clean)
        describe_leftovers();
    g_test_message("threads %u then %u, descriptors %u then %u, memory %" G_GUINT64_FORMAT
                   " then %" G_GUINT64_FORMAT " kB",
                   threads, count_entries("/proc/self/task"), descriptors,
                   count_entries("/proc/self/fd"), memory, resident());
    g_assert_true(clean);
    // A leaked webrtcbin holds over 100 kB; the allocator's own unevenness is well below.
    if (!sanitized)
        g_assert_cmpuint(resident(), <, memory + sessions * 40);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sessions/publisher-offers", publisher_offers);
    g_test_add_func("/sessions/receiver-offers", receiver_offers);
    g_test_add_func("/sessions/trickles", trickles);
    g_test_add_func("/sessions/h264-and-pcmu", carries_h264_and_mono_pcmu);
    g_test_add_func("/sessions/output-forms", gives_what_downstream_asks_for);
    g_test_add_func("/sessions/false-fingerprint", refuses_a_false_fingerprint);
    g_test_add_func("/sessions/silent-peer", a_silent_peer_stops_nobody);
    g_test_add_func("/sessions/lost-peer", a_lost_peer_is_noticed);
    g_test_add_func("/sessions/stays-open", stays_open);
    g_test_add_func("/sessions/bad-descriptions", refuses_bad_descriptions);
    g_test_add_func("/sessions/limit", limits_sessions);
    g_test_add_func("/sessions/end-of-stream", ends_with_the_stream);
    g_test_add_func("/sessions/nothing-left-behind", leaves_nothing_behind);
    return g_test_run();
}
