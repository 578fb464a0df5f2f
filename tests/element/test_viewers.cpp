// What a publisher sees of its viewers, and does with them: statistics, signals, kicks and limits,
// over two ends in one process.
#include "tests/element/conformance.hpp"
#include "tests/element/two_ends.hpp"

#include "tests/support/noleakcheck.hpp"
#include "tests/support/sametext.hpp"

#include <json-glib/json-glib.h>

using namespace rtc;

namespace {

constexpr char laddered_sender[] =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! rtcsink "
    "name=sink video-codecs=VP8 ladder=\"240p:400,120p:150\" audiotestsrc is-live=true ! sink.";

// The signals about viewers, in order.
class Consumers {
public:
    explicit Consumers(GstElement* sink) {
        g_signal_connect(sink, "consumer-added", G_CALLBACK(added), this);
        g_signal_connect(sink, "consumer-removed", G_CALLBACK(removed), this);
    }
    void wait(const std::vector<std::string>& expected) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return told_.size() >= expected.size(); });
        g_assert_true(told_ == expected);
    }

private:
    static void added(GstElement*, const char* session, const char* peer, Consumers* self) {
        self->tell("+", session, peer);
    }
    static void removed(GstElement*, const char* session, const char* peer, Consumers* self) {
        self->tell("-", session, peer);
    }
    void tell(const char* what, const char* session, const char* peer) {
        std::lock_guard lock(mutex_);
        told_.push_back(std::string(what) + session + " " + peer);
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> told_;
};

Owned<GstStructure> stats_of(GstElement* sink) {
    GstStructure* stats = nullptr;
    g_object_get(sink, "stats", &stats, nullptr);
    return Owned<GstStructure>(stats);
}

std::vector<const GstStructure*> list_of(const Owned<GstStructure>& stats, const char* name) {
    std::vector<const GstStructure*> list;
    const auto* value = gst_structure_get_value(stats.get(), name);
    for (guint i = 0; i < gst_value_list_get_size(value); i++)
        list.push_back(gst_value_get_structure(gst_value_list_get_value(value, i)));
    return list;
}

guint64 number(const GstStructure* fields, const char* name) {
    guint small = 0;
    guint64 large = 0;
    if (gst_structure_get_uint(fields, name, &small))
        return small;
    g_assert_true(gst_structure_get_uint64(fields, name, &large));
    return large;
}

// Some more of each track of a session has come.
void wait_for_more(Arrivals& arrivals) {
    auto before = arrivals.pads();
    arrivals.wait([&](const auto& pads) {
        for (const auto& [name, pad] : pads)
            if (!pad.eos && pad.buffers < before[name].buffers + 10)
                return false;
        return !pads.empty();
    });
}

void begin(Ends& ends, Arrivals& arrivals, const char* session) {
    test::start_session(ends.sink_signaling.get(), session,
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    ends.sender.wait_for("rtc-session-started", session);
    ends.receiver.wait_for("rtc-session-started", session);
    wait_for_more(arrivals);
}

void statistics_tell_what_a_viewer_gets() {
    Ends ends(laddered_sender);
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    auto* sink = ends.sink_element.get();
    g_assert_cmpuint(list_of(stats_of(sink), "viewers").size(), ==, 0);
    g_assert_cmpuint(list_of(stats_of(sink), "encodings").size(), ==, 0);
    begin(ends, arrivals, "one");
    arrivals.wait(both_flow);

    auto stats = stats_of(sink);
    auto viewers = list_of(stats, "viewers");
    g_assert_cmpuint(viewers.size(), ==, 1);
    g_assert_cmpstr(gst_structure_get_string(viewers[0], "session"), ==, "one");
    g_assert_cmpstr(gst_structure_get_string(viewers[0], "peer"), ==, "answerer");
    g_assert_cmpuint(number(viewers[0], "rung"), ==, 0);
    g_assert_cmpuint(number(viewers[0], "estimate"), >, 0);
    auto packets = number(viewers[0], "packets"), bytes = number(viewers[0], "bytes");
    g_assert_cmpuint(packets, >=, 20);
    g_assert_cmpuint(bytes, >, packets * 12);
    double seconds = 0;
    g_assert_true(gst_structure_get_double(viewers[0], "seconds", &seconds));
    g_assert_cmpfloat(seconds, >, 0);

    // The rung that nobody watches is not there.
    auto encodings = list_of(stats, "encodings");
    g_assert_cmpuint(encodings.size(), ==, 2);
    for (const auto* encoding : encodings) {
        gboolean running = FALSE;
        g_assert_true(gst_structure_get_boolean(encoding, "running", &running));
        g_assert_true(running);
        g_assert_cmpuint(number(encoding, "viewers"), ==, 1);
        g_assert_cmpuint(number(encoding, "rung"), ==, 0);
        bool video = g_str_equal(gst_structure_get_string(encoding, "stream"), "video_0");
        g_assert_cmpstr(gst_structure_get_string(encoding, "codec"), ==, video ? "VP8" : "opus");
        g_assert_cmpstr(gst_structure_get_string(encoding, "encoder"), ==,
                        video ? "vp8enc" : "opusenc");
        g_assert_cmpuint(number(encoding, "target"), ==, video ? 400'000 : 64'000);
        g_assert_cmpuint(number(encoding, "height"), ==, video ? 240 : 0);
        g_assert_cmpuint(number(encoding, "keyframes"), >=, video ? 1 : 0);
    }
    wait_for_more(arrivals);
    g_assert_cmpuint(number(list_of(stats_of(sink), "viewers")[0], "packets"), >, packets);

    char* text = nullptr;
    g_object_get(sink, "stats-json", &text, nullptr);
    Owned<char> json{text};
    auto parser = adopt(json_parser_new());
    GError* error = nullptr;
    json_parser_load_from_data(parser.get(), json.get(), -1, &error);
    g_assert_no_error(error);
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(root, "viewers")), ==, 1);
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(root, "encodings")), ==, 2);
}

