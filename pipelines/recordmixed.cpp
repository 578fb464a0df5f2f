// Records meetings: all callers in one picture and one sound, from the first one to the last.
//
// Life: main() reads options, makes the pipeline, and runs it on the default main context until
// SIGINT or SIGTERM.
#include "pipelines/mixer.hpp"
#include "pipelines/servicesettings.hpp"

#include <glib-unix.h>

using namespace rtc;

namespace {

// As of record-calls.
enum Exit { ended = 0, failed = 1, usage = 2, incomplete = 3 };

constexpr char summary[] =
    "Records WebRTC callers together, a grid of their pictures and the sum of their sounds, a file "
    "from\nthe first one to the last, until SIGINT or SIGTERM.";
constexpr char description[] =
    "FILE has the groups [signaling] [rtcsrc] [rtcrecordsink] as for record-calls.\n"
    "\n"
    "Exit codes: 0 ended in order; 1 it could not start, or failed; 2 options or settings are "
    "wrong;\n3 ended in order, but not everything was recorded (what is missing was told).\n";

struct Options {
    ServiceSettings settings;
    MixSettings mix;
};

class Program {
public:
    Result<void> build(Options options);
    int run();

private:
    void message(GstMessage* message);
    void recorded(const GstStructure* fields);

    Ref<GMainLoop> loop_ = adopt(g_main_loop_new(nullptr, FALSE));
    Ref<GstElement> pipeline_;
    std::unique_ptr<Mixer> mixer_;
    int exit_code_ = ended;
};

Result<void> Program::build(Options options) {
    auto& settings = options.settings;
    settings["rtcrecordsink"].try_emplace("location", "meetings/{time}.mkv");
    auto& chosen = settings["signaling"];
    auto name = chosen.count("element") ? chosen["element"] : "whipserver";
    auto signaling = sink(gst_element_factory_make(name.c_str(), "signaling"));
    auto source = sink(gst_element_factory_make("rtcsrc", "source"));
    auto recorder = sink(gst_element_factory_make("rtcrecordsink", "recorder"));
    if (!signaling || !source || !recorder)
        return Error{"rtcsrc, rtcrecordsink or " + name +
                     " is missing; is gst-rtc on GST_PLUGIN_PATH?"};
    g_object_set(recorder.get(), "single-call", TRUE, nullptr);
    for (auto& [element, group] :
         {std::pair(&signaling, "signaling"), {&source, "rtcsrc"}, {&recorder, "rtcrecordsink"}})
        if (auto applied = apply_settings(element->get(), group, settings[group]); !applied)
            return applied;
    g_object_set(source.get(), "signaling", signaling.get(), nullptr);
    pipeline_ = sink(gst_pipeline_new("record-mixed"));
    gst_bin_add_many(GST_BIN(pipeline_.get()), source.get(), recorder.get(), nullptr);
    auto mixer = Mixer::create(GST_BIN(pipeline_.get()), recorder.get(), options.mix);
    if (!mixer)
        return mixer.error();
    mixer_ = std::move(*mixer);
    auto added = +[](GstElement*, GstPad* pad, Mixer* to) { to->add(pad); };
    g_signal_connect(source.get(), "pad-added", G_CALLBACK(added), mixer_.get());
    auto removed = +[](GstElement*, GstPad* pad, Mixer* from) { from->remove(pad); };
    g_signal_connect(source.get(), "pad-removed", G_CALLBACK(removed), mixer_.get());
    return {};
}

int Program::run() {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto heard = [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
        static_cast<Program*>(self)->message(message);
        return G_SOURCE_CONTINUE;
    };
    gst_bus_add_watch(bus.get(), heard, this);
    auto interrupted = [](gpointer self) -> gboolean {
        g_main_loop_quit(static_cast<Program*>(self)->loop_.get());
        return G_SOURCE_CONTINUE;
    };
    for (int signal : {SIGINT, SIGTERM})
        g_unix_signal_add(signal, interrupted, this);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    g_main_loop_run(loop_.get());
    // The recorder finishes its files within this, and tells of them.
    gst_element_set_state(pipeline_.get(), GST_STATE_READY);
    auto types = GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
    while (auto last = adopt(gst_bus_pop_filtered(bus.get(), types)))
        message(last.get());
    gst_bus_remove_watch(bus.get());
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    return exit_code_;
}

void Program::message(GstMessage* message) {
    GError* error = nullptr;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
        gst_message_parse_error(message, &error, nullptr);
        g_print("Failed: %s\n", error->message);
        exit_code_ = failed;
        g_main_loop_quit(loop_.get());
        break;
    case GST_MESSAGE_WARNING:
        gst_message_parse_warning(message, &error, nullptr);
        g_print("Warning: %s\n", error->message);
        break;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
        break;
    case GST_MESSAGE_ELEMENT:
        recorded(gst_message_get_structure(message));
        break;
    default:
        break;
    }
    g_clear_error(&error);
}

