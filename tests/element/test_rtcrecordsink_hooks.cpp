// Who is told of recordings: a webhook, against a real HTTP server, and a program.
#include "tests/element/recording_rig.hpp"

#include "plugins/hooks/signature.hpp"
#include "signaling/base/json.hpp"
#include "tests/element/serving.hpp"
#include "tests/support/sametext.hpp"

#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>

using namespace rtc;
using namespace rtc::test;

static const std::string secret = "0123456789abcdef0123456789abcdef";

// A server that answers as it is told to, and keeps what it was told.
class Receiver {
public:
    struct Told {
        std::string id;
        std::string timestamp;
        std::string signature;
        std::string body;
    };

    // The answers of the first requests; then 204.
    explicit Receiver(std::deque<guint> answers)
        : answers_(std::move(answers)) {}
    std::string url() const { return serving_.base + "/hook?key=x"; }
    Told next() {
        std::unique_lock lock(mutex_);
        if (!came_.wait_for(lock, std::chrono::seconds(30), [&] { return !told_.empty(); }))
            g_error("the webhook told nothing");
        auto told = told_.front();
        told_.pop_front();
        return told;
    }

private:
    http::Endpoint endpoint() {
        auto endpoint = echo("/hook");
        endpoint.max_body = 1000000;
        endpoint.handle = [this](const std::shared_ptr<http::Exchange>& exchange) {
            exchange->respond(answer(exchange->head(), exchange->body()));
        };
        return endpoint;
    }
    http::Response answer(const http::Head& head, std::string_view body) {
        RTC_ASSERT_TEXT(head.method, "POST");
        RTC_ASSERT_TEXT(head.content_type(), "application/json");
        auto text = [&](const char* name) { return std::string(head.header(name)); };
        std::lock_guard lock(mutex_);
        guint status = 204;
        if (!answers_.empty()) {
            status = answers_.front();
            answers_.pop_front();
        }
        told_.push_back({text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"),
                         std::string(body)});
        came_.notify_all();
        return {status};
    }

    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<guint> answers_;
    std::deque<Told> told_;
    Serving serving_{endpoint()};
};

static void expect_signed(const Receiver::Told& told) {
    auto signed_text = told.id + "." + told.timestamp + "." + told.body;
    Owned<char> hexadecimal{
        g_compute_hmac_for_string(G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(secret.data()),
                                  secret.size(), signed_text.data(), gssize(signed_text.size()))};
    std::vector<guchar> bytes;
    for (const char* at = hexadecimal.get(); *at; at += 2)
        bytes.push_back(guchar(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1])));
    Owned<char> base64{g_base64_encode(bytes.data(), bytes.size())};
    RTC_ASSERT_TEXT(told.signature, std::string("v1,") + base64.get());
    auto age =
        g_get_real_time() / G_USEC_PER_SEC - g_ascii_strtoll(told.timestamp.c_str(), nullptr, 10);
    g_assert_cmpint(age, >=, 0);
    g_assert_cmpint(age, <, 60);
}

static JsonValue data_of(const Receiver::Told& told, const char* type) {
    auto body = JsonValue::parse(told.body);
    g_assert_true(bool(body));
    RTC_ASSERT_TEXT(body->text("type").value(), type);
    return body->object("data").value();
}

static void record_call(Rig& rig, const char* session, guint group) {
    Feed audio(rig, "opus", group, std::string(session) + "/0", session, "bob");
    audio.push(0, 50);
    audio.end("hangup");
    rig.wait_for("rtc-recording-finished");
}

static std::string warning_of(Rig& rig) {
    auto message = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    return error->message;
}

