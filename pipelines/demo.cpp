// The two main jobs of gst-rtc in one program: an auction that any number of browsers watch, and a
// recorder that writes one file for each call. Both are pipeline strings; this shows what happens
// in them.
//
// Life: main() makes a Demo, which runs the two pipelines on the default main context until Ctrl-C;
// then calls end, files are finished, and what was recorded is told.
#include "pipelines/access.hpp"
#include "pipelines/shown.hpp"
#include "pipelines/words.hpp"

#include <glib-unix.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace rtc;

namespace {

struct Options {
    int port = 8080;
    std::string address = "0.0.0.0";
    std::string token; // "": none is asked for
    Shown shown;
    std::string calls = "calls";
};

constexpr char usage_summary[] =
    "Shows a live page to any number of browsers, and records each call to a file.";

void tell(const std::string& text) {
    auto* now = g_date_time_new_now_local();
    Owned<char> clock{g_date_time_format(now, "%H:%M:%S")};
    g_date_time_unref(now);
    g_print("%s  %s\n", clock.get(), text.c_str());
}

class Demo {
public:
    explicit Demo(Options options)
        : options_(std::move(options))
        , loop_(adopt(g_main_loop_new(nullptr, FALSE))) {}
    ~Demo();

    Result<void> start();
    int run();

private:
    struct Recorded {
        std::string location;
        GstClockTime duration;
        guint64 bytes;
    };
    using Fields = const GstStructure*;

    Result<Ref<GstElement>> make(const std::string& text);
    void set_access(GstElement* pipeline, const char* host);
    Result<void> play(GstElement* pipeline, bool is_auction);
    void message(GstMessage* message, bool is_auction);
    void element_message(const std::string& name, Fields fields, bool is_auction);
    void viewers_changed(Fields fields, bool joined);
    void call_changed(Fields fields, bool started);
    void recorded(Fields fields);
    void failed(GstMessage* message);
    void show_urls();
    void rewind();
    void interrupt();
    void stop_if_done();
    void report();

    Options options_;
    Ref<GMainLoop> loop_;
    Ref<GstElement> auction_;
    Ref<GstElement> calls_;
    std::map<std::string, std::string> viewers_; // session -> peer
    std::map<std::string, std::string> callers_;
    size_t viewers_in_all_ = 0;
    size_t most_viewers_ = 0;
    size_t being_written_ = 0;
    std::vector<Recorded> files_;
    int servers_ready_ = 0;
    bool open_ = false;    // to anybody who reaches this machine
    bool looping_ = false; // the file has been told to play again and again
    bool ending_ = false;
    int exit_code_ = 0;
};

Demo::~Demo() {
    for (auto& pipeline : {auction_, calls_}) {
        if (!pipeline)
            continue;
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        gst_bus_remove_watch(adopt(gst_element_get_bus(pipeline.get())).get());
    }
}

Result<Ref<GstElement>> Demo::make(const std::string& text) {
    GError* error = nullptr;
    auto pipeline =
        sink(gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
    Owned<GError> owned{error};
    if (error)
        return Error{std::string("A part is missing: ") + error->message};
    return pipeline;
}

// By whom the signaling of a host element, rtcsink or rtcsrc, may be used.
void Demo::set_access(GstElement* pipeline, const char* host) {
    auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline), host));
    auto signaling = adopt(gst_bin_get_by_name(GST_BIN(element.get()), "signaling"));
    g_object_set(signaling.get(), "address", options_.address.c_str(), "token",
                 options_.token.c_str(), nullptr);
    open_ = lets_anybody_in(signaling.get(), !options_.token.empty());
}

Result<void> Demo::start() {
    auto port = std::to_string(options_.port);
    if (g_mkdir_with_parents(options_.calls.c_str(), 0777) != 0)
        return Error{"The folder " + options_.calls + " can't be made: " + g_strerror(errno)};
    auto source = shown_pipeline(options_.shown);
    if (!source)
        return source.error();
    auto auction = make("rtcsink name=live signaling=\"whepserver port=" + port + "\" " + *source);
    if (!auction)
        return auction.error();
    auction_ = *auction;
    set_access(auction_.get(), "live");
    if (options_.shown.camera) {
        if (auto added = add_camera(auction_.get()); !added)
            return added;
    }
    auto calls = make("rtcsrc name=calls signaling=\"whipserver port=" + port +
                      "\" : rtcrecordsink name=recorder");
    if (!calls)
        return calls.error();
    calls_ = *calls;
    set_access(calls_.get(), "calls");
    auto recorder = adopt(gst_bin_get_by_name(GST_BIN(calls_.get()), "recorder"));
    g_object_set(recorder.get(), "location",
                 (options_.calls + G_DIR_SEPARATOR_S "{time}-{session}.mkv").c_str(), nullptr);
    if (auto playing = play(calls_.get(), false); !playing)
        return playing;
    return play(auction_.get(), true);
}

