// The property `signaling` of rtcsrc and rtcsink as text: what of it can't be taken keeps the
// element from starting.
#include "signaling/base/refs.hpp"
#include "tests/support/sametext.hpp"

#include <gst/gst.h>

#include <sys/wait.h>

#include <string>

using namespace rtc;

namespace {

Ref<GstElement> parse(const std::string& text) {
    GError* error = nullptr;
    auto element = sink(gst_parse_launch(text.c_str(), &error));
    g_assert_no_error(error);
    return element;
}

Ref<GstElement> signaling_of(const Ref<GstElement>& element) {
    GstElement* signaling = nullptr;
    g_object_get(element.get(), "signaling", &signaling, nullptr);
    return adopt(signaling);
}

// The error with which the element refuses to start; "" where it does start.
std::string refusal(const Ref<GstElement>& element) {
    auto bus = adopt(gst_bus_new());
    gst_element_set_bus(element.get(), bus.get());
    auto changed = gst_element_set_state(element.get(), GST_STATE_PAUSED);
    gst_element_set_state(element.get(), GST_STATE_NULL);
    gst_element_set_bus(element.get(), nullptr);
    if (changed != GST_STATE_CHANGE_FAILURE)
        return "";
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    g_assert_nonnull(message.get());
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    return Owned<GError>(error)->message;
}

const struct {
    const char* text;
    const char* words;
} refused[] = {
    {"whipserver,port=0,token=s3cret", "signaling: \",port=…,token=…\" right behind whipserver"},
    {"whipserver;port=0", "signaling: \";port=…\" right behind whipserver"},
    {"whipserver port=0 trailing", "signaling: \"trailing\" is not taken"},
    {"whipserver port=0 ! fakesink", "signaling: \"!\" is not taken"},
    {"whipserver port=0,token=s3cret", "port of whipserver takes a whole number from 0 to 65535"},
    {"whipserver port=70000", "port of whipserver takes a whole number from 0 to 65535"},
    {"whipserver takeover=never", "takeover of whipserver takes many, reject or replace"},
    {"whipserver prot=0", "whipserver has no property prot"},
    {"wipserver port=0", "there is no element wipserver"},
    {"fakesink", "fakesink is not a signaling element"},
};

void by_gst_parse() {
    for (const auto& c : refused)
        for (auto* host : {"rtcsrc", "rtcsink"}) {
            auto element = parse(std::string(host) + " signaling=\"" + c.text + "\"");
            auto told = refusal(element);
            if (told.find(c.words) == told.npos)
                g_error("%s: \"%s\"", c.text, told.c_str());
            g_assert_true(told.find("s3cret") == told.npos);
        }
}

void by_object_arg() {
    for (const auto& c : refused) {
        auto element = parse("rtcsrc");
        gst_util_set_object_arg(G_OBJECT(element.get()), "signaling", c.text);
        auto told = refusal(element);
        g_assert_true(told.find(c.words) != told.npos);
    }
}

void what_is_right_is_taken() {
    for (auto* text : {"whipserver port=0 address=127.0.0.1", "whipserver\nport = 0 path=/whip",
                       "whipserver  port=0\tpath=\"/whip\" "}) {
        auto element = parse("rtcsrc");
        gst_util_set_object_arg(G_OBJECT(element.get()), "signaling", text);
        guint port = 1;
        g_object_get(signaling_of(element).get(), "port", &port, nullptr);
        g_assert_cmpuint(port, ==, 0);
        RTC_ASSERT_TEXT(refusal(element), "");
    }
}

void an_object_is_taken() {
    auto element = parse("rtcsink");
    auto signaling = sink(gst_element_factory_make("whepserver", nullptr));
    g_object_set(signaling.get(), "port", 0, nullptr);
    g_object_set(element.get(), "signaling", signaling.get(), nullptr);
    g_assert_true(signaling_of(element).get() == signaling.get());
    RTC_ASSERT_TEXT(refusal(element), "");
}

void gst_launch_tells() {
    const char* command[] = {
        "gst-launch-1.0", "rtcsrc", "signaling=whipserver,port=0,token=s3cret", "!",
        "fakesink",       nullptr};
    char* told = nullptr;
    int status = 0;
    GError* error = nullptr;
    g_spawn_sync(nullptr, const_cast<char**>(command), nullptr, G_SPAWN_SEARCH_PATH, nullptr,
                 nullptr, nullptr, &told, &status, &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    std::string output = Owned<char>(told).get();
    g_assert_true(
        output.find("signaling: \",port=…,token=…\" right behind whipserver is not taken") !=
        output.npos);
    g_assert_true(output.find("s3cret") == output.npos);
}

void a_uri() {
    for (auto* uri : {"whep://127.0.0.1:1/whep token=s3cret", "whep://127.0.0.1:1/whep#s3cret",
                      "whep://127.0.0.1:1/whep\ntoken=s3cret", "whep://user:s3cret@127.0.0.1:1/"}) {
        auto element = parse("rtcsrc");
        GError* error = nullptr;
        g_assert_false(gst_uri_handler_set_uri(GST_URI_HANDLER(element.get()), uri, &error));
        g_assert_true(error && !std::string(error->message).empty());
        g_assert_true(std::string(Owned<GError>(error)->message).find("s3cret") ==
                      std::string::npos);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/signalingtext/by-gst-parse", by_gst_parse);
    g_test_add_func("/signalingtext/by-object-arg", by_object_arg);
    g_test_add_func("/signalingtext/what-is-right-is-taken", what_is_right_is_taken);
    g_test_add_func("/signalingtext/an-object-is-taken", an_object_is_taken);
    if (!SANITIZED) // gst-launch-1.0 can't load instrumented plugins
        g_test_add_func("/signalingtext/gst-launch-tells", gst_launch_tells);
    g_test_add_func("/signalingtext/a-uri", a_uri);
    return g_test_run();
}
