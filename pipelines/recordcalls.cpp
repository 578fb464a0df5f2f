// The call recorder as a service: rtcsrc : rtcrecordsink with a settings file, told on the
// terminal.
//
// Life: main() reads options and settings and makes a Service, which runs its pipeline on the
// default main context until SIGINT or SIGTERM; then calls are hung up and their files finished.
#include "pipelines/access.hpp"
#include "pipelines/servicesettings.hpp"
#include "pipelines/words.hpp"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <unistd.h>

using namespace rtc;

namespace {

// What the program's exit tells a supervisor.
enum Exit { ended = 0, failed = 1, usage = 2, incomplete = 3 };

constexpr char summary[] = "Records each WebRTC call to a file of its own, until SIGINT or "
                           "SIGTERM; then calls are hung up\n"
                           "and their files finished. A second signal does not wait for callers.";

constexpr char description[] =
    "FILE has a group for each element, [signaling] [rtcsrc] [rtcrecordsink], and in it a line\n"
    "property=value for each property to set; [signaling] has element=NAME, too (whipserver).\n"
    "Options on the command line come before those of the file.\n"
    "\n"
    "Exit codes: 0 ended in order; 1 it could not start, or failed; 2 options or settings are "
    "wrong;\n"
    "3 ended in order, but not everything was recorded (what is missing was told).\n";

constexpr char open_words[] =
    "Anybody who reaches this machine may call, and is recorded. In the settings, [signaling] "
    "token-file=FILE asks for a token, address=127.0.0.1 lets in this machine alone.";

struct Options {
    ServiceSettings settings;
    bool quiet = false;
    bool check = false;
};

std::string text_of(const GstStructure* fields, const char* name) {
    const char* text = gst_structure_get_string(fields, name);
    return text ? text : "";
}

class Service {
public:
    explicit Service(Options options)
        : options_(std::move(options))
        , loop_(adopt(g_main_loop_new(nullptr, FALSE)))
        , on_terminal_(isatty(STDOUT_FILENO) != 0) {}
    ~Service();

    Result<void> build();
    int run();

private:
    struct Call {
        std::string location;
        gint64 began;
    };

    void message(GstMessage* message);
    void element_message(const GstStructure* fields);
    void finished(const GstStructure* fields);
    void pipeline_failed(GstMessage* message);
    void warned(GstMessage* message);
    void tell(const std::string& text);
    void show_progress();
    std::string progress() const;
    void interrupt();
    void stop();

