#include "plugins/record/manifestfile.hpp"

#include "signaling/base/refs.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

using namespace rtc;

struct Folder {
    Folder()
        : path(g_dir_make_tmp("rtc-manifestfile-XXXXXX", nullptr)) {}
    ~Folder() {
        g_unlink(manifest().c_str());
        g_assert_cmpint(g_rmdir(path.get()), ==, 0); // nothing else is left
    }
    std::string manifest() const { return std::string(path.get()) + "/a.json"; }
    std::string read() const {
        char* text = nullptr;
        g_assert_true(g_file_get_contents(manifest().c_str(), &text, nullptr, nullptr));
        Owned<char> owned{text};
        return text;
    }
    GStatBuf status() const {
        GStatBuf status;
        g_assert_cmpint(g_stat(manifest().c_str(), &status), ==, 0);
        return status;
    }
    Owned<char> path;
};

// It is replaced each time, and held until the last.
static void life() {
    Folder folder;
    ManifestFile file(folder.manifest(), 0640);
    g_assert_false(ManifestFile::is_held(folder.manifest()));
    g_assert_true(bool(file.reserve("{}\n")));
    auto first = folder.status();
    g_assert_cmpint(first.st_blocks * 512, >=, 16 * 1024);
    for (const char* text : {"{\"a\": 1}\n", "{}\n"}) {
        g_assert_true(bool(file.write(text)));
        RTC_ASSERT_TEXT(folder.read(), text);
        g_assert_true(ManifestFile::is_held(folder.manifest()));
        g_assert_false(ManifestFile::take_over(folder.manifest()).has_value());
    }
    g_assert_true(bool(file.finish("{\"b\": 2}\n")));
    RTC_ASSERT_TEXT(folder.read(), "{\"b\": 2}\n");
    g_assert_false(ManifestFile::is_held(folder.manifest()));
    g_assert_cmpint(folder.status().st_blocks * 512, <, 16 * 1024);
    g_assert_cmpuint(folder.status().st_mode & 0777, ==, 0640);
}

// What an earlier process left keeps its permissions.
static void taken_over() {
    Folder folder;
    g_assert_false(ManifestFile::take_over(folder.manifest()).has_value());
    { g_assert_true(bool(ManifestFile(folder.manifest(), 0600).write("{}\n"))); }
    auto file = ManifestFile::take_over(folder.manifest());
    g_assert_true(file.has_value());
    g_assert_true(ManifestFile::is_held(folder.manifest()));
    g_assert_true(bool(file->finish("{\"c\": 3}\n")));
    RTC_ASSERT_TEXT(folder.read(), "{\"c\": 3}\n");
    g_assert_cmpuint(folder.status().st_mode & 0777, ==, 0600);
}

static void no_place() {
    ManifestFile file("/nonexistent/a.json");
    auto written = file.write("{}\n");
    g_assert_nonnull(strstr(written.error().message.c_str(), "/nonexistent/a.json"));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/manifestfile/life", life);
    g_test_add_func("/manifestfile/taken-over", taken_over);
    g_test_add_func("/manifestfile/no-place", no_place);
    return g_test_run();
}