// The server is busy twice: the same message comes again, signed anew, and nothing overtakes it.
static void busy_server() {
    Folder folder;
    Receiver receiver({503, 429});
    g_file_set_contents(folder.file("secret").c_str(), (secret + "\n").c_str(), -1, nullptr);
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "webhook", receiver.url().c_str(), "webhook-secret-file",
                     folder.file("secret").c_str(), nullptr);
    });
    record_call(rig, "s1", 7);
    std::vector<Receiver::Told> told;
    while (told.size() < 4)
        told.push_back(receiver.next());
    for (const auto& message : told)
        expect_signed(message);
    RTC_ASSERT_TEXT(told[1].id, told[0].id);
    RTC_ASSERT_TEXT(told[2].id, told[0].id);
    auto started = data_of(told[2], "recording.started");
    RTC_ASSERT_TEXT(started.object("recording")->text("state").value(), "recording");
    auto finished = data_of(told[3], "recording.finished");
    g_assert_true(told[3].id != told[0].id);
    RTC_ASSERT_TEXT(finished.text("location").value(), folder.file("s1.mkv"));
    RTC_ASSERT_TEXT(finished.text("manifest").value(), folder.file("s1.json"));
    auto recording = finished.object("recording").value();
    RTC_ASSERT_TEXT(recording.text("reason").value(), "hangup");
    RTC_ASSERT_TEXT(recording.text("peer").value(), "bob");
    g_assert_cmpuint(recording.objects("segments")->front().text("sha256")->size(), ==, 64);
    gst_element_set_state(rig.pipeline(), GST_STATE_READY);
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
}

static void segments_are_told() {
    Folder folder;
    Receiver receiver({});
    Rig rig(folder.file("{session}-{seq}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "webhook", receiver.url().c_str(), "segment-duration", 900,
                     "track-timeout", 0, nullptr);
    });
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 10);
    rig.wait_for("rtc-recording-started");
    audio.push(10, 80);
    rig.wait_for("rtc-recording-segment");
    data_of(receiver.next(), "recording.started");
    auto segment = receiver.next();
    RTC_ASSERT_TEXT(data_of(segment, "recording.segment").text("location").value(),
                    folder.file("s1-2.mkv"));
    RTC_ASSERT_TEXT(segment.signature, ""); // no secret
}

// Trying again would bring nothing: told at once, without the query, which may be a secret.
static void refused() {
    Folder folder;
    Receiver receiver({401, 401});
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "webhook", receiver.url().c_str(), nullptr);
    });
    record_call(rig, "s1", 7);
    for (const char* type : {"recording.started", "recording.finished"}) {
        auto text = warning_of(rig);
        g_assert_nonnull(strstr(text.c_str(), type));
        g_assert_nonnull(strstr(text.c_str(), "401"));
        g_assert_nonnull(strstr(text.c_str(), "s1.mkv"));
        g_assert_null(strstr(text.c_str(), "key=x"));
    }
}

// A server that is gone keeps the pipeline from ending only so long; what it wasn't told is told.
static void gone_server() {
    Folder folder;
    std::string url;
    {
        Receiver receiver({});
        url = receiver.url();
    }
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "webhook", url.c_str(), "hooks-timeout", 300, nullptr);
    });
    record_call(rig, "s1", 7);
    gst_element_set_state(rig.pipeline(), GST_STATE_READY); // NULL would drop its messages
    for (const char* type : {"recording.started", "recording.finished"})
        g_assert_nonnull(strstr(warning_of(rig).c_str(), type));
    judge(folder.file("s1.mkv"));
}

static void given_up_in_time() {
    Folder folder;
    Receiver receiver({500, 500, 500, 500, 500, 500, 500, 500});
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "webhook", receiver.url().c_str(), "webhook-timeout", 1, nullptr);
    });
    record_call(rig, "s1", 7);
    g_assert_nonnull(strstr(warning_of(rig).c_str(), "500"));
}

// --- on-finished-command ---

// The file is there at once, but its content is what is waited for.
static std::string wait_for_file(const std::string& path) {
    auto deadline = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    while (true) {
        char* text = nullptr;
        g_file_get_contents(path.c_str(), &text, nullptr, nullptr);
        Owned<char> owned{text};
        if (text && strchr(text, '\n'))
            return text;
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
}

static void command() {
    Folder folder;
    auto script = folder.file("a script");
    g_file_set_contents(script.c_str(),
                        "#!/bin/sh\n"
                        "printf '%s|%s|%s|%s|%s' \"$#\" \"$1\" \"$2\" \"$RTC_RECORDING_MANIFEST\" "
                        "\"$RTC_RECORDING_REASON\" > \"$RTC_RECORDING_LOCATION.told\"\n"
                        "echo >> \"$RTC_RECORDING_LOCATION.told\"\n",
                        -1, nullptr);
    auto text = "/bin/sh '" + script + "' '$(touch x); *'";
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "on-finished-command", text.c_str(), nullptr);
    });
    record_call(rig, "s1", 7);
    auto manifest = folder.file("s1.json");
    RTC_ASSERT_TEXT(wait_for_file(folder.file("s1.mkv.told")),
                    "2|$(touch x); *|" + manifest + "|" + manifest + "|hangup\n");
}

