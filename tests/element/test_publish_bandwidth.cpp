// What viewers' networks carry, told to whoever makes the pictures.
#include "tests/element/publishing.hpp"

using namespace rtc;

namespace {

const char* camera = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1";
const char* baseline =
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 threads=1 ! "
    "video/x-h264,profile=constrained-baseline";

// The bit rates that were told upstream, on the source's pad.
class Upstream {
public:
    explicit Upstream(Publishing& publishing)
        : seen_(std::make_shared<Seen>(publishing.watch)) {
        auto pad = adopt(gst_element_get_static_pad(publishing.source(), "src"));
        gst_pad_add_probe(
            pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
            [](GstPad*, GstPadProbeInfo* info, gpointer data) {
                (*static_cast<std::shared_ptr<Seen>*>(data))->event(GST_PAD_PROBE_INFO_EVENT(info));
                return GST_PAD_PROBE_OK;
            },
            new std::shared_ptr<Seen>(seen_),
            [](gpointer data) { delete static_cast<std::shared_ptr<Seen>*>(data); });
    }
    bool wait_for(const std::vector<guint>& told) {
        return seen_->watch.wait([&] { return seen_->told == told; });
    }
    size_t count() {
        std::lock_guard lock(seen_->watch.mutex);
        return seen_->told.size();
    }

private:
    struct Seen {
        explicit Seen(Watch& changes)
            : watch(changes) {}
        void event(GstEvent* event) {
            const auto* fields = gst_event_get_structure(event);
            guint bitrate = 0;
            if (!gst_event_has_name(event, "rtc-bitrate"))
                return;
            g_assert_true(gst_structure_get_uint(fields, "bitrate", &bitrate));
            watch.change([&] { told.push_back(bitrate); });
        }

        Watch& watch;
        std::vector<guint> told;
    };
    // The probe's too: a viewer's end is told of when this is gone.
    const std::shared_ptr<Seen> seen_;
};

void encoded_input_is_told_upstream() {
    Publishing publishing(std::string(camera) + baseline, Kind::video);
    Upstream upstream(publishing);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto one = publishing.subscribe("H264"), other = publishing.subscribe("H264");
    g_assert_true(one->wait(10) && other->wait(10));
    // 95 % of the lowest; more only once in a while, so it is asked for until it is told.
    one->subscription->set_bandwidth(1'000'000, true);
    g_assert_true(upstream.wait_for({950'000}));
    other->subscription->set_bandwidth(400'000, true);
    g_assert_true(upstream.wait_for({950'000, 380'000}));
    // Who falls silent does not hold the others, if there are any.
    one->subscription->set_bandwidth(300'000, false);
    other->subscription->set_bandwidth(320'000, true);
    g_assert_true(upstream.wait_for({950'000, 380'000, 304'000}));
    other->subscription->set_bandwidth(200'000, false);
    g_assert_true(upstream.wait_for({950'000, 380'000, 304'000, 190'000}));
    other->subscription->set_bandwidth(200'000, true);
    one->subscription->set_bandwidth(700'000, true);
    other.reset();
    while (upstream.count() < 5) {
        one->subscription->set_bandwidth(700'000, true);
        g_assert_true(one->wait(one->copy().size() + 1));
    }
    g_assert_true(upstream.wait_for({950'000, 380'000, 304'000, 190'000, 665'000}));
    publishing.expect_no_complaints();
}

// An encoder of ours follows by itself: nobody upstream has to.
void raw_input_is_not() {
    Publishing publishing(camera, Kind::video);
    Upstream upstream(publishing);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(viewer->wait(10));
    viewer->subscription->set_bandwidth(400'000, true);
    auto target = [&] { return publishing.stream().encodings().at(0).target; };
    while (target() != 380'000)
        g_assert_true(viewer->wait(viewer->copy().size() + 1));
    g_assert_true(viewer->wait(viewer->copy().size() + 10));
    g_assert_cmpuint(upstream.count(), ==, 0);
    publishing.expect_no_complaints();
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/publish-bandwidth/encoded", encoded_input_is_told_upstream);
    g_test_add_func("/publish-bandwidth/raw", raw_input_is_not);
    return g_test_run();
}
