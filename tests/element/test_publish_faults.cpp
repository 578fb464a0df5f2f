// Encoded input that can't be payloaded, in part or at all.
#include "plugins/rtc/calltags.hpp"
#include "tests/element/publishing.hpp"

using namespace rtc;

namespace {

std::string camera(const std::string& then) {
    return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! " + then;
}

// A keyframe comes only at the start and when one is asked for.
const std::string vp8 = camera("vp8enc deadline=1 keyframe-max-dist=100000");

// The first partition would be longer than the frame.
const guint8 broken_vp8[] = {0x11, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0};

// By the times of `like`, if any. rtpvp8pay of GStreamer 1.22 never releases what it can't parse:
// leaks.supp names this function.
[[gnu::noinline]] GstBuffer* unparsable_frame(GstBuffer* like = nullptr) {
    auto* frame = gst_buffer_new_memdup(broken_vp8, sizeof broken_vp8);
    if (like)
        gst_buffer_copy_into(frame, like, GST_BUFFER_COPY_METADATA, 0, 0);
    return frame;
}

// Puts broken pictures in the place of good ones.
class Saboteur {
public:
    explicit Saboteur(Publishing& publishing)
        : publishing_(publishing) {
        gst_pad_add_probe(
            publishing.pad(), GST_PAD_PROBE_TYPE_BUFFER,
            [](GstPad*, GstPadProbeInfo* info, gpointer self) {
                return static_cast<Saboteur*>(self)->take(info);
            },
            this, nullptr);
        gst_pad_add_probe(
            publishing.pad(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
            [](GstPad*, GstPadProbeInfo* info, gpointer self) {
                auto* structure = gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info));
                if (structure && gst_structure_has_name(structure, "GstForceKeyUnit"))
                    static_cast<Saboteur*>(self)->requests++;
                return GST_PAD_PROBE_OK;
            },
            this, nullptr);
    }
    void break_pictures(int count) { broken_ = count; }

    std::atomic<int> requests = 0;

private:
    GstPadProbeReturn take(GstPadProbeInfo* info) {
        auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
        if (broken_ > 0) {
            broken_--;
            info->data = unparsable_frame(buffer);
            gst_buffer_unref(buffer);
        }
        publishing_.watch.change([&] { publishing_.pictures++; });
        return GST_PAD_PROBE_OK;
    }

    Publishing& publishing_;
    std::atomic<int> broken_ = 0;
};

size_t count(Publishing& publishing, const std::vector<std::string>& list) {
    std::lock_guard lock(publishing.watch.mutex);
    for (const auto& text : list)
        g_test_message("%s", text.c_str());
    return list.size();
}

// One broken frame costs the pictures up to the next keyframe, which is asked for.
void goes_on_after_a_broken_frame() {
    Publishing publishing(vp8, Kind::video);
    Saboteur saboteur(publishing);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(viewer->wait(20));
    for (int round = 1; round <= 3; round++) {
        size_t keyframes = 0;
        publishing.watch.change([&] { keyframes = viewer->keyframes(); });
        int requests = saboteur.requests;
        saboteur.break_pictures(1);
        g_assert_true(publishing.watch.wait([&] { return viewer->keyframes() > keyframes; }));
        g_assert_cmpint(saboteur.requests, >, requests);
        auto seen = viewer->copy().size();
        g_assert_true(viewer->wait(seen + 20));
        g_assert_true(publishing.stream().live());
    }
    auto packets = viewer->copy();
    for (size_t i = 1; i < packets.size(); i++)
        g_assert_cmpuint(packets[i].sequence, ==, guint16(packets[i - 1].sequence + 1));
    g_assert_cmpuint(count(publishing, publishing.warnings), ==, 3);
    g_assert_cmpuint(count(publishing, publishing.errors), ==, 0);
    g_assert_cmpuint(count(publishing, publishing.bus_errors), ==, 0);
}

// Puts 16 units of supplemental information in front of each picture.
GstPadProbeReturn add_units(GstPad*, GstPadProbeInfo* info, gpointer unit) {
    auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    const auto& bytes = *static_cast<const std::vector<guint8>*>(unit);
    auto* units = gst_buffer_new();
    for (int i = 0; i < 16; i++)
        units = gst_buffer_append(units, gst_buffer_new_memdup(bytes.data(), bytes.size()));
    gst_buffer_copy_into(units, buffer, GST_BUFFER_COPY_METADATA, 0, 0);
    info->data = gst_buffer_append(units, buffer);
    return GST_PAD_PROBE_OK;
}