Result<void> Demo::play(GstElement* pipeline, bool is_auction) {
    struct Watch {
        Demo* demo;
        bool is_auction;
    };
    auto bus = adopt(gst_element_get_bus(pipeline));
    if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
        if (!message)
            return Error{"The pipeline did not start."};
        GError* error = nullptr;
        gst_message_parse_error(message.get(), &error, nullptr);
        Owned<GError> owned{error};
        return Error{error->message};
    }
    auto heard = [](GstBus*, GstMessage* message, gpointer data) -> gboolean {
        auto* watch = static_cast<Watch*>(data);
        watch->demo->message(message, watch->is_auction);
        return G_SOURCE_CONTINUE;
    };
    gst_bus_add_watch_full(bus.get(), G_PRIORITY_DEFAULT, heard, new Watch{this, is_auction},
                           [](gpointer data) { delete static_cast<Watch*>(data); });
    return {};
}

void Demo::message(GstMessage* message, bool is_auction) {
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
        return failed(message);
    case GST_MESSAGE_ASYNC_DONE:
    case GST_MESSAGE_SEGMENT_DONE:
        if (is_auction && !options_.shown.file.empty())
            rewind();
        return;
    case GST_MESSAGE_EOS:
        if (is_auction && !ending_)
            tell("The auction is over.");
        return stop_if_done();
    case GST_MESSAGE_ELEMENT: {
        auto* fields = gst_message_get_structure(message);
        return element_message(gst_structure_get_name(fields), fields, is_auction);
    }
    default:
        return;
    }
}

void Demo::element_message(const std::string& name, Fields fields, bool is_auction) {
    if (name == "rtc-signaling-ready" && ++servers_ready_ == 2)
        show_urls();
    else if (name == "rtc-session-started" || name == "rtc-session-ended")
        is_auction ? viewers_changed(fields, name == "rtc-session-started")
                   : call_changed(fields, name == "rtc-session-started");
    else if (name == "rtc-recording-started")
        being_written_++;
    else if (name == "rtc-recording-finished")
        recorded(fields);
}

std::string text_of(const GstStructure* fields, const char* name) {
    const char* text = gst_structure_get_string(fields, name);
    return text ? text : "";
}

void Demo::viewers_changed(Fields fields, bool joined) {
    auto session = text_of(fields, "session");
    if (joined) {
        viewers_[session] = text_of(fields, "peer");
        viewers_in_all_++;
        most_viewers_ = std::max(most_viewers_, viewers_.size());
    } else if (!viewers_.erase(session)) {
        return; // it never got as far as watching
    }
    auto watching = " (" + std::to_string(viewers_.size()) + " watching)";
    if (joined)
        tell("A viewer has joined" + watching);
    else
        tell("A viewer has left: " + text_of(fields, "reason") + watching);
}

void Demo::call_changed(Fields fields, bool started) {
    auto session = text_of(fields, "session");
    auto peer = text_of(fields, "peer");
    auto from = peer.empty() ? std::string() : " from " + peer;
    if (started) {
        callers_[session] = peer;
        tell("A call" + from + " (" + std::to_string(callers_.size()) + " now)");
        return;
    }
    if (callers_.erase(session))
        tell("The call" + from + " has ended: " + text_of(fields, "reason"));
    else
        tell("A call" + from + " came to nothing: " + text_of(fields, "text"));
}

void Demo::recorded(Fields fields) {
    Recorded file{text_of(fields, "location"), 0, 0};
    gst_structure_get_uint64(fields, "duration", &file.duration);
    gst_structure_get_uint64(fields, "bytes", &file.bytes);
    if (being_written_ > 0)
        being_written_--;
    if (file.location.empty()) {
        tell("Nothing was recorded of a call: " + text_of(fields, "reason"));
    } else {
        files_.push_back(file);
        tell("Recorded " + file.location + " (" + time_text(file.duration) + ", " +
             size_text(file.bytes) + ")");
    }
    stop_if_done();
}

void Demo::failed(GstMessage* message) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    Owned<GError> owned{error};
    g_printerr("%s\n", error->message);
    exit_code_ = 1;
    g_main_loop_quit(loop_.get());
}

void Demo::show_urls() {
    Owned<char> base{g_strdup_printf("http://localhost:%d", options_.port)};
    g_print("\n"
            "  Watch the auction   %s/watch\n"
            "  Make a call         %s/call\n"
            "  What is on          %s/\n"
            "\n"
            "  WHEP %s/whep   WHIP %s/whip\n"
            "  Calls are recorded into %s. Ctrl-C ends it all.\n\n",
            base.get(), base.get(), base.get(), base.get(), base.get(), options_.calls.c_str());
    if (open_)
        g_print(
            "  Anybody who reaches this machine may watch, and call and be recorded; --token TEXT "
            "asks for one, --address 127.0.0.1 lets in this machine alone.\n\n");
}