void a_viewer_is_kicked() {
    Ends ends(laddered_sender);
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    Consumers consumers(ends.sink_element.get());
    ends.play();
    begin(ends, arrivals, "stays");
    begin(ends, arrivals, "goes");
    consumers.wait({"+stays answerer", "+goes answerer"});
    auto* sink = ends.sink_element.get();
    g_assert_cmpuint(list_of(stats_of(sink), "viewers").size(), ==, 2);

    g_signal_emit_by_name(sink, "kick", "nobody"); // nothing comes of it
    g_signal_emit_by_name(sink, "kick", "goes");
    auto ended = ends.sender.wait_for("rtc-session-ended", "goes");
    RTC_ASSERT_TEXT(ended.at("reason"), "hangup");
    g_assert_true(ended.at("text") != "");
    // The peer is told, and nobody else is disturbed.
    ends.receiver.wait_for("rtc-session-ended", "goes");
    consumers.wait({"+stays answerer", "+goes answerer", "-goes answerer"});
    auto left = list_of(stats_of(sink), "viewers");
    g_assert_cmpuint(left.size(), ==, 1);
    wait_for_more(arrivals);

    ends.sender.stop();
    consumers.wait({"+stays answerer", "+goes answerer", "-goes answerer", "-stays answerer"});
    g_assert_cmpuint(list_of(stats_of(sink), "viewers").size(), ==, 0);
}

// Rungs that come encoded, as pads of one stream: one track for the peer.
void encoded_rungs_are_one_track() {
    std::string text = "rtcsink name=sink";
    for (const char* rung : {"width=320,height=180 ! x264enc bitrate=400 name=high",
                             "width=160,height=90 ! x264enc bitrate=100 name=low"})
        text += std::string(" videotestsrc is-live=true ! video/x-raw,framerate=30/1,") + rung +
                " tune=zerolatency speed-preset=ultrafast threads=1 key-int-max=30 ! "
                "video/x-h264,profile=constrained-baseline ! sink." +
                (g_str_has_suffix(rung, "high") ? "video_0" : "video_0_1");
    Ends ends(text.c_str());
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    begin(ends, arrivals, "one");
    g_assert_cmpuint(arrivals.pads().size(), ==, 1);
    auto stats = stats_of(ends.sink_element.get());
    auto encodings = list_of(stats, "encodings");
    g_assert_cmpuint(encodings.size(), ==, 2);
    guint viewers = 0;
    for (guint rung = 0; rung < 2; rung++) {
        const auto* encoding = encodings[rung];
        g_assert_cmpstr(gst_structure_get_string(encoding, "stream"), ==, "video_0");
        g_assert_cmpuint(number(encoding, "rung"), ==, rung);
        g_assert_cmpuint(number(encoding, "height"), ==, rung == 0 ? 180 : 90);
        g_assert_cmpstr(gst_structure_get_string(encoding, "encoder"), ==, "");
        viewers += guint(number(encoding, "viewers"));
    }
    g_assert_cmpuint(viewers, ==, 1);
}

void a_bad_ladder_is_told() {
    auto text = std::string("videotestsrc is-live=true ! rtcsink ladder=\"720p\"");
    Pipeline pipeline(text.c_str());
    g_assert_cmpint(gst_element_set_state(GST_ELEMENT(pipeline.bin()), GST_STATE_PLAYING), ==,
                    GST_STATE_CHANGE_FAILURE);
    auto error = pipeline.error();
    g_assert_true(error.find("\"720p\"") != error.npos);      // what is wrong,
    g_assert_true(error.find("\"720p:2500\"") != error.npos); // and what is right
}

// One viewer too many gets an answer that players know, and may come when there is room.
void one_too_many_is_told_when_to_come() {
    test::Live live("videotestsrc is-live=true ! rtcsink max-sessions=1 "
                    "signaling=\"whepserver address=127.0.0.1 port=0\"");
    test::Request call{
        "POST", live.url, {}, "application/sdp", test::recorded_offer("chromium-recvonly")};
    http::Response first;
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    do { // 409 until the first frame is there
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        first = test::fetch(call);
    } while (first.status == 409);
    g_assert_cmpuint(first.status, ==, 201);
    auto second = test::fetch(call);
    g_assert_cmpuint(second.status, ==, 503);
    g_assert_cmpuint(std::stoul(std::string(second.header("Retry-After"))), >, 0);
    std::string location(first.header("Location"));
    g_assert_cmpuint(test::fetch({"DELETE", location}).status, ==, 200);
    do { // until it has been taken down
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        second = test::fetch(call);
    } while (second.status == 503);
    g_assert_cmpuint(second.status, ==, 201);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/viewers/statistics", statistics_tell_what_a_viewer_gets);
    g_test_add_func("/viewers/kick", a_viewer_is_kicked);
    g_test_add_func("/viewers/encoded-rungs", encoded_rungs_are_one_track);
    g_test_add_func("/viewers/bad-ladder", a_bad_ladder_is_told);
    g_test_add_func("/viewers/limit", one_too_many_is_told_when_to_come);
    return g_test_run();
}