static void command_fails() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "on-finished-command", "/bin/false", nullptr);
    });
    record_call(rig, "s1", 7);
    auto text = warning_of(rig);
    g_assert_nonnull(strstr(text.c_str(), "on-finished-command"));
    g_assert_nonnull(strstr(text.c_str(), "s1.json"));
}

// A program that takes its time is left to itself.
static void slow_command() {
    Folder folder;
    Rig rig(folder.file("{session}.mkv"), [&](GstElement* sink) {
        g_object_set(sink, "on-finished-command",
                     "/bin/sh -c 'echo $$ > \"$RTC_RECORDING_LOCATION.pid\"; exec sleep 60'",
                     "hooks-timeout", 100, nullptr);
    });
    record_call(rig, "s1", 7);
    auto process =
        int(g_ascii_strtoll(wait_for_file(folder.file("s1.mkv.pid")).c_str(), nullptr, 10));
    gst_element_set_state(rig.pipeline(), GST_STATE_READY);
    g_assert_false(rig.is_waiting(GST_MESSAGE_WARNING));
    g_assert_cmpint(kill(process, SIGTERM), ==, 0);
}

// --- what can't work is told at the start ---

struct WrongRow {
    const char* property;
    const char* value;
    const char* told;
};
static const WrongRow wrong_rows[] = {
    {"webhook", "http://example.org/hook", "webhook-allow-http"},
    {"webhook", "ftp://example.org/", "webhook"},
    {"webhook", "https://user:password@example.org/", "webhook"},
    {"webhook-secret-file", "/no/such/file", "webhook-secret-file"},
    {"webhook-ca-file", "/no/such/file", "webhook-ca-file"},
    {"on-finished-command", "/no/such/program", "on-finished-command"},
    {"on-finished-command", "sh 'unfinished", "on-finished-command"},
};

static void wrong_settings(gconstpointer data) {
    const auto& row = *static_cast<const WrongRow*>(data);
    auto sink = rtc::sink(gst_element_factory_make("rtcrecordsink", nullptr));
    auto bus = adopt(gst_bus_new());
    gst_element_set_bus(sink.get(), bus.get());
    g_object_set(sink.get(), "webhook", "http://127.0.0.1:1/", nullptr);
    g_object_set(sink.get(), row.property, row.value, nullptr);
    g_assert_cmpint(gst_element_set_state(sink.get(), GST_STATE_PAUSED), ==,
                    GST_STATE_CHANGE_FAILURE);
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, row.told));
    g_assert_null(strstr(error->message, "password@"));
    gst_element_set_state(sink.get(), GST_STATE_NULL);
    gst_element_set_bus(sink.get(), nullptr); // what is left on it holds the element
}

static void http_when_allowed() {
    auto sink = rtc::sink(gst_element_factory_make("rtcrecordsink", nullptr));
    g_object_set(sink.get(), "webhook", "http://example.org/hook", "webhook-allow-http", TRUE,
                 nullptr);
    g_assert_cmpint(gst_element_set_state(sink.get(), GST_STATE_PAUSED), !=,
                    GST_STATE_CHANGE_FAILURE);
    gst_element_set_state(sink.get(), GST_STATE_NULL);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/hooks/busy-server", busy_server);
    g_test_add_func("/hooks/segments", segments_are_told);
    g_test_add_func("/hooks/refused", refused);
    g_test_add_func("/hooks/gone-server", gone_server);
    g_test_add_func("/hooks/given-up-in-time", given_up_in_time);
    g_test_add_func("/hooks/command", command);
    g_test_add_func("/hooks/command-fails", command_fails);
    g_test_add_func("/hooks/slow-command", slow_command);
    g_test_add_func("/hooks/http-when-allowed", http_when_allowed);
    for (const auto& row : wrong_rows)
        g_test_add_data_func(
            (std::string("/hooks/wrong/") + row.property + "/" + std::to_string(&row - wrong_rows))
                .c_str(),
            &row, wrong_settings);
    return g_test_run();
}
