// Peers that send broken media, through everything that a received track can reach: no error comes
// to the application's pipeline, and good media goes through afterwards.
//
// RTC_FUZZ_SECONDS: how long all of it may take, 30 when it isn't set. RTC_FUZZ_SEED: where the
// random numbers start. What was sent is printed when a test dies.
#include "plugins/receive/decoders.hpp"
#include "tests/element/mutated_peer.hpp"
#include "tests/element/publishing.hpp"
#include "tests/element/recording_rig.hpp"

#include <thread>

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr guint burst = 60; // packets
constexpr auto deadline = std::chrono::seconds(60);
constexpr auto pace = std::chrono::milliseconds(50);

guint environment(const char* name, guint otherwise) {
    const char* text = g_getenv(name);
    return text ? guint(g_ascii_strtoull(text, nullptr, 10)) : otherwise;
}

const guint first_seed = environment("RTC_FUZZ_SEED", 1);
size_t cases = 0; // that share the time

// Where a track goes: what it is linked to, and what tells that good media goes through.
class Destination {
public:
    virtual ~Destination() = default;
    virtual GstElement* pipeline() = 0;
    virtual void take(MutatedPeer& peer) = 0;
    virtual size_t arrived(MutatedPeer& peer) { return peer.came_out(); }
    virtual std::vector<std::string> errors() = 0;
    // At the end of the call, some of which was good until that time.
    virtual void judge(MutatedPeer&) {}
};

// By a stream of rtcsink to a viewer.
class Viewers : public Destination {
public:
    Viewers(const char* codec, bool decoded)
        : codec_(codec)
        , decoded_(decoded)
        , publishing_("", find_codec(codec)->kind) {}
    GstElement* pipeline() override { return publishing_.pipeline(); }
    void take(MutatedPeer& peer) override {
        auto filter = sink(gst_element_factory_make("capsfilter", nullptr));
        gst_bin_add(GST_BIN(pipeline()), filter.get());
        bool audio = find_codec(codec_)->kind == Kind::audio;
        if (decoded_)
            gst_util_set_object_arg(G_OBJECT(filter.get()), "caps",
                                    audio ? "audio/x-raw" : "video/x-raw");
        auto in = adopt(gst_element_get_static_pad(filter.get(), "sink"));
        auto out = adopt(gst_element_get_static_pad(filter.get(), "src"));
        g_assert_cmpint(gst_pad_link(out.get(), publishing_.pad()), ==, GST_PAD_LINK_OK);
        g_assert_cmpint(gst_pad_link(peer.output(), in.get()), ==, GST_PAD_LINK_OK);
        publishing_.play();
        peer.play();
        while (!publishing_.stream().live())
            peer.send_good();
        viewer_ = publishing_.subscribe(decoded_ ? audio ? "opus" : "VP8" : codec_);
        g_assert_nonnull(viewer_->subscription.get());
    }
    size_t arrived(MutatedPeer&) override {
        std::lock_guard lock(publishing_.watch.mutex);
        return viewer_->packets.size();
    }
    std::vector<std::string> errors() override {
        std::lock_guard lock(publishing_.watch.mutex);
        auto all = publishing_.errors;
        all.insert(all.end(), publishing_.bus_errors.begin(), publishing_.bus_errors.end());
        return all;
    }

private:
    const char* codec_;
    const bool decoded_;
    Publishing publishing_;
    std::unique_ptr<Collector> viewer_;
};

// Into a pipeline of other elements.
class Elements : public Destination {
public:
    explicit Elements(const char* description)
        : description_(description) {
        auto bus = adopt(gst_element_get_bus(pipeline()));
        gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
    }
    ~Elements() override { gst_element_set_state(pipeline(), GST_STATE_NULL); }
    GstElement* pipeline() override { return pipeline_.get(); }
    void take(MutatedPeer& peer) override {
        auto* bin = gst_parse_bin_from_description(description_, TRUE, nullptr);
        gst_bin_add(GST_BIN(pipeline()), bin);
        auto in = adopt(gst_element_get_static_pad(bin, "sink"));
        g_assert_cmpint(gst_pad_link(peer.output(), in.get()), ==, GST_PAD_LINK_OK);
        gst_element_set_state(pipeline(), GST_STATE_PLAYING);
        peer.play();
    }
    std::vector<std::string> errors() override {
        std::lock_guard lock(mutex_);
        return errors_;
    }

private:
    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer data) {
        auto owned = adopt(message); // dropped below
        auto* self = static_cast<Elements*>(data);
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
            return GST_BUS_DROP;
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        Owned<GError> owned_error(error);
        std::lock_guard lock(self->mutex_);
        self->errors_.push_back(error->message);
        return GST_BUS_DROP;
    }

    const char* description_;
    Ref<GstElement> pipeline_ = sink(gst_pipeline_new(nullptr));
    std::mutex mutex_;
    std::vector<std::string> errors_;
};

