// Input streams with real encoders: who gets which packets, and how many encoders it takes.
#include "tests/element/publishing.hpp"

#include <atomic>
#include <thread>

using namespace rtc;

namespace {

const char* camera = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1";

void check_packets(const std::vector<Received>& packets, const SendParameters& parameters) {
    g_assert_cmpuint(packets.size(), >, 0);
    auto sequence = parameters.first_sequence;
    for (const auto& packet : packets) {
        g_assert_cmpuint(packet.sequence, ==, sequence++);
        g_assert_cmpuint(packet.ssrc, ==, parameters.ssrc);
        g_assert_cmpuint(packet.payload_type, ==, parameters.payload_type);
    }
}

void check_no_faults(Publishing& publishing) {
    std::lock_guard lock(publishing.watch.mutex);
    for (const auto* list : {&publishing.warnings, &publishing.errors, &publishing.bus_errors})
        for (const auto& text : *list)
            g_error("%s", text.c_str());
}

// One encoder, shared memory, each its own header.
void shared(gconstpointer data) {
    auto* codec = static_cast<const char*>(data);
    Publishing publishing(camera, Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    const SendParameters one{100, 1111, 65530, 5}, two{111, 2222, 17, 0x80000000};
    auto first = publishing.subscribe(codec, one);
    g_assert_nonnull(first->subscription.get());
    g_assert_true(first->wait(10));
    auto second = publishing.subscribe(codec, two);
    g_assert_true(second->wait(60));
    auto two_packets = second->copy();
    g_assert_true(first->wait(two_packets.size()));
    auto one_packets = first->copy();

    check_packets(one_packets, one);
    check_packets(two_packets, two);
    g_assert_true(one_packets.front().starts_keyframe);
    g_assert_true(two_packets.front().starts_keyframe);
    std::set<const void*> memory;
    for (const auto& packet : one_packets)
        memory.insert(payload_end(packet));
    size_t common = 0;
    for (const auto& packet : two_packets)
        common += memory.contains(payload_end(packet));
    g_assert_cmpuint(common + 2, >=, two_packets.size()); // the newest may be missing in the copy
    // After the second one's burst, both have the same time.
    auto& last = two_packets.back();
    for (const auto& packet : one_packets)
        if (payload_end(packet) == payload_end(last)) {
            g_assert_cmpuint(packet.timestamp - 5, ==, last.timestamp - 0x80000000);
            g_assert_cmpuint(GST_BUFFER_PTS(packet.buffer.get()), ==,
                             GST_BUFFER_PTS(last.buffer.get()));
        }
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, 1);
}

void second_codec_on_demand() {
    Publishing publishing(camera, Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    {
        std::lock_guard lock(publishing.watch.mutex);
        g_assert_cmpuint(publishing.encoders_made.size(), ==, 0); // nobody watches
    }
    auto vp8 = publishing.subscribe("VP8");
    g_assert_true(vp8->wait(20));
    auto h264 = publishing.subscribe("H264");
    g_assert_true(h264->wait(40));
    auto packets = h264->copy();
    g_assert_true(packets.front().starts_keyframe);
    check_packets(packets, {100, 7, 65530, 0});
    {
        std::lock_guard lock(publishing.watch.mutex);
        g_assert_cmpuint(publishing.encoders_made.size(), ==, 2);
    }
    for (const auto& offer : publishing.stream().offers())
        if (offer.codec->is("H264"))
            g_assert_true(offer.fmtp.starts_with("packetization-mode=1;profile-level-id=42c0"));
    check_no_faults(publishing);
}

// From the history while that is young; else one request, which everybody else sees too.
void joiner_starts_at_once() {
    InputStream::Settings settings;
    settings.history_ms = 60'000;
    settings.keyframe_interval_ms = 60'000;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto first = publishing.subscribe("VP8");
    g_assert_true(first->wait(60));
    auto joiner = publishing.subscribe("VP8");
    g_assert_true(joiner->wait(70));
    auto packets = joiner->copy();
    check_packets(packets, {100, 7, 65530, 0});
    g_assert_true(packets.front().starts_keyframe);
    for (size_t i = 1; i < packets.size(); i++) { // time never goes back in the burst
        g_assert_cmpint(gint32(packets[i].timestamp - packets[i - 1].timestamp), >=, 0);
        g_assert_cmpuint(GST_BUFFER_PTS(packets[i].buffer.get()), >=,
                         GST_BUFFER_PTS(packets[i - 1].buffer.get()));
    }
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(first->keyframes(), ==, 1); // no new one was needed
}

void joiner_asks_for_a_keyframe() {
    InputStream::Settings settings;
    settings.history_ms = 100;
    settings.keyframe_interval_ms = 60'000;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto first = publishing.subscribe("H264");
    g_assert_true(first->wait(60));
    auto joiner = publishing.subscribe("H264");
    g_assert_true(joiner->wait(1));
    auto packets = joiner->copy();
    g_assert_true(packets.front().starts_keyframe);
    g_assert_true(publishing.watch.wait([&] { return first->keyframes() == 2; }));
}

void requests_are_coalesced() {
    InputStream::Settings settings;
    settings.keyframe_interval_ms = 60'000;
    settings.keyframe_request_interval_ms = 60'000;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto one = publishing.subscribe("VP8");
    auto two = publishing.subscribe("VP8");
    g_assert_true(one->wait(10) && two->wait(10));
    for (int i = 0; i < 50; i++) {
        one->subscription->request_keyframe();
        two->subscription->request_keyframe();
    }
    g_assert_true(one->wait(80));
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(one->keyframes(), ==, 2);
}

// Nothing arrives once a subscription is gone, at whatever moment it goes.
void unsubscribe_under_load() {
    Publishing publishing("videotestsrc is-live=true pattern=snow ! "
                          "video/x-raw,width=320,height=240,framerate=60/1",
                          Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto steady = publishing.subscribe("VP8");
    g_assert_true(steady->wait(20));
    std::thread other([&] {
        for (int i = 0; i < 200; i++) {
            struct Target {
                std::atomic<bool> gone{false};
                std::atomic<int> packets{0};
            };
            auto target = std::make_shared<Target>();
            auto subscription = publishing.stream().subscribe(
                *find_codec("VP8"), {}, make_transport([target](Ref<GstBuffer>) {
                    g_assert_false(target->gone);
                    target->packets++;
                }));
            g_assert_nonnull(subscription.get());
            // Every other one in the middle of its packets.
            if (i % 2)
                steady->wait(steady->copy().size() + 1);
            subscription.reset();
            target->gone = true;
            g_assert_cmpint(target.use_count(), ==, 1); // the function is destroyed, too
        }
    });
    other.join();
    auto count = steady->copy().size();
    g_assert_true(steady->wait(count + 50));
    check_packets(steady->copy(), {100, 7, 65530, 0});
    check_no_faults(publishing);
}

// A transport may end its own subscription.
void unsubscribe_from_within() {
    Publishing publishing(camera, Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto steady = publishing.subscribe("VP8");
    std::mutex mutex;
    std::unique_ptr<Subscription> own;
    int packets = 0;
    {
        std::unique_lock lock(mutex);
        own = publishing.stream().subscribe(*find_codec("VP8"), {},
                                            make_transport([&](Ref<GstBuffer>) {
                                                std::lock_guard inner(mutex);
                                                packets++;
                                                own.reset();
                                            }));
    }
    g_assert_true(steady->wait(60));
    std::lock_guard lock(mutex);
    g_assert_cmpint(packets, ==, 1);
}

void idle_encoder_stops() {
    InputStream::Settings settings;
    settings.idle_encoder_ms = 200;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    for (int round = 1; round <= 3; round++) {
        auto viewer = publishing.subscribe("VP8");
        g_assert_true(viewer->wait(20));
        check_packets(viewer->copy(), {100, 7, 65530, 0});
        g_assert_true(viewer->copy().front().starts_keyframe);
        viewer.reset();
        g_assert_true(publishing.watch.wait([&] { return publishing.encoders_gone == round; }));
        std::lock_guard lock(publishing.watch.mutex);
        g_assert_cmpuint(publishing.encoders_made.size(), ==, round);
    }
    check_no_faults(publishing);
}

// Those who stay get an unbroken stream from the encoder that takes over.
void next_encoder_takes_over() {
    const Encoder table[] = {
        {"VP8", "no-such-encoder", "", nullptr, 1, nullptr, nullptr, nullptr},
        {"VP8", "identity", "error-after=1", nullptr, 1, nullptr, nullptr, nullptr},
        {"VP8", "vp8enc", "deadline=1", "target-bitrate", 1, nullptr, nullptr,
         "video/x-vp8,profile=(string)none"},
        {"VP8", "vp8enc", "deadline=1", "target-bitrate", 1, "keyframe-max-dist", nullptr, nullptr},
    };
    InputStream::Settings settings;
    settings.encoders = table;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    g_assert_cmpuint(publishing.stream().offers().size(), ==, 1);
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(viewer->wait(30));
    check_packets(viewer->copy(), {100, 7, 65530, 0});
    g_assert_true(viewer->copy().front().starts_keyframe);
    check_no_faults(publishing); // the pipeline never hears of it
}

void no_encoder_works() {
    const Encoder table[] = {
        {"VP8", "identity", "error-after=1", nullptr, 1, nullptr, nullptr, nullptr},
        {"H264", "x264enc", "tune=zerolatency", "bitrate", 1000, nullptr, nullptr, nullptr},
    };
    InputStream::Settings settings;
    settings.encoders = table;
    Publishing publishing(camera, Kind::video, settings);
    publishing.play();
    g_assert_true(publishing.wait_live());
    g_assert_cmpuint(publishing.stream().offers().size(), ==, 2);
    auto viewer = publishing.subscribe("VP8");
    g_assert_true(publishing.warned_of("no encoder for VP8 works"));
    g_assert_true(publishing.watch.wait([&] { return publishing.stream().offers().size() == 1; }));
    g_assert_null(publishing.stream()
                      .subscribe(*find_codec("VP8"), {}, make_transport([](Ref<GstBuffer>) {}))
                      .get());
    auto other = publishing.subscribe("H264"); // the stream goes on
    g_assert_true(other->wait(10));
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.bus_errors.size(), ==, 0);
}

// From the payload header of a VP8 keyframe (RFC 6386 section 9.1).
guint vp8_width(const Received& packet) {
    guint8 bytes[16];
    auto size = gst_buffer_extract(packet.buffer.get(), 12, bytes, sizeof bytes);
    guint at = bytes[1] & 0x80 ? 4 : 3; // 15-bit picture id
    g_assert_cmpuint(size, >=, at + 10);
    return (bytes[at + 6] | bytes[at + 7] << 8) & 0x3fff;
}

void resolution_changes() {
    Publishing publishing("videotestsrc is-live=true ! capsfilter name=size "
                          "caps=video/x-raw,width=160,height=120,framerate=30/1",
                          Kind::video);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto viewer = publishing.subscribe("VP8");
    auto h264 = publishing.subscribe("H264");
    g_assert_true(viewer->wait(20) && h264->wait(20));
    g_assert_cmpuint(vp8_width(viewer->copy().front()), ==, 160);
    auto size = publishing.find("size");
    gst_util_set_object_arg(G_OBJECT(size.get()), "caps",
                            "video/x-raw,width=320,height=240,framerate=30/1");
    g_assert_true(publishing.watch.wait([&] {
        for (const auto& packet : viewer->packets)
            if (packet.starts_keyframe && vp8_width(packet) == 320)
                return true;
        return false;
    }));
    g_assert_true(publishing.watch.wait([&] { return h264->keyframes() >= 2; }));
    check_packets(viewer->copy(), {100, 7, 65530, 0});
    check_packets(h264->copy(), {100, 7, 65530, 0});
    check_no_faults(publishing);
}

void audio(gconstpointer data) {
    auto* codec = static_cast<const char*>(data);
    Publishing publishing("audiotestsrc is-live=true ! audio/x-raw,rate=44100,channels=2",
                          Kind::audio);
    publishing.play();
    g_assert_true(publishing.wait_live());
    if (g_str_equal(codec, "opus"))
        g_assert_true(publishing.stream().offers().front().fmtp == "sprop-stereo=1");
    auto first = publishing.subscribe(codec);
    g_assert_true(first->wait(20));
    auto joiner = publishing.subscribe(codec);
    g_assert_true(joiner->wait(20));
    // No burst: the joiner starts with what is new.
    auto packets = joiner->copy();
    auto before = first->copy();
    check_packets(packets, {100, 7, 65530, 0});
    guint same = 0;
    for (size_t i = 0; i < 10; i++)
        same += payload_end(before[i]) == payload_end(packets[0]);
    g_assert_cmpuint(same, ==, 0);
    check_no_faults(publishing);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    for (auto codec : {"VP8", "H264", "VP9"})
        g_test_add_data_func((std::string("/publish/shared/") + codec).c_str(), codec, shared);
    g_test_add_func("/publish/second-codec-on-demand", second_codec_on_demand);
    g_test_add_func("/publish/joiner-starts-at-once", joiner_starts_at_once);
    g_test_add_func("/publish/joiner-asks-for-a-keyframe", joiner_asks_for_a_keyframe);
    g_test_add_func("/publish/requests-are-coalesced", requests_are_coalesced);
    g_test_add_func("/publish/unsubscribe-under-load", unsubscribe_under_load);
    g_test_add_func("/publish/unsubscribe-from-within", unsubscribe_from_within);
    g_test_add_func("/publish/idle-encoder-stops", idle_encoder_stops);
    g_test_add_func("/publish/next-encoder-takes-over", next_encoder_takes_over);
    g_test_add_func("/publish/no-encoder-works", no_encoder_works);
    g_test_add_func("/publish/resolution-changes", resolution_changes);
    for (auto codec : {"opus", "PCMU", "PCMA"})
        g_test_add_data_func((std::string("/publish/audio/") + codec).c_str(), codec, audio);
    return g_test_run();
}
