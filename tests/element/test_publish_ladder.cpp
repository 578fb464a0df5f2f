// A raw stream with a ladder: encoders on demand, and viewers who change rungs without a break.
#include "plugins/publish/joinedstream.hpp"
#include "tests/element/publishing.hpp"

using namespace rtc;

namespace {

const char* camera = "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1";

InputStream::Settings with_ladder() {
    InputStream::Settings settings;
    settings.ladder = {{240, 400'000}, {120, 150'000}};
    settings.idle_encoder_ms = 200;
    return settings;
}

// Numbers without a gap, time that never goes back, and is the pictures' own: an encoder that is
// behind another may take it some pictures off, for a moment.
void check_one_stream(const std::vector<Received>& packets) {
    constexpr gint64 most_off = 500'000; // µs
    for (size_t i = 1; i < packets.size(); i++) {
        g_assert_cmpuint(packets[i].sequence, ==, guint16(packets[i - 1].sequence + 1));
        g_assert_cmpint(gint32(packets[i].timestamp - packets[i - 1].timestamp), >=, 0);
        auto stamped = gint64(gint32(packets[i].timestamp - packets[0].timestamp)) * 100 / 9;
        auto passed = GST_CLOCK_DIFF(GST_BUFFER_PTS(packets[0].buffer.get()),
                                     GST_BUFFER_PTS(packets[i].buffer.get())) /
                      1000;
        g_assert_cmpint(ABS(stamped - passed), <, most_off);
    }
}

// How often it went from the packets that the other has got, too, to others, or back. Each time it
// did so with a keyframe.
guint check_changes(const std::vector<Received>& packets, const std::vector<Received>& others) {
    std::set<const guint8*> shared;
    for (const auto& packet : others)
        shared.insert(payload_end(packet));
    guint changes = 0;
    for (size_t i = 1; i < packets.size(); i++) {
        if (shared.contains(payload_end(packets[i])) ==
            shared.contains(payload_end(packets[i - 1])))
            continue;
        changes++;
        g_assert_true(packets[i].starts_keyframe);
        g_assert_cmpint(gint32(packets[i].timestamp - packets[i - 1].timestamp), >, 0);
    }
    return changes;
}

// Says so until the rung is another one.
bool steer(Collector& viewer, guint estimate, guint rung) {
    for (int i = 0; i < 1000 && viewer.subscription->rung() != rung; i++) {
        viewer.subscription->set_bandwidth(estimate, true);
        // Some pictures pass meanwhile, as they would.
        viewer.wait(viewer.copy().size() + 1);
    }
    return viewer.subscription->rung() == rung;
}

void changes_rungs(gconstpointer data) {
    auto* codec = static_cast<const char*>(data);
    Publishing publishing(camera, Kind::video, with_ladder());
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto other = publishing.subscribe(codec);
    auto viewer = publishing.subscribe(codec);
    g_assert_true(viewer->wait(30));
    auto made = [&] {
        std::lock_guard lock(publishing.watch.mutex);
        return publishing.encoders_made.size();
    };
    // The other rung costs nothing while nobody watches it.
    g_assert_cmpuint(viewer->subscription->rung(), ==, 0);
    g_assert_cmpuint(made(), ==, 1);

    g_assert_true(steer(*viewer, 200'000, 1));
    auto before = viewer->copy().size();
    g_assert_true(viewer->wait(before + 30));
    g_assert_cmpuint(made(), ==, 2);
    g_assert_true(steer(*viewer, 3'000'000, 0));
    before = viewer->copy().size();
    g_assert_true(viewer->wait(before + 30));
    auto packets = viewer->copy();
    check_one_stream(packets);
    g_assert_true(other->wait(other->copy().size() + 5));
    g_assert_cmpuint(check_changes(packets, other->copy()), ==, 2);
    // Who stayed has noticed nothing, and the rung that was left stops.
    check_one_stream(other->copy());
    g_assert_cmpuint(other->subscription->rung(), ==, 0);
    for (int i = 0; i < 4; i++) {
        viewer->subscription->set_bandwidth(3'000'000, true);
        g_assert_true(viewer->wait(viewer->copy().size() + 5));
    }
    g_assert_true(publishing.watch.wait([&] { return publishing.encoders_gone == 1; }));
    publishing.expect_no_complaints();
}

// Who wishes less gets it at once and no better, until they wish it no more.
void takes_wishes() {
    Publishing publishing(camera, Kind::video, with_ladder());
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(viewer->wait(10));
    g_assert_cmpuint(viewer->subscription->rung(), ==, 0);
    viewer->subscription->limit_rung(1);
    g_assert_true(steer(*viewer, 3'000'000, 1));
    for (int i = 0; i < 90; i++) {
        viewer->subscription->set_bandwidth(3'000'000, true);
        g_assert_true(viewer->wait(viewer->copy().size() + 1));
        g_assert_cmpuint(viewer->subscription->rung(), ==, 1);
    }
    viewer->subscription->limit_rung(0);
    g_assert_true(steer(*viewer, 3'000'000, 0));
    check_one_stream(viewer->copy());
    publishing.expect_no_complaints();
}

// It goes while it is about to change.
void leaves_in_between() {
    Publishing publishing(camera, Kind::video, with_ladder());
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto steady = publishing.subscribe("VP8");
    g_assert_true(steady->wait(10));
    for (int i = 0; i < 20; i++) {
        auto viewer = publishing.subscribe("VP8");
        for (int k = 0; k < 3; k++)
            viewer->subscription->set_bandwidth(50'000, true);
        steady->wait(steady->copy().size() + 2);
    }
    g_assert_true(publishing.watch.wait(
        [&] { return publishing.encoders_gone + 1 == int(publishing.encoders_made.size()); }));
    check_one_stream(steady->copy());
    publishing.expect_no_complaints();
}

// Two sizes of one picture, encoded already, and the stream that they are rungs of. Their pipelines
// have one time.
struct Joined {
    Joined()
        : high(encoded("width=320,height=180", 600), Kind::video)
        , low(encoded("width=160,height=90", 100), Kind::video) {
        auto clock = adopt(gst_system_clock_obtain());
        auto base = gst_clock_get_time(clock.get());
        for (auto* publishing : {&high, &low}) {
            gst_pipeline_use_clock(GST_PIPELINE(publishing->pipeline()), clock.get());
            gst_element_set_start_time(publishing->pipeline(), GST_CLOCK_TIME_NONE);
            gst_element_set_base_time(publishing->pipeline(), base);
            publishing->play();
            g_assert_true(publishing->wait_live());
            rungs.push_back(publishing->release_stream());
        }
        stream = std::make_unique<JoinedStream>("video_0", rungs);
    }
    ~Joined() {
        for (auto* publishing : {&high, &low})
            publishing->stop();
        for (const auto& rung : rungs)
            rung->close();
    }
    static std::string encoded(const char* size, int kbit) {
        return std::string("videotestsrc is-live=true pattern=snow ! video/x-raw,framerate=30/1,") +
               size +
               " ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max=300 "
               "bitrate=" +
               std::to_string(kbit) + " ! video/x-h264,profile=constrained-baseline";
    }
    guint rate(size_t rung) const { return rungs[rung]->rung(*find_codec("H264")).bitrate; }
    std::unique_ptr<Collector> subscribe(Stream& from) {
        return std::make_unique<Collector>(high.watch, high.pipeline(), from, "H264");
    }

    Publishing high, low;
    std::vector<std::shared_ptr<InputStream>> rungs;
    std::unique_ptr<JoinedStream> stream;
};

void joins_encoded_rungs() {
    Joined joined;
    g_assert_true(joined.stream->live());
    g_assert_cmpuint(joined.stream->offers().size(), ==, 1);
    auto other = joined.subscribe(*joined.rungs[0]);
    auto viewer = joined.subscribe(*joined.stream);
    // What they take shows by itself.
    while (joined.rate(0) < 2 * joined.rate(1) || joined.rate(1) == 0)
        g_assert_true(viewer->wait(viewer->copy().size() + 10));
    g_assert_cmpuint(viewer->subscription->rung(), ==, 0);
    g_assert_true(steer(*viewer, joined.rate(1) * 5 / 4, 1));
    g_assert_true(viewer->wait(viewer->copy().size() + 30));
    g_assert_cmpuint(viewer->subscription->wanted(), >, joined.rate(1) * 5 / 4);
    g_assert_true(steer(*viewer, 10'000'000, 0));
    g_assert_true(viewer->wait(viewer->copy().size() + 30));
    auto packets = viewer->copy();
    check_one_stream(packets);
    g_assert_true(other->wait(other->copy().size() + 5));
    g_assert_cmpuint(check_changes(packets, other->copy()), ==, 2);
}

// A rung that has ended is none; the others go on.
void passes_over_an_ended_rung() {
    Joined joined;
    auto viewer = joined.subscribe(*joined.stream);
    while (joined.rate(0) == 0)
        g_assert_true(viewer->wait(viewer->copy().size() + 10));
    gst_element_send_event(joined.low.pipeline(), gst_event_new_eos());
    while (joined.rungs[1]->live())
        g_assert_true(viewer->wait(viewer->copy().size() + 1));
    for (int i = 0; i < 20; i++) {
        viewer->subscription->set_bandwidth(50'000, true);
        g_assert_true(viewer->wait(viewer->copy().size() + 2));
    }
    g_assert_cmpuint(viewer->subscription->rung(), ==, 0);
    g_assert_true(joined.stream->live());
    check_one_stream(viewer->copy());
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_data_func("/publish-ladder/changes-rungs/VP8", "VP8", changes_rungs);
    g_test_add_data_func("/publish-ladder/changes-rungs/H264", "H264", changes_rungs);
    g_test_add_func("/publish-ladder/takes-wishes", takes_wishes);
    g_test_add_func("/publish-ladder/leaves-in-between", leaves_in_between);
    g_test_add_func("/publish-ladder/joins-encoded-rungs", joins_encoded_rungs);
    g_test_add_func("/publish-ladder/ended-rung", passes_over_an_ended_rung);
    return g_test_run();
}
