// How a receiver ends, what becomes of broken elements in its chain, and a recording made of two.
#include "tests/element/faultydecoders.hpp"
#include "tests/element/receiver_rig.hpp"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

using namespace rtc;
using namespace rtc::test;

// Each object that must be gone when the rig is, or soon: a bin's own thread may hold it a moment.
class Gone {
public:
    void expect(gpointer object, const char* name) {
        alive_[object] = name;
        g_object_weak_ref(
            G_OBJECT(object),
            [](gpointer self, GObject* was) { static_cast<Gone*>(self)->forget(was); }, this);
    }
    void check() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return alive_.empty(); }))
            g_error("%s is still there", alive_.begin()->second);
    }

private:
    void forget(gpointer object) {
        std::lock_guard lock(mutex_);
        alive_.erase(object);
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<gpointer, const char*> alive_;
};

static void watch_all(Gone& gone, Rig& rig) {
    gone.expect(rig.session.get(), "the session");
    gone.expect(rig.application.get(), "the application");
    gone.expect(rig.source.get(), "the source");
    gone.expect(rig.output.get(), "the output pad");
    gone.expect(rig.rtp_pad.get(), "the RTP pad");
}

enum Order {
    regular,
    receiver_first,
    application_first,
    pad_first,
    never_finished,
    unlinked_first
};

static void test_end(gconstpointer data) {
    auto order = Order(GPOINTER_TO_INT(data));
    for (const char* downstream : {"fakesink name=sink", "videoconvert ! fakesink name=sink",
                                   "rtpvp8depay ! fakesink name=sink"})
        for (size_t packets : {0, 1, 20}) {
            Gone gone;
            std::optional<Rig> rig(std::in_place, "VP8", vp8);
            watch_all(gone, *rig);
            {
                Watch passed(rig->rtp_pad.get());
                rig->link(downstream);
                rig->play();
                passed.wait_for(packets);
            }
            if (order == receiver_first)
                rig->receiver.reset();
            if (order == application_first)
                gst_element_set_state(rig->application.get(), GST_STATE_NULL);
            if (order == pad_first)
                gst_element_remove_pad(rig->source.get(), rig->output.get());
            if (order == unlinked_first)
                rig->unlink();
            rig->stop_session();
            if (rig->receiver && order != never_finished)
                rig->receiver->finish();
            rig.reset();
            gone.check();
        }
}

// The pads may outlast the receiver, and are used then.
static void test_pads_outlast() {
    Rig rig("VP8", vp8);
    rig.link("fakesink name=sink");
    Watch packets(rig.rtp_pad.get());
    rig.play();
    packets.wait_for(10);
    std::weak_ptr<Receiver> weak = rig.receiver;
    rig.receiver.reset();
    g_assert_true(weak.expired());
    g_assert_false(gst_pad_is_linked(rig.rtp_pad.get()));
    auto query = adopt(gst_query_new_latency());
    g_assert_true(gst_pad_query(rig.output.get(), query.get()));
    gst_pad_send_event(rig.output.get(), gst_event_new_reconfigure());
}

static void test_next_decoder() {
    register_faulty_decoders();
    Rig rig("VP8", vp8);
    auto bus = adopt(gst_element_get_bus(rig.application.get()));
    Watch output(rig.sink_of(rig.link("videoconvert ! fakesink name=sink")).get());
    rig.play();
    output.wait_for(10);
    rig.assert_session_is_well();
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_WARNING));
    g_assert_true(bool(message));
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_assert_nonnull(g_strstr_len(error->message, -1, "failingvp8dec"));
    g_assert_false(bool(adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR))));
}

static std::string run(const std::vector<std::string>& command) {
    std::vector<const char*> arguments;
    for (const auto& part : command)
        arguments.push_back(part.c_str());
    arguments.push_back(nullptr);
    GError* error = nullptr;
    auto process = adopt(g_subprocess_newv(
        arguments.data(),
        GSubprocessFlags(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE),
        &error));
    g_assert_no_error(error);
    char* output = nullptr;
    g_subprocess_communicate_utf8(process.get(), nullptr, nullptr, &output, nullptr, &error);
    g_assert_no_error(error);
    Owned<char> owned{output};
    if (!g_subprocess_get_successful(process.get()))
        g_error("%s failed: %s", command[0].c_str(), output);
    return output;
}

struct Recording {
    const char* video;
    const char* const* sender;
    const char* mux;
};

static const Recording recordings[] = {
    {"VP8", &vp8, "webmmux"}, {"VP8", &vp8, "matroskamux"}, {"H264", &h264, "matroskamux"}};

// Two tracks of one session in one file, whole when both have ended.
static void test_recording(gconstpointer data) {
    const auto& row = *static_cast<const Recording*>(data);
    Owned<char> probe{g_find_program_in_path("ffprobe")};
    if (!probe)
        return g_test_skip("needs ffprobe");
    GError* error = nullptr;
    Owned<char> folder{g_dir_make_tmp("receiver-XXXXXX", &error)};
    g_assert_no_error(error);
    auto file = std::string(folder.get()) + "/recording";
    {
        Rig video(row.video, *row.sender);
        Rig audio("opus", opus, {.application = &video, .pad_name = "audio_0"});
        auto* bin =
            video.add((std::string(row.mux) + " name=head ! filesink location=" + file).c_str());
        video.link_to(bin);
        audio.link_to(bin);
        Watch pictures(video.output.get());
        video.play();
        audio.play();
        pictures.wait_for(60);
        // The audio may be held in the muxer, until there is more video or its end.
        for (auto* rig : {&audio, &video})
            rig->receiver->finish_soon();
        for (auto* rig : {&audio, &video})
            rig->stop_session();
        for (auto* rig : {&video, &audio})
            rig->receiver->finish();
        auto bus = adopt(gst_element_get_bus(video.application.get()));
        auto ends = GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        auto message = adopt(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, ends));
        g_assert_true(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
    }
    auto text = run({probe.get(), "-v", "error", "-count_frames", "-show_entries",
                     "stream=codec_name,nb_read_frames:format=duration", "-of", "compact", file});
    g_unlink(file.c_str());
    g_rmdir(folder.get());

    // No line but those asked for: a frame that does not decode would be told of.
    std::map<std::string, int> frames;
    double duration = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        char name[32];
        int count;
        if (std::sscanf(line.c_str(), "stream|codec_name=%31[^|]|nb_read_frames=%d", name,
                        &count) == 2)
            frames[name] = count;
        else if (std::sscanf(line.c_str(), "format|duration=%lf", &duration) != 1)
            g_error("ffprobe: %s", line.c_str());
    }
    g_assert_cmpint(frames["VP8" == std::string(row.video) ? "vp8" : "h264"], >=, 60);
    g_assert_cmpint(frames["opus"], >=, 80);
    g_assert_cmpfloat(duration, >, 1.7);
    g_assert_cmpfloat(duration, <, 10);
}

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    const char* const orders[] = {"regular",   "receiver-first", "application-first",
                                  "pad-first", "never-finished", "unlinked-first"};
    for (int i = 0; i < int(G_N_ELEMENTS(orders)); i++)
        g_test_add_data_func((std::string("/receiver-life/end/") + orders[i]).c_str(),
                             GINT_TO_POINTER(i), test_end);
    g_test_add_func("/receiver-life/pads-outlast", test_pads_outlast);
    for (const auto& row : recordings)
        g_test_add_data_func(
            (std::string("/receiver-life/recording/") + row.video + "-" + row.mux).c_str(), &row,
            test_recording);
    g_test_add_func("/receiver-life/next-decoder", test_next_decoder);
    return g_test_run();
}
