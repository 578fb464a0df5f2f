#include "plugins/record/leftmanifest.hpp"
#include "plugins/record/manifest.hpp"

#include "signaling/base/json.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

using namespace rtc;

// The manifest of a call of two files whose process was killed in the second one.
struct Left {
    Left() {
        Owned<char> made{g_dir_make_tmp("rtc-leftmanifest-XXXXXX", nullptr)};
        folder = made.get();
        Manifest manifest;
        manifest.started = adopt(g_date_time_new_utc(2026, 11, 21, 7, 42, 5));
        SegmentSummary first{file("a.mkv"), "mkv", 0, gint64(GST_SECOND), 1000, true, "5ea"};
        SegmentSummary second{file("a-2.mkv"), "mkv", gint64(GST_SECOND)};
        manifest.segments = {first, second};
        write("a.json", to_json(manifest));
    }
    ~Left() {
        for (const char* name : {"a.json", "b.json"})
            g_unlink(file(name).c_str());
        g_rmdir(folder.c_str());
    }
    std::string file(const std::string& name) const { return folder + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        g_assert_true(g_file_set_contents(file(name).c_str(), text.c_str(), -1, nullptr));
    }
    JsonValue read() const {
        char* text = nullptr;
        g_file_get_contents(file("a.json").c_str(), &text, nullptr, nullptr);
        Owned<char> owned{text};
        return *JsonValue::parse(text);
    }
    std::string folder;
};

static Recovered second_file(const Left& left) {
    Recovered file{left.file("a-2.mkv"), left.file("a-2.mkv"), true, 500, GST_SECOND / 2, "5eb"};
    file.stopped = adopt(g_date_time_new_utc(2026, 11, 21, 7, 42, 7));
    return file;
}

// It stands beside the first file, and may not be the first one that names it.
static void further_file() {
    Left left;
    left.write("b.json", "no manifest");
    auto path = finish_manifest(second_file(left));
    g_assert_true(bool(path));
    RTC_ASSERT_TEXT(*path, left.file("a.json"));
    auto manifest = left.read();
    RTC_ASSERT_TEXT(manifest.text("state").value(), "finished");
    RTC_ASSERT_TEXT(manifest.text("reason").value(), "interrupted");
    RTC_ASSERT_TEXT(manifest.text("stopped").value(), "2026-11-21T07:42:07.000Z");
    g_assert_cmpint(manifest.integer("bytes").value(), ==, 1500);
    g_assert_cmpint(manifest.integer("duration_ns").value(), ==, 3 * GST_SECOND / 2);
    auto second = manifest.objects("segments")->back();
    RTC_ASSERT_TEXT(second.text("sha256").value(), "5eb");
    g_assert_cmpint(second.integer("bytes").value(), ==, 500);
}

// Both were left: the second one to be finished finds it finished already.
static void two_files() {
    Left left;
    g_assert_true(bool(finish_manifest(second_file(left))));
    Recovered first{left.file("a.mkv"), left.file("a-3.mkv"), true, 700, 2 * GST_SECOND};
    RTC_ASSERT_TEXT(*finish_manifest(first), left.file("a.json"));
    auto manifest = left.read();
    RTC_ASSERT_TEXT(manifest.objects("segments")->front().text("file").value(), "a-3.mkv");
    g_assert_cmpint(manifest.integer("bytes").value(), ==, 1200);
}

static void none() {
    Left left;
    Recovered other{left.file("x.mkv"), left.file("x.mkv"), true, 700};
    RTC_ASSERT_TEXT(*finish_manifest(other), "");
    RTC_ASSERT_TEXT(left.read().text("state").value(), "recording");
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/leftmanifest/further-file", further_file);
    g_test_add_func("/leftmanifest/two-files", two_files);
    g_test_add_func("/leftmanifest/none", none);
    return g_test_run();
}
