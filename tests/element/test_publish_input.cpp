// Input streams and what comes in: encoded media, changes on the way, the end, the clock.
#include "tests/element/publishing.hpp"

#include <algorithm>
#include <cmath>

using namespace rtc;

namespace {

const char* baseline = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 threads=1";

std::string camera(const std::string& then) {
    return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! " + then;
}

void check_gapless(const std::vector<Received>& packets) {
    for (size_t i = 1; i < packets.size(); i++)
        g_assert_cmpuint(packets[i].sequence, ==, guint16(packets[i - 1].sequence + 1));
}

bool has_text(const std::vector<std::string>& list, const char* words) {
    return Publishing::contains(list, words);
}

// NAL unit types of single and aggregated units, of a whole picture.
std::vector<int> nal_types(const std::vector<Received>& packets, guint32 timestamp) {
    std::vector<int> types;
    for (const auto& packet : packets) {
        if (packet.timestamp != timestamp)
            continue;
        std::vector<guint8> bytes(gst_buffer_get_size(packet.buffer.get()));
        gst_buffer_extract(packet.buffer.get(), 0, bytes.data(), bytes.size());
        auto type = bytes[12] & 0x1f;
        if (type == 28 && (bytes[13] & 0x80))
            types.push_back(bytes[13] & 0x1f);
        else if (type == 24)
            for (size_t at = 13; at + 2 < bytes.size();) {
                types.push_back(bytes[at + 2] & 0x1f);
                at += 2 + (size_t(bytes[at]) << 8 | bytes[at + 1]);
            }
        else if (type < 24)
            types.push_back(type);
    }
    return types;
}

// What is encoded already is passed on: no encoder runs, and parameter sets go with each keyframe.
void encoded_h264(gconstpointer data) {
    auto* format = static_cast<const char*>(data);
    Publishing publishing(camera(std::string(baseline) + " ! h264parse ! " + format), Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("H264");
    g_assert_nonnull(viewer->subscription.get());
    g_assert_null(publishing.subscribe("VP8")->subscription.get());
    g_assert_true(publishing.watch.wait([&] { return viewer->keyframes() >= 3; }));
    auto packets = viewer->copy();
    check_gapless(packets);
    g_assert_true(packets.front().starts_keyframe);
    guint keyframes = 0;
    for (size_t i = 0; i + 20 < packets.size(); i++) {
        if (!packets[i].starts_keyframe || (i && packets[i].timestamp == packets[i - 1].timestamp))
            continue;
        auto types = nal_types(packets, packets[i].timestamp);
        g_assert_cmpint(std::ranges::count(types, 7), ==, 1); // once, and before the picture
        g_assert_cmpint(std::ranges::count(types, 8), ==, 1);
        g_assert_true(std::ranges::find(types, 7) < std::ranges::find(types, 5));
        keyframes++;
    }
    g_assert_cmpuint(keyframes, >=, 1);
    auto offers = publishing.stream().offers();
    g_assert_cmpuint(offers.size(), ==, 1);
    g_assert_true(offers[0].fmtp.find("profile-level-id=42c0") != std::string::npos);
    publishing.expect_no_complaints();
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, 0);
}

void encoded(gconstpointer data) {
    auto* codec = static_cast<const char*>(data);
    if (g_str_equal(codec, "H265") && !adopt(gst_element_factory_find("x265enc")))
        return g_test_skip("x265enc is not installed");
    bool audio = find_codec(codec)->kind == Kind::audio;
    const std::string tone = "audiotestsrc is-live=true samplesperbuffer=480 ! ";
    auto source =
        g_str_equal(codec, "VP8")    ? camera("vp8enc deadline=1 keyframe-max-dist=15")
        : g_str_equal(codec, "VP9")  ? camera("vp9enc deadline=1 cpu-used=8 lag-in-frames=0")
        : g_str_equal(codec, "H265") ? camera("x265enc tune=zerolatency speed-preset=1")
        : g_str_equal(codec, "opus") ? tone + "audio/x-raw,channels=2,rate=48000 ! opusenc"
        : g_str_equal(codec, "PCMU") ? tone + "mulawenc"
                                     : tone + "alawenc";
    Publishing publishing(source, audio ? Kind::audio : Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe(codec);
    g_assert_true(viewer->wait(40));
    auto packets = viewer->copy();
    check_gapless(packets);
    g_assert_true(audio || packets.front().starts_keyframe);
    auto clock_rate = find_codec(codec)->clock_rate;
    for (const auto& packet : packets) { // time stands for running time, in every codec alike
        auto pts = GST_BUFFER_PTS(packet.buffer.get());
        auto expected = gst_util_uint64_scale_round(pts, clock_rate, GST_SECOND);
        g_assert_cmpint(std::abs(gint32(packet.timestamp - guint32(expected))), <=, 960);
    }
    publishing.expect_no_complaints();
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, 0);
}

// The same viewer sees the stream through a change of its form.
void stream_format_changes() {
    // With the format given, as a capsfilter that changes can leave x264enc free to take 4:4:4.
    Publishing publishing(camera("capsfilter caps=video/x-raw,format=I420 ! " +
                                 std::string(baseline) +
                                 " ! h264parse ! capsfilter name=form "
                                 "caps=video/x-h264,stream-format=avc"),
                          Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("H264");
    g_assert_true(publishing.watch.wait([&] { return viewer->keyframes() >= 1; }));
    auto form = publishing.find("form");
    gst_util_set_object_arg(G_OBJECT(form.get()), "caps",
                            "video/x-h264,stream-format=byte-stream,alignment=au");
    size_t seen = viewer->copy().size();
    g_assert_true(viewer->wait(seen + 60));
    g_assert_true(publishing.watch.wait([&] { return viewer->keyframes() >= 4; }));
    check_gapless(viewer->copy());
    publishing.expect_no_complaints();
}

void b_frames() {
    Publishing publishing(
        camera("x264enc bframes=2 b-adapt=false speed-preset=ultrafast key-int-max=30"),
        Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("H264");
    g_assert_true(publishing.warned_of("bframes=0"));
    auto seen = viewer->copy().size();
    g_assert_true(viewer->wait(seen + 60)); // it goes on
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.warnings.size(), ==, 1);
}

GstPadProbeReturn drop_keyframe_requests(GstPad*, GstPadProbeInfo* info, gpointer count) {
    auto* event = gst_pad_probe_info_get_event(info);
    auto* structure = gst_event_get_structure(event);
    if (!structure || !gst_structure_has_name(structure, "GstForceKeyUnit"))
        return GST_PAD_PROBE_OK;
    gboolean all_headers = FALSE;
    gst_structure_get_boolean(structure, "all-headers", &all_headers);
    g_assert_true(all_headers);
    g_atomic_int_inc(static_cast<gint*>(count));
    return GST_PAD_PROBE_DROP;
}

void unanswered_requests() {
    InputStream::Settings settings;
    settings.unanswered_request_ms = 1500;
    settings.history_ms = 1;
    gint requests = 0;
    Publishing publishing(camera("vp8enc deadline=1 keyframe-max-dist=1000"), Kind::video,
                          settings);
    gst_pad_add_probe(publishing.pad(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, drop_keyframe_requests,
                      &requests, nullptr);
    gst_pad_add_probe(
        publishing.pad(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo*, gpointer data) {
            auto* self = static_cast<Publishing*>(data);
            self->watch.change([&] { self->pictures++; });
            return GST_PAD_PROBE_OK;
        },
        &publishing, nullptr);
    publishing.play();
    // The first keyframe is over, and another doesn't come.
    g_assert_true(publishing.watch.wait([&] { return publishing.pictures >= 5; }));
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(publishing.warned_of("key-int-max"));
    g_assert_cmpint(g_atomic_int_get(&requests), >=, 2); // it was repeated
    g_assert_cmpint(g_atomic_int_get(&requests), <=, 4); // but not often
}

// Media that comes faster than time is held to the clock, watched or not.
void file_is_paced() {
    Publishing publishing("videotestsrc num-buffers=45 ! "
                          "video/x-raw,width=64,height=64,framerate=30/1",
                          Kind::video);
    auto start = g_get_monotonic_time();
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(publishing.watch.wait([&] { return publishing.eos; }));
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 1'400'000); // 44 frames of 1/30 s
    auto packets = viewer->copy();
    g_assert_cmpuint(packets.size(), >=, 20);
    for (const auto& packet : packets)
        g_assert_cmpuint(packet.arrival + 2 * GST_MSECOND, >=, GST_BUFFER_PTS(packet.buffer.get()));
    g_assert_false(publishing.stream().live());
}

// Another part of the pipeline asks for a big latency; the packets don't wait for it.
void live_is_not_delayed() {
    Publishing publishing(camera("identity"), Kind::video);
    gst_pipeline_set_latency(GST_PIPELINE(publishing.pipeline()), 5 * GST_SECOND);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(viewer->wait(60));
    GstClockTime least = GST_CLOCK_TIME_NONE;
    for (const auto& packet : viewer->copy())
        least = MIN(least, packet.arrival - GST_BUFFER_PTS(packet.buffer.get()));
    g_assert_cmpuint(least, <, GST_SECOND);
}

// A pad of the test's own, for what no element would send.
class Feed {
public:
    explicit Feed(GstPad* target)
        : pad_(sink(gst_pad_new("src", GST_PAD_SRC))) {
        gst_pad_set_active(pad_.get(), TRUE);
        g_assert_cmpint(gst_pad_link(pad_.get(), target), ==, GST_PAD_LINK_OK);
    }
    ~Feed() {
        if (auto peer = adopt(gst_pad_get_peer(pad_.get())))
            gst_pad_unlink(pad_.get(), peer.get());
    }
    void begin(const char* caps) {
        push(gst_event_new_stream_start("feed"));
        push(gst_event_new_caps(adopt(gst_caps_from_string(caps)).get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        push(gst_event_new_segment(&segment));
    }
    void push(GstEvent* event) { gst_pad_push_event(pad_.get(), event); }
    // A grey picture, 40 ms after the one before.
    void picture(gsize size) {
        auto* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
        gst_buffer_memset(buffer, 0, 0x80, size);
        GST_BUFFER_PTS(buffer) = time_;
        time_ += 40 * GST_MSECOND;
        g_assert_cmpint(gst_pad_push(pad_.get(), buffer), ==, GST_FLOW_OK);
    }

private:
    Ref<GstPad> pad_;
    GstClockTime time_ = 0;
};

const char* grey = "video/x-raw,format=I420,width=64,height=64,framerate=25/1";
constexpr gsize grey_size = 64 * 64 * 3 / 2;

void feed_until(Feed& feed, Publishing& publishing, Collector& viewer, size_t count) {
    for (int i = 0; i < 200; i++) {
        feed.picture(grey_size); // paced: the feed is not live
        if (viewer.copy().size() >= count)
            return;
    }
    g_assert_not_reached();
}

void refused() {
    const struct {
        Kind kind;
        const char* caps;
        const char* words;
    } table[] = {
        {Kind::video, "image/jpeg", "can't publish image/jpeg; put a decoder"},
        {Kind::video, "image/jpeg", "It takes raw video, VP8, H264"},
        {Kind::video, "video/x-h264,profile=high-4:4:4,stream-format=avc", "format=I420"},
        {Kind::video, "audio/x-opus", "can't publish audio/x-opus"},
        {Kind::audio, "audio/x-mulaw,rate=16000,channels=1", "can't publish audio/x-mulaw"},
        {Kind::audio, "audio/mpeg", "It takes raw audio, opus, PCMU, PCMA"},
    };
    for (const auto& row : table) {
        Publishing publishing("", row.kind);
        Feed feed(publishing.pad());
        publishing.play();
        feed.begin(row.caps);
        g_assert_true(publishing.warned_of(row.words));
        g_assert_false(publishing.stream().live());
        g_assert_true(publishing.stream().offers().empty());
        std::lock_guard lock(publishing.watch.mutex);
        g_assert_cmpuint(publishing.warnings.size(), ==, 1);
    }
}

// What calls itself H264 and is none: the stream says so, the pipeline goes on.
void broken_media() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing.pad());
    publishing.play();
    feed.begin("video/x-h264,stream-format=avc,alignment=au,codec_data=(buffer)0102");
    // It is tried again with each keyframe, once a second.
    for (int i = 0; i < 500 && publishing.stream().live(); i++)
        feed.picture(1000);
    g_assert_true(publishing.watch.wait([&] { return !publishing.errors.empty(); }));
    g_assert_false(publishing.stream().live());
    {
        std::lock_guard lock(publishing.watch.mutex);
        g_assert_true(has_text(publishing.errors, "this H264 can't be sent"));
        g_assert_cmpuint(publishing.errors.size(), ==, 1);
        g_assert_cmpuint(publishing.bus_errors.size(), ==, 0);
    }
    feed.begin(grey); // something better comes
    auto viewer = publishing.subscribe("VP8");
    feed_until(feed, publishing, *viewer, 5);
}

void ends_and_comes_back() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing.pad());
    publishing.play();
    g_assert_false(publishing.stream().live());
    g_assert_true(publishing.stream().offers().empty());
    g_assert_null(publishing.subscribe("VP8")->subscription.get());
    for (int round = 1; round <= 3; round++) {
        feed.begin(grey);
        g_assert_true(publishing.stream().live());
        auto viewer = publishing.subscribe("VP8");
        feed_until(feed, publishing, *viewer, 5);
        g_assert_true(viewer->copy().front().starts_keyframe);
        feed.push(gst_event_new_eos());
        g_assert_false(publishing.stream().live());
        g_assert_true(publishing.watch.wait([&] { return publishing.eos; }));
        g_assert_null(publishing.subscribe("VP8")->subscription.get());
        std::lock_guard lock(publishing.watch.mutex);
        publishing.eos = false;
        g_assert_cmpint(publishing.changes, >=, round * 2);
    }
}

