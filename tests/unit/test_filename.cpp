#include "plugins/record/filename.hpp"

#include "tests/support/sametext.hpp"

#include "signaling/base/refs.hpp"

using namespace rtc;

static std::string expand(const char* name_template, const char* session, const char* peer,
                          guint part = 1) {
    auto time = adopt(g_date_time_new_utc(2026, 11, 21, 7, 42, 5));
    return expand_name_template(name_template,
                                {session, peer, time.get(), part, "mkv", "green/room"});
}

static void placeholders() {
    RTC_ASSERT_TEXT(expand("calls/{session}.mkv", "a1", "bob"), "calls/a1.mkv");
    RTC_ASSERT_TEXT(expand("{peer}/{time:%Y-%m-%d}/{seq}.{ext}", "a1", "bob", 3),
                    "bob/2026-11-21/3.mkv");
    RTC_ASSERT_TEXT(expand("{time}.mkv", "", ""), "20261121-074205.mkv");
    RTC_ASSERT_TEXT(expand("{time:%Y/%m}/x", "", ""), "2026/11/x");
    RTC_ASSERT_TEXT(expand("{{{session}}}.mkv", "a1", ""), "{a1}.mkv");
    RTC_ASSERT_TEXT(expand("{session}-{peer}.mkv", "", ""), "call-unknown.mkv");
    RTC_ASSERT_TEXT(expand("{room}/{track}.mkv", "", ""), "green_room/all.mkv");
    RTC_ASSERT_TEXT(expand_name_template("{room}/{track}", {.room = "", .track = "video-1"}),
                    "none/video-1");
}

static void bad_templates() {
    for (const char* bad : {"", "calls/", "{session", "session}.mkv", "{who}.mkv", "{}.mkv",
                            "{session:%Y}.mkv", "{time:%}.mkv"}) {
        auto checked = check_name_template(bad);
        g_test_message("\"%s\": %s", bad, checked ? "accepted" : checked.error().message.c_str());
        g_assert_false(bool(checked));
    }
    for (const char* good : {"a.mkv", "{{x}}.mkv", "/srv/{peer}/{time:%H:%M}-{seq}.{ext}"})
        g_assert_true(bool(check_name_template(good)));
    auto checked = check_name_template("{who}.mkv");
    g_assert_nonnull(strstr(checked.error().message.c_str(), "{session}"));
}

// What a peer calls itself stays one harmless path component.
static void hostile_values() {
    const struct {
        const char* value;
        const char* expected;
    } cases[] = {
        {"../../etc/passwd", "_._.._etc_passwd"},
        {"..", "__"},
        {".", "_"},
        {"", "_"},
        {"/", "_"},
        {".hidden", "_hidden"},
        {"-rf", "_rf"},
        {"a b\tc\nd", "a_b_c_d"},
        {"x;rm $(y) `z` | & \"'<>*?", nullptr},
        {"Zoë Müller", "Zoë_Müller"},
        {"日本語", "日本語"},
        {"\xe2\x80\xaegnp.exe", "_gnp.exe"},
        {"\xff\xfe", nullptr},
        {"end.", "end_"},
        {"C:\\x", "C__x"},
    };
    for (const auto& test : cases) {
        auto safe = sanitize_name(test.value);
        if (test.expected)
            RTC_ASSERT_TEXT(safe, test.expected);
        g_assert_true(g_utf8_validate(safe.c_str(), gssize(safe.size()), nullptr));
        g_assert_cmpuint(safe.size(), >, 0);
        g_assert_null(strpbrk(safe.c_str(), "/\\ \t\n;$()`|&\"'<>*?:"));
        g_assert_cmpint(safe[0], !=, '.');
        g_assert_cmpint(safe[0], !=, '-');
    }
    RTC_ASSERT_TEXT(expand("calls/{peer}/{session}.mkv", "../x", ".."), "calls/__/_._x.mkv");
}

static void long_values() {
    std::string name(500, 'x');
    g_assert_cmpuint(sanitize_name(name).size(), ==, 80);
    std::string wide;
    for (int i = 0; i < 100; i++)
        wide += "ü";
    auto cut = sanitize_name(wide, 81);
    g_assert_cmpuint(cut.size(), ==, 80);
    g_assert_true(g_utf8_validate(cut.c_str(), -1, nullptr));
    auto path = expand("{session}{session}{session}{peer}.mkv", name.c_str(), name.c_str());
    g_assert_cmpuint(path.size(), <=, 200);
    g_assert_true(path.ends_with(".mkv"));
}

static void paths() {
    RTC_ASSERT_TEXT(numbered_path("calls/a.mkv", 1), "calls/a.mkv");
    RTC_ASSERT_TEXT(numbered_path("calls/a.mkv", 2), "calls/a-2.mkv");
    RTC_ASSERT_TEXT(numbered_path("b.c/a", 12), "b.c/a-12");
    RTC_ASSERT_TEXT(path_ending("calls/a.MKV"), "mkv");
    RTC_ASSERT_TEXT(path_ending("b.c/a"), "");
    RTC_ASSERT_TEXT(path_ending("b/.mkv"), "");
    RTC_ASSERT_TEXT(replace_ending("b.c/a.webm", "mkv"), "b.c/a.mkv");
    RTC_ASSERT_TEXT(replace_ending("b.c/a", "mkv"), "b.c/a.mkv");
    RTC_ASSERT_TEXT(fixed_directory("calls/{peer}/x.mkv"), "calls");
    RTC_ASSERT_TEXT(fixed_directory("x{peer}.mkv"), ".");
    RTC_ASSERT_TEXT(fixed_directory("/{peer}.mkv"), "/");
    RTC_ASSERT_TEXT(fixed_directory("/srv/calls/a.mkv"), "/srv/calls");
}

static void file_modes() {
    g_assert_false(parse_file_mode("")->has_value());
    g_assert_cmpuint(parse_file_mode("0600")->value(), ==, 0600);
    g_assert_cmpuint(parse_file_mode("644")->value(), ==, 0644);
    for (const char* bad : {"0", "0400", "1777", "8", "rw-------", "0600 ", "-1"})
        g_assert_false(bool(parse_file_mode(bad)));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/filename/placeholders", placeholders);
    g_test_add_func("/filename/bad-templates", bad_templates);
    g_test_add_func("/filename/hostile-values", hostile_values);
    g_test_add_func("/filename/long-values", long_values);
    g_test_add_func("/filename/paths", paths);
    g_test_add_func("/filename/file-modes", file_modes);
    return g_test_run();
}