    Options options_;
    Ref<GMainLoop> loop_;
    const bool on_terminal_;
    Ref<GstElement> pipeline_;
    std::map<std::string, Call> calls_; // being written, by session
    guint recordings_ = 0;
    GstClockTime recorded_ = 0;
    guint64 bytes_ = 0;
    bool open_ = false;       // anybody may call
    bool line_shown_ = false; // the progress line stands on the terminal
    bool ending_ = false;
    int exit_code_ = ended;
};

Service::~Service() {
    if (!pipeline_)
        return;
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    gst_bus_remove_watch(adopt(gst_element_get_bus(pipeline_.get())).get());
}

Result<void> Service::build() {
    auto& signaling_settings = options_.settings["signaling"];
    auto name = signaling_settings.count("element") ? signaling_settings["element"] : "whipserver";
    auto signaling = sink(gst_element_factory_make(name.c_str(), "signaling"));
    auto source = sink(gst_element_factory_make("rtcsrc", "source"));
    auto recorder = sink(gst_element_factory_make("rtcrecordsink", "recorder"));
    for (auto& [made, factory] :
         {std::pair(&signaling, name.c_str()), {&source, "rtcsrc"}, {&recorder, "rtcrecordsink"}})
        if (!*made)
            return Error{std::string("the element ") + factory +
                         " is missing; is gst-rtc on GST_PLUGIN_PATH?"};
    for (auto& [element, group] :
         {std::pair(&signaling, "signaling"), {&source, "rtcsrc"}, {&recorder, "rtcrecordsink"}})
        if (auto applied = apply_settings(element->get(), group, options_.settings[group]);
            !applied)
            return applied;
    open_ = lets_anybody_in(signaling.get(), !options_.settings["signaling"]["token"].empty());
    g_object_set(source.get(), "signaling", signaling.get(), nullptr);
    pipeline_ = sink(gst_pipeline_new("record-calls"));
    gst_bin_add_many(GST_BIN(pipeline_.get()), source.get(), recorder.get(), nullptr);
    auto added = +[](GstElement*, GstPad* pad, GstElement* to) {
        auto kind = g_str_has_prefix(GST_PAD_NAME(pad), "audio") ? "audio_%u" : "video_%u";
        auto input = adopt(gst_element_request_pad_simple(to, kind));
        if (!input || gst_pad_link(pad, input.get()) != GST_PAD_LINK_OK)
            GST_ELEMENT_WARNING(to, STREAM, FAILED, ("%s can't be recorded", GST_PAD_NAME(pad)),
                                (nullptr));
    };
    g_signal_connect(source.get(), "pad-added", G_CALLBACK(added), recorder.get());
    auto removed = +[](GstElement*, GstPad* pad, GstElement* from) {
        if (auto input = adopt(gst_pad_get_peer(pad)))
            gst_element_release_request_pad(from, input.get());
    };
    g_signal_connect(source.get(), "pad-removed", G_CALLBACK(removed), recorder.get());
    return {};
}

int Service::run() {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto heard = [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
        static_cast<Service*>(self)->message(message);
        return G_SOURCE_CONTINUE;
    };
    gst_bus_add_watch(bus.get(), heard, this);
    auto interrupted = [](gpointer self) -> gboolean {
        static_cast<Service*>(self)->interrupt();
        return G_SOURCE_CONTINUE;
    };
    g_unix_signal_add(SIGINT, interrupted, this);
    g_unix_signal_add(SIGTERM, interrupted, this);
    auto tick = [](gpointer self) -> gboolean {
        static_cast<Service*>(self)->show_progress();
        return G_SOURCE_CONTINUE;
    };
    if (on_terminal_ && !options_.quiet)
        g_timeout_add_seconds(1, tick, this);
    // What goes wrong here is told on the bus.
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    g_main_loop_run(loop_.get());
    // What the state change finishes is told; NULL would drop it.
    gst_element_set_state(pipeline_.get(), GST_STATE_READY);
    while (auto last = adopt(gst_bus_pop_filtered(
               bus.get(), GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING))))
        message(last.get());
    if (exit_code_ != failed)
        tell("Ended. " + progress());
    return exit_code_;
}

void Service::message(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
        return pipeline_failed(message);
    case GST_MESSAGE_WARNING:
        return warned(message);
    case GST_MESSAGE_EOS:
        return stop();
    case GST_MESSAGE_ELEMENT:
        return element_message(gst_message_get_structure(message));
    default:
        return;
    }
}

void Service::element_message(const GstStructure* fields) {
    auto session = text_of(fields, "session");
    auto location = text_of(fields, "location");
    if (gst_structure_has_name(fields, "rtc-signaling-ready")) {
        tell("Waiting for calls at " + text_of(fields, "uri"));
        if (open_)
            tell(open_words);
    } else if (gst_structure_has_name(fields, "rtc-recording-started")) {
        calls_[session] = {location, g_get_monotonic_time()};
        tell("Recording " + location + " (" + text_of(fields, "peer") + ")");
    } else if (gst_structure_has_name(fields, "rtc-recording-segment")) {
        calls_[session].location = location;
        tell("Going on in " + location);
    } else if (gst_structure_has_name(fields, "rtc-recording-finished")) {
        finished(fields);
    } else if (gst_structure_has_name(fields, "rtc-recording-leftover")) {
        tell("Left by an earlier run, and finished now: " + location);
    } else if (gst_structure_has_name(fields, "rtc-recording-deleted")) {
        tell("Deleted " + location + " (" + text_of(fields, "reason") + ")");
    }
}