void flush_passes() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing.pad());
    publishing.play();
    feed.begin(grey);
    auto viewer = publishing.subscribe("VP8");
    feed_until(feed, publishing, *viewer, 5);
    for (int i = 0; i < 3; i++) {
        auto seen = viewer->copy().size();
        feed.push(gst_event_new_flush_start());
        feed.push(gst_event_new_flush_stop(FALSE));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        feed.push(gst_event_new_segment(&segment));
        feed_until(feed, publishing, *viewer, seen + 5);
    }
    check_gapless(viewer->copy());
}

// Raw, then encoded, then raw again on the same pad.
void media_type_changes() {
    Publishing publishing("", Kind::video);
    Feed feed(publishing.pad());
    publishing.play();
    feed.begin(grey);
    auto viewer = publishing.subscribe("VP8");
    feed_until(feed, publishing, *viewer, 5);
    auto raw_offers = publishing.stream().offers().size();
    g_assert_cmpuint(raw_offers, >, 1);
    feed.push(gst_event_new_caps(
        adopt(gst_caps_from_string("video/x-h264,stream-format=byte-stream,alignment=au")).get()));
    g_assert_cmpuint(publishing.stream().offers().size(), ==, 1);
    g_assert_null(publishing.subscribe("VP8")->subscription.get());
    feed.push(gst_event_new_caps(adopt(gst_caps_from_string(grey)).get()));
    g_assert_cmpuint(publishing.stream().offers().size(), ==, raw_offers);
    feed_until(feed, publishing, *viewer, viewer->copy().size() + 5); // it is served again
    check_gapless(viewer->copy());
}

