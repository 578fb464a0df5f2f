// A raw stream with a ladder: encoders on demand, and viewers who change rungs without a break.
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
        viewer.subscription->set_bandwidth(estimate);
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
        viewer->subscription->set_bandwidth(3'000'000);
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
        viewer->subscription->set_bandwidth(3'000'000);
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
            viewer->subscription->set_bandwidth(50'000);
        steady->wait(steady->copy().size() + 2);
    }
    g_assert_true(publishing.watch.wait(
        [&] { return publishing.encoders_gone + 1 == int(publishing.encoders_made.size()); }));
    check_one_stream(steady->copy());
    publishing.expect_no_complaints();
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_data_func("/publish-ladder/changes-rungs/VP8", "VP8", changes_rungs);
    g_test_add_data_func("/publish-ladder/changes-rungs/H264", "H264", changes_rungs);
    g_test_add_func("/publish-ladder/takes-wishes", takes_wishes);
    g_test_add_func("/publish-ladder/leaves-in-between", leaves_in_between);
    return g_test_run();
}
