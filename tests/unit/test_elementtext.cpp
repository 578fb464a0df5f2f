// Elements from text: all of it is taken, or an error names what is not.
#include "signaling/base/elementtext.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;

namespace {

std::string text_of(const Ref<GstElement>& element, const char* property) {
    char* text = nullptr;
    g_object_get(element.get(), property, &text, nullptr);
    return text ? Owned<char>(text).get() : "";
}

void what_is_taken() {
    auto made = make_element(" filesrc\n location = \"a b\\\"c\"\tblocksize=512 name='it\\'s' ");
    if (!made)
        g_error("%s", made.error().message.c_str());
    RTC_ASSERT_TEXT(text_of(*made, "location"), "a b\"c");
    RTC_ASSERT_TEXT(text_of(*made, "name"), "it's");
    guint blocksize = 0;
    g_object_get(made->get(), "blocksize", &blocksize, nullptr);
    g_assert_cmpuint(blocksize, ==, 512);
    RTC_ASSERT_TEXT(text_of(*make_element("filesrc location=a\\ b\"c=d,e;f"), "location"),
                    "a b\"c=d,e;f");
    RTC_ASSERT_TEXT(text_of(*make_element("filesrc location=\"\""), "location"), "");
    g_assert_true(bool(make_element("fakesink")));
}

void what_is_not_taken() {
    struct {
        const char* text;
        const char* words;
    } cases[] = {
        {"", "it is empty"},
        {" \n", "it is empty"},
        {"=1", "\"=…\" is no name of an element"},
        {"fakesink,name=secret,dump=true",
         "\",name=…,dump=…\" right behind fakesink is not taken: properties stand behind blanks"},
        {"fakesink;name=secret", "\";name=…\" right behind fakesink"},
        {"fakesink=secret", "\"=…\" right behind fakesink"},
        {"fakesink dump=true junk", "\"junk\" is not taken: write property=value"},
        {"fakesink name secret", "\"name\" is not taken"},
        {"fakesink ! fakesink", "\"!\" is not taken"},
        {"fakesink name=\"a\"b=secret", "\"b=…\" right behind the value of name"},
        {"fakesink name=\"secret", "the value of name lacks its closing \""},
        {"nosuchsink name=secret", "there is no element nosuchsink"},
        {"fakesink no-such=secret", "fakesink has no property no-such"},
        {"fakesink last-sample=secret", "fakesink has no property last-sample that can be set"},
        {"fakesink num-buffers=5,name=secret",
         "num-buffers of fakesink takes a whole number from -1 to 2147483647"},
        {"fakesink num-buffers=-2", "num-buffers of fakesink takes a whole number from -1"},
        {"fakesink dump=perhaps", "dump of fakesink takes true or false"},
        {"fakesink state-error=secret", "state-error of fakesink takes none, null-to-ready, "},
    };
    for (const auto& c : cases) {
        auto made = make_element(c.text);
        g_assert_false(bool(made));
        auto message = made.error().message;
        if (message.find(c.words) == message.npos)
            g_error("%s: %s", c.text, message.c_str());
        g_assert_true(message.find("secret") == message.npos);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/elementtext/what-is-taken", what_is_taken);
    g_test_add_func("/elementtext/what-is-not-taken", what_is_not_taken);
    return g_test_run();
}
