// The request pads of rtcsink: their names, also when several threads ask at once, as of those of
// rtcrecordsink; and the tracks of a call, which come to them one after the other.
#include "plugins/rtc/calltags.hpp"
#include "signaling/base/refs.hpp"

#include <gst/gst.h>

#include <barrier>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace rtc;

namespace {

Ref<GstElement> make_sink(const char* factory = "rtcsink") {
    auto sink = rtc::sink(gst_element_factory_make(factory, nullptr));
    g_assert_nonnull(sink.get());
    return sink;
}

Ref<GstPad> request(GstElement* element, const char* name) {
    return adopt(gst_element_request_pad_simple(element, name));
}

std::string name_of(GstPad* pad) {
    Owned<char> name{gst_pad_get_name(pad)};
    return name.get();
}

void names_are_counted_by_kind() {
    auto element = make_sink();
    auto first = request(element.get(), "audio_%u");
    auto second = request(element.get(), "audio_%u");
    auto video = request(element.get(), "video_%u");
    g_assert_true(name_of(first.get()) == "audio_0");
    g_assert_true(name_of(second.get()) == "audio_1");
    g_assert_true(name_of(video.get()) == "video_0");
    gst_element_release_request_pad(element.get(), first.get());
    g_assert_true(name_of(request(element.get(), "audio_%u").get()) == "audio_0");
}

void a_chosen_name_is_kept_free() {
    auto element = make_sink();
    g_assert_nonnull(request(element.get(), "video_0").get());
    g_assert_true(name_of(request(element.get(), "video_%u").get()) == "video_1");
}

// A rung says of which stream it is; without that there is none.
void a_rung_is_asked_for_by_name() {
    auto element = make_sink();
    g_assert_true(name_of(request(element.get(), "video_0_1").get()) == "video_0_1");
    g_assert_true(name_of(request(element.get(), "video_%u").get()) == "video_0");
    g_assert_null(request(element.get(), "video_%u_%u").get());
}

// As linking by `:` does from the threads of several tracks. A criticism of GStreamer, of a name
// that stands twice, ends the test.
void threads_get_names_of_their_own(gconstpointer factory) {
    auto element = make_sink(static_cast<const char*>(factory));
    constexpr int threads = 4, rounds = 200;
    std::barrier together(threads);
    std::vector<std::thread> running;
    std::vector<std::vector<Ref<GstPad>>> pads(threads);
    for (int thread = 0; thread < threads; thread++) {
        running.emplace_back([&, thread] {
            for (int round = 0; round < rounds; round++) {
                together.arrive_and_wait();
                auto passing = request(element.get(), "audio_%u");
                pads[thread].push_back(request(element.get(), "audio_%u"));
                gst_element_release_request_pad(element.get(), passing.get());
            }
        });
    }
    for (auto& thread : running)
        thread.join();
    std::set<std::string> names;
    for (const auto& own : pads)
        for (const auto& pad : own)
            g_assert_true(pad && names.insert(name_of(pad.get())).second);
    g_assert_cmpuint(names.size(), ==, threads * rounds);
}

// What a pad of rtcsrc pushes into one of rtcsink.
class Track {
public:
    Track(GstElement* element, const char* name, const char* caps, guint tracks)
        : to_(request(element, name))
        , from_(rtc::sink(gst_pad_new("from", GST_PAD_SRC))) {
        g_assert_cmpint(gst_pad_link(from_.get(), to_.get()), ==, GST_PAD_LINK_OK);
        gst_pad_set_active(from_.get(), TRUE);
        auto start = adopt(gst_event_new_stream_start(name));
        gst_event_set_group_id(start.get(), 7);
        announce_tracks(start.get(), tracks);
        gst_pad_push_event(from_.get(), start.release());
        auto form = adopt(gst_caps_from_string(caps));
        gst_pad_push_event(from_.get(), gst_event_new_caps(form.get()));
    }
    ~Track() { gst_pad_set_active(from_.get(), FALSE); }

private:
    Ref<GstPad> to_, from_;
};

// Whether the signaling element was told that peers may come.
bool is_live(GstElement* element) {
    Ref<GstElement> signaling;
    gboolean live = FALSE;
    g_object_get(element, "signaling", signaling.out(), nullptr);
    g_object_get(signaling.get(), "live", &live, nullptr);
    return live;
}

// A viewer who came between sound and picture would never see the picture.
void a_call_is_live_with_all_its_tracks() {
    auto element = rtc::sink(gst_parse_launch("rtcsink signaling=\"whepserver port=0\"", nullptr));
    gst_element_set_state(element.get(), GST_STATE_PLAYING);
    {
        const char* sound_caps =
            "audio/x-opus,rate=48000,channels=2,channel-mapping-family=0,stream-count=1";
        Track sound(element.get(), "audio_0", sound_caps, 2);
        g_assert_false(is_live(element.get()));
        Track picture(element.get(), "video_0", "video/x-vp8,width=320,height=180", 2);
        g_assert_true(is_live(element.get()));
    }
    gst_element_set_state(element.get(), GST_STATE_NULL);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/rtcsink-pads/counted", names_are_counted_by_kind);
    g_test_add_func("/rtcsink-pads/chosen", a_chosen_name_is_kept_free);
    g_test_add_func("/rtcsink-pads/rung", a_rung_is_asked_for_by_name);
    for (const char* factory : {"rtcsink", "rtcrecordsink"})
        g_test_add_data_func((std::string("/rtcsink-pads/threads/") + factory).c_str(), factory,
                             threads_get_names_of_their_own);
    g_test_add_func("/rtcsink-pads/call", a_call_is_live_with_all_its_tracks);
    return g_test_run();
}