// Makes the file play again and again: a seek that does not flush, each time a segment is done.
void Demo::rewind() {
    auto flags = GstSeekFlags(GST_SEEK_FLAG_SEGMENT | (looping_ ? 0 : GST_SEEK_FLAG_FLUSH));
    looping_ = gst_element_seek_simple(auction_.get(), GST_FORMAT_TIME, flags, 0);
}

void Demo::interrupt() {
    if (ending_) { // a second Ctrl-C does not wait
        g_main_loop_quit(loop_.get());
        return;
    }
    ending_ = true;
    g_print("\n");
    tell("Ending: calls are hung up, their files finished.");
    gst_element_send_event(calls_.get(), gst_event_new_eos());
    auto give_up = [](gpointer loop) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(loop));
        return G_SOURCE_REMOVE;
    };
    g_timeout_add_seconds(10, give_up, loop_.get());
    stop_if_done();
}

void Demo::stop_if_done() {
    if (ending_ && being_written_ == 0)
        g_main_loop_quit(loop_.get());
}

void Demo::report() {
    if (exit_code_ != 0)
        return;
    g_print("\n%zu viewers, %zu at most at a time.\n", viewers_in_all_, most_viewers_);
    if (files_.empty())
        g_print("No call was recorded.\n");
    else
        g_print("%zu calls recorded:\n", files_.size());
    for (const auto& file : files_)
        g_print("  %s  %s  %s\n", file.location.c_str(), time_text(file.duration).c_str(),
                size_text(file.bytes).c_str());
}

int Demo::run() {
    auto interrupted = [](gpointer demo) -> gboolean {
        static_cast<Demo*>(demo)->interrupt();
        return G_SOURCE_CONTINUE;
    };
    g_unix_signal_add(SIGINT, interrupted, this);
    g_unix_signal_add(SIGTERM, interrupted, this);
    g_main_loop_run(loop_.get());
    report();
    return exit_code_;
}

// The exit code when the program is to end, else the options.
Result<Options> parse(int* argc, char*** argv) {
    Options options;
    gboolean camera = FALSE;
    char* input = nullptr;
    char* calls = nullptr;
    char *address = nullptr, *token = nullptr;
    const GOptionEntry entries[] = {
        {"port", 'p', 0, G_OPTION_ARG_INT, &options.port, "Port of the web server (8080)", "N"},
        {"address", 0, 0, G_OPTION_ARG_STRING, &address,
         "IP address of this machine to listen on (0.0.0.0: all)", "IP"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &token,
         "What viewers and callers have to show; the pages take it from /watch#token=TEXT", "TEXT"},
        {"camera", 0, 0, G_OPTION_ARG_NONE, &camera, "Show the camera and the microphone", nullptr},
        {"input", 0, 0, G_OPTION_ARG_FILENAME, &input, "Show a file, again and again", "FILE"},
        {"calls", 0, 0, G_OPTION_ARG_FILENAME, &calls, "Folder for recorded calls (calls)", "DIR"},
        {}};
    auto* context = g_option_context_new(nullptr);
    g_option_context_set_summary(context, usage_summary);
    g_option_context_add_main_entries(context, entries, nullptr);
    g_option_context_add_group(context, gst_init_get_option_group());
    GError* error = nullptr;
    bool ok = g_option_context_parse(context, argc, argv, &error);
    g_option_context_free(context);
    Owned<GError> owned{error};
    Owned<char> owned_input{input}, owned_calls{calls};
    Owned<char> owned_address{address}, owned_token{token};
    if (!ok)
        return Error{error->message};
    if (*argc > 1)
        return Error{std::string("There is no option ") + (*argv)[1] + "; see --help."};
    if (options.port < 1 || options.port > 65535)
        return Error{"--port takes a number from 1 to 65535."};
    if (camera && input)
        return Error{"Take --camera or --input, not both."};
    if (address)
        options.address = address;
    if (token)
        options.token = token;
    options.shown.camera = camera;
    if (input)
        options.shown.file = input;
    if (calls)
        options.calls = calls;
    return options;
}

} // namespace

int main(int argc, char** argv) {
    auto options = parse(&argc, &argv);
    if (!options) {
        g_printerr("%s\n", options.error().message.c_str());
        return 2;
    }
    Demo demo(*options);
    if (auto started = demo.start(); !started) {
        g_printerr("%s\n", started.error().message.c_str());
        return 1;
    }
    return demo.run();
}