void Program::recorded(const GstStructure* fields) {
    auto text = [&](const char* name) {
        const char* value = gst_structure_get_string(fields, name);
        return value ? value : "";
    };
    if (gst_structure_has_name(fields, "rtc-signaling-ready"))
        g_print("Waiting for calls at %s\n", text("uri"));
    else if (gst_structure_has_name(fields, "rtc-session-started"))
        g_print("%s (%s) is on\n", text("session"), text("peer"));
    else if (gst_structure_has_name(fields, "rtc-session-ended"))
        g_print("%s (%s) has gone\n", text("session"), text("peer"));
    else if (gst_structure_has_name(fields, "rtc-recording-started"))
        g_print("Recording %s\n", text("location"));
    else if (gst_structure_has_name(fields, "rtc-recording-finished")) {
        if (*text("location"))
            g_print("Recorded %s\n", text("location"));
        else
            g_print("Nothing was recorded (%s)\n", text("reason"));
        if (g_str_equal(text("reason"), "error") && exit_code_ == ended)
            exit_code_ = incomplete;
    }
}

Result<Options> parse(int* argc, char*** argv) {
    Options options;
    char *file = nullptr, *location = nullptr;
    int port = -1;
    auto& mix = options.mix;
    const GOptionEntry entries[] = {
        {"settings", 's', 0, G_OPTION_ARG_FILENAME, &file, "Settings file", "FILE"},
        {"location", 'l', 0, G_OPTION_ARG_STRING, &location,
         "Where recordings go (meetings/{time}.mkv)", "TEMPLATE"},
        {"port", 'p', 0, G_OPTION_ARG_INT, &port, "Port that the signaling listens on", "N"},
        {"width", 0, 0, G_OPTION_ARG_INT, &mix.width, "Of the picture (1280)", "N"},
        {"height", 0, 0, G_OPTION_ARG_INT, &mix.height, "Of the picture (720)", "N"},
        {"fps", 0, 0, G_OPTION_ARG_INT, &mix.frames_per_second, "Pictures a second (25)", "N"},
        {"bitrate", 0, 0, G_OPTION_ARG_INT, &mix.kilobits, "Of the picture, kbit/s (2000)", "N"},
        {}};
    auto* context = g_option_context_new(nullptr);
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, nullptr);
    g_option_context_add_group(context, gst_init_get_option_group());
    GError* error = nullptr;
    bool ok = g_option_context_parse(context, argc, argv, &error);
    g_option_context_free(context);
    Owned<GError> owned{error};
    Owned<char> owned_file{file}, owned_location{location};
    if (!ok)
        return Error{error->message};
    auto within = [](int value, int least, int most) { return value >= least && value <= most; };
    if (!within(mix.width, 64, 7680) || !within(mix.height, 64, 4320) || mix.width % 2 ||
        mix.height % 2 || !within(mix.frames_per_second, 1, 120) ||
        !within(mix.kilobits, 50, 100000))
        return Error{"--width and --height are even, from 64 to 7680 and 4320; --fps is from 1 to "
                     "120, --bitrate from 50 to 100000"};
    if (*argc > 1)
        return Error{std::string("There is no option ") + (*argv)[1] + "; see --help."};
    if (file) {
        auto read = read_service_settings(file, {"signaling", "rtcsrc", "rtcrecordsink"});
        if (!read)
            return read.error();
        options.settings = *read;
    }
    if (location)
        options.settings["rtcrecordsink"]["location"] = location;
    if (port >= 0)
        options.settings["signaling"]["port"] = std::to_string(port);
    return options;
}

} // namespace

int main(int argc, char** argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    auto options = parse(&argc, &argv);
    Program program;
    auto built = options ? program.build(*options) : Result<void>(options.error());
    if (!built) {
        g_printerr("%s\n", built.error().message.c_str());
        return usage;
    }
    return program.run();
}