// A peer may split its pictures into any number of small units.
void many_small_units(gconstpointer data) {
    auto* codec = static_cast<const char*>(data);
    bool h265 = g_str_equal(codec, "H265");
    if (h265 && !adopt(gst_element_factory_find("x265enc")))
        return g_test_skip("x265enc is not installed");
    auto encoder = h265 ? "x265enc tune=zerolatency speed-preset=1 ! video/x-h265"
                        : "capsfilter caps=video/x-raw,format=I420 ! x264enc tune=zerolatency "
                          "speed-preset=ultrafast ! video/x-h264";
    std::vector<guint8> unit = h265 ? std::vector<guint8>{0, 0, 0, 1, 0x4e, 1, 5, 1, 0xaa, 0x80}
                                    : std::vector<guint8>{0, 0, 0, 1, 6, 5, 1, 0xaa, 0x80};
    Publishing publishing(camera(std::string(encoder) + ",stream-format=byte-stream,alignment=au"),
                          Kind::video);
    gst_pad_add_probe(publishing.pad(), GST_PAD_PROBE_TYPE_BUFFER, add_units, &unit, nullptr);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe(codec);
    g_assert_true(viewer->wait(200));
    publishing.expect_no_complaints();
}

// A pad of the test's own, for media that no element would send.
class Feed {
public:
    explicit Feed(Publishing& publishing)
        : pad_(sink(gst_pad_new("src", GST_PAD_SRC))) {
        gst_pad_set_active(pad_.get(), TRUE);
        g_assert_cmpint(gst_pad_link(pad_.get(), publishing.pad()), ==, GST_PAD_LINK_OK);
    }
    ~Feed() {
        if (auto peer = adopt(gst_pad_get_peer(pad_.get())))
            gst_pad_unlink(pad_.get(), peer.get());
    }
    void begin(const char* caps, Ref<GstTagList> tags = nullptr) {
        gst_pad_push_event(pad_.get(), gst_event_new_stream_start("feed"));
        gst_pad_push_event(pad_.get(), gst_event_new_caps(adopt(gst_caps_from_string(caps)).get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
        if (tags)
            gst_pad_push_event(pad_.get(), gst_event_new_tag(tags.release()));
    }
    // A picture that the clock holds back for 40 ms.
    void picture() {
        auto* buffer = unparsable_frame();
        GST_BUFFER_PTS(buffer) = time_;
        time_ += 40 * GST_MSECOND;
        g_assert_cmpint(gst_pad_push(pad_.get(), buffer), ==, GST_FLOW_OK);
    }

private:
    Ref<GstPad> pad_;
    GstClockTime time_ = 0;
};

// Media of our own pipeline of which no frame is good is an error, but not the first time.
void gives_up_what_never_works() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing);
    publishing.play();
    feed.begin("video/x-vp8");
    feed.picture();
    g_assert_true(publishing.warned_of("a part of this VP8 can't be sent"));
    g_assert_cmpuint(count(publishing, publishing.errors), ==, 0);
    for (int i = 0; i < 500 && count(publishing, publishing.errors) == 0; i++)
        feed.picture();
    g_assert_cmpuint(count(publishing, publishing.errors), ==, 1);
    g_assert_cmpuint(count(publishing, publishing.warnings), ==, 1);
    g_assert_false(publishing.stream().live());
    g_assert_cmpuint(count(publishing, publishing.bus_errors), ==, 0);
}

// A peer may send what it likes for as long as it likes.
void never_gives_up_a_peer() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing);
    publishing.play();
    feed.begin("video/x-vp8", make_call_tags("s1", "bob"));
    for (int i = 0; i < 150; i++) // six seconds
        feed.picture();
    g_assert_cmpuint(count(publishing, publishing.errors), ==, 0);
    g_assert_cmpuint(count(publishing, publishing.warnings), ==, 1);
    g_assert_true(publishing.stream().live());
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/publish/faults/goes-on-after-a-broken-frame", goes_on_after_a_broken_frame);
    for (const char* codec : {"H264", "H265"})
        g_test_add_data_func((std::string("/publish/faults/many-small-units/") + codec).c_str(),
                             codec, many_small_units);
    g_test_add_func("/publish/faults/gives-up-what-never-works", gives_up_what_never_works);
    g_test_add_func("/publish/faults/never-gives-up-a-peer", never_gives_up_a_peer);
    return g_test_run();
}