void Service::finished(const GstStructure* fields) {
    guint64 duration = 0, bytes = 0;
    gst_structure_get_uint64(fields, "duration", &duration);
    gst_structure_get_uint64(fields, "bytes", &bytes);
    calls_.erase(text_of(fields, "session"));
    auto reason = text_of(fields, "reason");
    if (reason == "error" && exit_code_ == ended)
        exit_code_ = incomplete;
    if (text_of(fields, "location").empty())
        return tell("Nothing was recorded of a call (" + reason + ")");
    recordings_++;
    recorded_ += duration;
    bytes_ += bytes;
    tell("Recorded " + text_of(fields, "location") + " (" + time_text(duration) + ", " +
         size_text(bytes) + ", " + reason + ")");
}

void Service::warned(GstMessage* message) {
    GError* error = nullptr;
    gst_message_parse_warning(message, &error, nullptr);
    Owned<GError> owned{error};
    // Of the recorder: something of a call is missing in its file, unless it is of what comes
    // after.
    bool afterwards = g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
    if (exit_code_ == ended && !afterwards &&
        g_str_equal(GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), "recorder"))
        exit_code_ = incomplete;
    tell(std::string("Warning: ") + error->message);
}

void Service::pipeline_failed(GstMessage* message) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    Owned<GError> owned{error};
    tell(std::string("Failed: ") + error->message);
    exit_code_ = failed;
    stop();
}

// On the terminal above the progress line; elsewhere lines for a journal.
void Service::tell(const std::string& text) {
    if (std::exchange(line_shown_, false))
        g_print("\r\033[K");
    g_print("%s\n", text.c_str());
}

std::string Service::progress() const {
    auto time = recorded_;
    auto bytes = bytes_;
    for (const auto& [session, call] : calls_) {
        time += GstClockTime(g_get_monotonic_time() - call.began) * 1000;
        GStatBuf status;
        if (g_stat((call.location + ".part").c_str(), &status) == 0)
            bytes += guint64(status.st_size);
    }
    return std::to_string(calls_.size()) + " on, " + std::to_string(recordings_) + " recorded, " +
           time_text(time) + " minutes, " + size_text(bytes);
}

void Service::show_progress() {
    g_print("\r\033[K%s", progress().c_str());
    line_shown_ = true;
}

void Service::interrupt() {
    if (std::exchange(ending_, true))
        return stop();
    tell("Ending: calls are hung up, their files finished.");
    gst_element_send_event(pipeline_.get(), gst_event_new_eos());
}

void Service::stop() {
    g_main_loop_quit(loop_.get());
}

// What the command line says goes over what the file says.
Result<Options> parse(int* argc, char*** argv) {
    Options options;
    char *file = nullptr, *location = nullptr, *element = nullptr;
    int port = -1;
    gboolean quiet = FALSE, check = FALSE;
    const GOptionEntry entries[] = {
        {"settings", 's', 0, G_OPTION_ARG_FILENAME, &file, "Settings file", "FILE"},
        {"location", 'l', 0, G_OPTION_ARG_STRING, &location,
         "Where recordings go (calls/{session}.mkv)", "TEMPLATE"},
        {"signaling", 0, 0, G_OPTION_ARG_STRING, &element, "Signaling element (whipserver)",
         "NAME"},
        {"port", 'p', 0, G_OPTION_ARG_INT, &port, "Port that the signaling listens on", "N"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "No progress line", nullptr},
        {"check", 0, 0, G_OPTION_ARG_NONE, &check, "Check options and settings, then end", nullptr},
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
    Owned<char> owned_file{file}, owned_location{location}, owned_element{element};
    if (!ok)
        return Error{error->message};
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
    if (element)
        options.settings["signaling"]["element"] = element;
    if (port >= 0)
        options.settings["signaling"]["port"] = std::to_string(port);
    options.quiet = quiet;
    options.check = check;
    return options;
}

} // namespace

int main(int argc, char** argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    auto options = parse(&argc, &argv);
    if (!options) {
        g_printerr("%s\n", options.error().message.c_str());
        return usage;
    }
    bool check = options->check;
    Service service(*options);
    if (auto built = service.build(); !built) {
        g_printerr("%s\n", built.error().message.c_str());
        return usage;
    }
    return check ? int(ended) : service.run();
}