// Into a file.
class Recorded : public Destination {
public:
    Recorded(const char* name, const char* transcode)
        : rig_(folder_.file(name), [=](GstElement* sink) {
            gst_util_set_object_arg(G_OBJECT(sink), "transcode", transcode);
            g_object_set(sink, "track-timeout", 200, nullptr);
        }) {}
    GstElement* pipeline() override { return rig_.pipeline(); }
    void take(MutatedPeer& peer) override {
        bool audio = peer.codec().kind == Kind::audio;
        auto pad =
            adopt(gst_element_request_pad_simple(rig_.sink(), audio ? "audio_%u" : "video_%u"));
        g_assert_cmpint(gst_pad_link(peer.output(), pad.get()), ==, GST_PAD_LINK_OK);
        gst_element_sync_state_with_parent(peer.source());
        peer.play();
    }
    std::vector<std::string> errors() override {
        return rig_.is_waiting(GST_MESSAGE_ERROR) ? std::vector<std::string>{"rtcrecordsink"}
                                                  : std::vector<std::string>{};
    }
    // Up to its end, and whatever players make of what was broken.
    void judge(MutatedPeer& peer) override {
        auto good = peer.now();
        for (int i = 0; i < 10; i++) { // so that what transcodes has room
            peer.send_good();
            std::this_thread::sleep_for(pace);
        }
        peer.end();
        auto finished = rig_.wait_for("rtc-recording-finished");
        print_warnings();
        auto location = text_of(finished.get(), "location");
        auto name = g_path_get_basename(location.c_str());
        g_test_message("%s: %.1f s of %.1f s", name,
                       double(number_of(finished.get(), "duration")) / GST_SECOND,
                       double(good) / GST_SECOND);
        g_free(name);
        g_assert_cmpuint(number_of(finished.get(), "duration"), >=, good);
        auto probed = rtc::test::judge(location, true);
        g_assert_cmpuint(probed.streams.size(), >=, 1);
    }

private:
    void print_warnings() {
        while (rig_.is_waiting(GST_MESSAGE_WARNING)) {
            GError* warning = nullptr;
            gst_message_parse_warning(rig_.wait_for_type(GST_MESSAGE_WARNING).get(), &warning,
                                      nullptr);
            g_test_message("%s", Owned<GError>(warning)->message);
        }
    }

    Folder folder_;
    Rig rig_;
};

void check(Destination& destination, MutatedPeer& peer) {
    auto errors = destination.errors();
    for (const auto& error : errors)
        g_printerr("the pipeline failed: %s\n", error.c_str());
    g_assert_true(errors.empty());
    g_assert_false(peer.failed());
}

// Good media goes through before long.
void recover(Destination& destination, MutatedPeer& peer) {
    auto start = std::chrono::steady_clock::now();
    auto before = destination.arrived(peer);
    while (destination.arrived(peer) < before + 20) {
        g_assert_true(std::chrono::steady_clock::now() - start < deadline);
        peer.send_good();
        std::this_thread::sleep_for(pace); // as a live source does
    }
}

void run(const PeerCodec& codec, const char* title, Destination& destination, guint32 seed) {
    auto name = std::string(codec.name) + " " + title + ", RTC_FUZZ_SEED=" + std::to_string(seed);
    g_test_message("%s", name.c_str());
    MutatedPeer peer(destination.pipeline(), codec, seed);
    destination.take(peer);
    auto share = std::chrono::milliseconds(1000 * environment("RTC_FUZZ_SECONDS", 30) / cases);
    auto start = std::chrono::steady_clock::now();
    do {
        LastInputs::get().begin(name);
        recover(destination, peer);
        peer.send_broken(burst);
        check(destination, peer);
        recover(destination, peer);
        check(destination, peer);
    } while (std::chrono::steady_clock::now() - start < share);
    destination.judge(peer);
    check(destination, peer);
}

struct Case {
    const PeerCodec* codec;
    const char* title;
    std::function<std::unique_ptr<Destination>()> destination;
};

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (const auto& codec : peer_codecs()) {
        const auto* name = codec.name;
        if (g_str_equal(name, "H265") && !adopt(gst_element_factory_find("x265enc")))
            continue;
        bool audio = find_codec(name)->kind == Kind::audio;
        bool decodable = !decoders_for(*find_codec(name)).empty();
        auto add = [&](const char* title, auto make) {
            all.push_back({&codec, title, [=] { return make(); }});
        };
        add("to viewers", [=] { return std::make_unique<Viewers>(name, false); });
        if (decodable) {
            add("decoded, to viewers", [=] { return std::make_unique<Viewers>(name, true); });
            add("decoded", [=] {
                return std::make_unique<Elements>(
                    audio ? "audio/x-raw ! fakesink async=false sync=false"
                          : "video/x-raw ! fakesink async=false sync=false");
            });
        }
        add("recorded", [] { return std::make_unique<Recorded>("call.mkv", "never"); });
        add("recorded as mp4", [] { return std::make_unique<Recorded>("call.mp4", "never"); });
        add("transcoded", [] { return std::make_unique<Recorded>("call.mp4", "always"); });
    }
    return all;
}

void run_case(gconstpointer data) {
    const auto& one = *static_cast<const Case*>(data);
    auto destination = one.destination();
    run(*one.codec, one.title, *destination, first_seed);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    // What elements of others complain of in the log ends no pipeline; what our own do, does here.
    constexpr auto errors = GLogLevelFlags(G_LOG_FLAG_RECURSION | G_LOG_LEVEL_ERROR);
    constexpr auto faults = GLogLevelFlags(errors | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    g_log_set_always_fatal(errors);
    g_log_set_fatal_mask(G_LOG_DOMAIN, faults);
    static const auto all = all_cases();
    cases = all.size();
    for (const auto& one : all) {
        auto path = std::string("/mutated/") + one.codec->name + "/" + one.title;
        std::ranges::replace(path, ' ', '-');
        g_test_add_data_func(path.c_str(), &one, run_case);
    }
    return g_test_run();
}
