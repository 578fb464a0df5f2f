// Temporal layers: who has little gets fewer pictures of the same encoding, each as everybody sees
// it.
#include "plugins/rtc/descriptor.hpp"
#include "tests/element/publishing.hpp"

#include <gst/app/app.h>

#include <map>

using namespace rtc;

namespace {

// Moves everywhere, so that a picture decoded from a wrong one is another.
const char* camera = "videotestsrc is-live=true pattern=snow ! "
                     "video/x-raw,width=32,height=24,framerate=30/1 ! videoscale ! "
                     "video/x-raw,width=160,height=120";

InputStream::Settings with_layers(guint layers) {
    InputStream::Settings settings;
    settings.temporal_layers = layers;
    settings.video_bitrate = 400'000;
    settings.bitrate_policy = BitratePolicy::best;
    return settings;
}

guint picture_id(const Received& packet, const char* codec) {
    guint8 bytes[18];
    auto size = gst_buffer_extract(packet.buffer.get(), 12, bytes, sizeof bytes);
    auto descriptor = read_descriptor(*find_codec(codec), std::span(bytes).first(size));
    g_assert_true(descriptor && descriptor->picture);
    return descriptor->picture->value;
}

// Says so until it gets this layer, and no more.
bool steer(Collector& viewer, guint estimate, guint layer) {
    for (int i = 0; i < 600 && viewer.subscription->temporal_layer() != layer; i++) {
        viewer.subscription->set_bandwidth(estimate, true);
        viewer.wait(viewer.copy().size() + 1);
    }
    return viewer.subscription->temporal_layer() == layer;
}

// Some packets further, when all of a picture that was under way are there.
size_t later(Collector& viewer, size_t packets = 30) {
    auto end = viewer.copy().size() + packets;
    g_assert_true(viewer.wait(end));
    return end;
}

// Each packet and each picture is numbered after the one before.
void check_numbers(const std::vector<Received>& packets, const char* codec) {
    for (size_t i = 1; i < packets.size(); i++) {
        g_assert_cmpuint(packets[i].sequence, ==, guint16(packets[i - 1].sequence + 1));
        bool next = packets[i].timestamp != packets[i - 1].timestamp;
        auto step = picture_id(packets[i], codec) - picture_id(packets[i - 1], codec);
        g_assert_cmpuint(step & 0x7fff, ==, next);
    }
}

// What a decoder makes of them: a checksum for each picture, by its time.
std::map<GstClockTime, std::string> decode(const std::vector<Received>& packets,
                                           const char* codec) {
    GError* error = nullptr;
    bool vp8 = g_str_equal(codec, "VP8");
    auto description = std::string("appsrc name=in format=time ! application/x-rtp,media=video,"
                                   "clock-rate=90000,payload=100,encoding-name=") +
                       codec + (vp8 ? " ! rtpvp8depay ! vp8dec" : " ! rtpvp9depay ! vp9dec") +
                       " ! appsink name=out sync=false";
    auto pipeline = sink(gst_parse_launch(description.c_str(), &error));
    g_assert_no_error(error);
    auto in = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    for (const auto& packet : packets)
        gst_app_src_push_buffer(GST_APP_SRC(in.get()), gst_buffer_copy(packet.buffer.get()));
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    std::map<GstClockTime, std::string> pictures;
    while (auto sample =
               adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 20 * GST_SECOND))) {
        auto* buffer = gst_sample_get_buffer(sample.get());
        GstMapInfo map;
        g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
        Owned<char> sum{g_compute_checksum_for_data(G_CHECKSUM_SHA256, map.data, map.size)};
        gst_buffer_unmap(buffer, &map);
        pictures[GST_BUFFER_PTS(buffer)] = sum.get();
    }
    g_assert_true(gst_app_sink_is_eos(GST_APP_SINK(out.get())));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return pictures;
}

// From one time to another.
size_t count_pictures(const std::vector<Received>& packets, guint32 from = 0,
                      guint32 to = G_MAXUINT32) {
    std::set<guint32> times;
    for (const auto& packet : packets)
        if (packet.timestamp >= from && packet.timestamp < to)
            times.insert(packet.timestamp);
    return times.size();
}

// Between these packets there are as few pictures as the layer means; a keyframe is one more.
void check_thinned(const std::vector<Received>& packets, const std::vector<Received>& all,
                   size_t from, size_t to, guint layer, guint layers) {
    auto begin = packets[from].timestamp, end = packets[to - 1].timestamp;
    auto share = 1u << (layers - 1 - layer);
    g_assert_cmpuint(count_pictures(packets, begin, end), <=,
                     count_pictures(all, begin, end) / share + 3);
}

struct Case {
    const char* codec;
    guint layers;
};

void thins_for_one(gconstpointer data) {
    auto [codec, layers] = *static_cast<const Case*>(data);
    Publishing publishing(camera, Kind::video, with_layers(layers));
    publishing.play();
    g_assert_true(publishing.wait_live());
    SendParameters parameters{.payload_type = 100, .ssrc = 7, .from_history = false};
    auto other = publishing.subscribe(codec, parameters);
    auto viewer = publishing.subscribe(codec, parameters);
    other->subscription->set_bandwidth(10'000'000, true);
    g_assert_true(steer(*viewer, 10'000'000, layers - 1));
    later(*viewer);

    // Two steps, or one.
    const guint estimates[] = {0, 190'000, 280'000}; // of 400 kbit/s
    size_t from = 0, to = 0;
    for (auto layer = layers - 1; layer-- > 0;) {
        auto estimate = layers == 2 ? 280'000u : estimates[layer + 1];
        g_assert_true(steer(*viewer, estimate, layer));
        g_assert_cmpuint(viewer->subscription->wanted(), >, estimate);
        from = later(*viewer, 6);
        viewer->subscription->request_keyframe();
        to = later(*viewer);
        check_thinned(viewer->copy(), other->copy(), from, to, layer, layers);
        g_assert_cmpuint(viewer->subscription->temporal_layer(), ==, layer);
        g_assert_cmpuint(other->subscription->temporal_layer(), ==, layers - 1);
    }
    g_assert_true(steer(*viewer, 10'000'000, layers - 1));
    later(*viewer);

    auto packets = viewer->copy(), all = other->copy();
    check_numbers(packets, codec);
    check_numbers(all, codec);
    g_assert_cmpuint(count_pictures(packets), <, count_pictures(all));
    auto seen = decode(packets, codec), whole = decode(all, codec);
    g_assert_cmpuint(seen.size() + 1, >=, count_pictures(packets));
    size_t compared = 0;
    for (const auto& [time, sum] : seen) {
        auto same = whole.find(time);
        if (same == whole.end())
            continue;
        g_assert_cmpstr(same->second.c_str(), ==, sum.c_str());
        compared++;
    }
    g_assert_cmpuint(compared, >, seen.size() * 9 / 10);
    publishing.expect_no_complaints();
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    static const Case cases[] = {{"VP8", 2}, {"VP8", 3}, {"VP9", 2}, {"VP9", 3}};
    for (const auto& one : cases) {
        auto path = std::string("/publish-layers/") + one.codec + "/" + std::to_string(one.layers);
        g_test_add_data_func(path.c_str(), &one, thins_for_one);
    }
    return g_test_run();
}