// Under load, in any order, with viewers or without.
void teardown() {
    for (int i = 0; i < 30; i++) {
        Publishing publishing(camera("identity"), Kind::video);
        publishing.play();
        g_assert_true(publishing.wait_live());
        std::unique_ptr<Collector> one, two;
        if (i % 3 > 0)
            one = publishing.subscribe("VP8");
        if (i % 3 > 1)
            two = publishing.subscribe("H264");
        if (i % 2 && one)
            one->wait(3);
        switch (i % 5) {
        case 0:
            one.reset();
            break;
        case 1: // rtcsink releases a pad while data flows
            gst_pad_set_active(publishing.pad(), FALSE);
            publishing.stream().close();
            break;
        case 2: // the stream is dropped, and taken apart later
            publishing.release_stream().reset();
            break;
        default:
            break;
        }
        publishing.stop();
    }
}

// The pipeline stops and plays again.
void plays_again() {
    Publishing publishing(camera("identity"), Kind::video);
    for (int i = 0; i < 3; i++) {
        publishing.play();
        g_assert_true(publishing.wait_live());
        auto viewer = publishing.subscribe("VP8");
        g_assert_nonnull(viewer->subscription.get());
        g_assert_true(viewer->wait(20));
        g_assert_true(viewer->copy().front().starts_keyframe);
        publishing.stop();
        g_assert_false(publishing.stream().live());
    }
    publishing.expect_no_complaints();
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_data_func("/publish/h264/avc", "video/x-h264,stream-format=avc", encoded_h264);
    g_test_add_data_func("/publish/h264/byte-stream", "video/x-h264,stream-format=byte-stream",
                         encoded_h264);
    for (auto codec : {"VP8", "VP9", "H265", "opus", "PCMU", "PCMA"})
        g_test_add_data_func((std::string("/publish/encoded/") + codec).c_str(), codec, encoded);
    g_test_add_func("/publish/stream-format-changes", stream_format_changes);
    g_test_add_func("/publish/b-frames", b_frames);
    g_test_add_func("/publish/unanswered-requests", unanswered_requests);
    g_test_add_func("/publish/refused", refused);
    g_test_add_func("/publish/broken-media", broken_media);
    g_test_add_func("/publish/file-is-paced", file_is_paced);
    g_test_add_func("/publish/live-is-not-delayed", live_is_not_delayed);
    g_test_add_func("/publish/ends-and-comes-back", ends_and_comes_back);
    g_test_add_func("/publish/flush-passes", flush_passes);
    g_test_add_func("/publish/media-type-changes", media_type_changes);
    g_test_add_func("/publish/teardown", teardown);
    g_test_add_func("/publish/plays-again", plays_again);
    return g_test_run();
}
