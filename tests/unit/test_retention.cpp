#include "plugins/record/archive.hpp"
#include "plugins/record/retention.hpp"

#include "signaling/base/refs.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;

static std::vector<Stored> three() {
    return {{"b.json", {}, 200, 20}, {"a.json", {}, 100, 10}, {"c.json", {}, 300, 30}};
}

static std::string chosen(const RetentionLimits& limits, gint64 now) {
    std::string names;
    for (const auto& expired : choose_expired(three(), limits, now))
        names += expired.recording.manifest.substr(0, 1) + std::string(":") + expired.reason + " ";
    return names;
}

static void ages() {
    RTC_ASSERT_TEXT(chosen({50, 0}, 150), "");
    RTC_ASSERT_TEXT(chosen({50, 0}, 151), "a:retention-age ");
    RTC_ASSERT_TEXT(chosen({50, 0}, 1000), "a:retention-age b:retention-age c:retention-age ");
    RTC_ASSERT_TEXT(chosen({50, 0}, 0), ""); // a clock that went back
    RTC_ASSERT_TEXT(chosen({0, 0}, 1000000), "");
}

static void sizes() {
    RTC_ASSERT_TEXT(chosen({0, 60}, 300), "");
    RTC_ASSERT_TEXT(chosen({0, 59}, 300), "a:retention-size ");
    RTC_ASSERT_TEXT(chosen({0, 49}, 300), "a:retention-size b:retention-size ");
    RTC_ASSERT_TEXT(chosen({0, 1}, 300), "a:retention-size b:retention-size c:retention-size ");
}

static void both() {
    RTC_ASSERT_TEXT(chosen({150, 40}, 300), "a:retention-age b:retention-size ");
}

static std::string manifest(const char* writer, const char* state, const char* stopped,
                            const char* file) {
    Owned<char> text{
        g_strdup_printf("{\"writer\": \"%s\", \"state\": \"%s\", \"stopped\": \"%s\", "
                        "\"segments\": [{\"file\": \"%s\"}], \"snapshots\": [\"a.jpg\"]}",
                        writer, state, stopped, file)};
    return text.get();
}

static void manifests() {
    auto whole = read_stored(
        manifest("rtcrecordsink", "finished", "1970-01-01T00:01:40.250Z", "a.mkv"), "calls");
    g_assert_true(whole.has_value());
    g_assert_cmpint(whole->stopped, ==, 100);
    g_assert_true((whole->files == std::vector<std::string>{"calls/a.mkv", "calls/a.jpg"}));
    const std::string time = "2026-11-21T07:42:05Z";
    g_assert_true(whole->finished);
    g_assert_false(
        read_stored(manifest("rtcrecordsink", "recording", time.c_str(), "a"), "c")->finished);
    // Others' files, and what can't be dated stay.
    g_assert_false(read_stored(manifest("npm", "finished", time.c_str(), "a"), "c").has_value());
    g_assert_false(
        read_stored(manifest("rtcrecordsink", "else", time.c_str(), "a"), "c").has_value());
    g_assert_false(
        read_stored(manifest("rtcrecordsink", "finished", "soon", "a"), "c").has_value());
    for (const char* text : {"", "[]", "{}", "{\"writer\": \"rtcrecordsink\"}", "{\"writer\": 1}"})
        g_assert_false(read_stored(text, "c").has_value());
    // Names lead nowhere else.
    for (const char* name : {"../a.mkv", "/etc/passwd", "..", "", "x/../../y"}) {
        auto read = read_stored(manifest("rtcrecordsink", "finished", time.c_str(), name), "c");
        g_assert_true((read->files == std::vector<std::string>{"c/a.jpg"}));
    }
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/retention/ages", ages);
    g_test_add_func("/retention/sizes", sizes);
    g_test_add_func("/retention/both", both);
    g_test_add_func("/retention/manifests", manifests);
    return g_test_run();
}
