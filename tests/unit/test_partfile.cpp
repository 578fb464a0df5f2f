#include "plugins/record/partfile.hpp"

#include "tests/support/sametext.hpp"

#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

#include <algorithm>

using namespace rtc;

struct Folder {
    Folder()
        : path(g_dir_make_tmp("rtc-partfile-XXXXXX", nullptr)) {}
    std::string file(const char* name) const { return std::string(path.get()) + "/" + name; }
    void write(const char* name, const char* text) const {
        g_assert_true(g_file_set_contents(file(name).c_str(), text, -1, nullptr));
    }
    std::string read(const char* name) const {
        char* text = nullptr;
        g_file_get_contents(file(name).c_str(), &text, nullptr, nullptr);
        Owned<char> owned{text};
        return text ? text : "";
    }
    ~Folder() {
        Owned<char> quoted{g_shell_quote(path.get())};
        g_spawn_command_line_sync((std::string("rm -rf ") + quoted.get()).c_str(), nullptr, nullptr,
                                  nullptr, nullptr);
    }
    Owned<char> path;
};

static void kept() {
    Folder folder;
    auto part = PartFile::reserve(folder.file("a/b/call.mkv"));
    g_assert_true(bool(part));
    g_assert_true(g_file_test(folder.file("a/b/call.mkv.part").c_str(), G_FILE_TEST_IS_REGULAR));
    auto* file = g_fopen(part->part().c_str(), "w");
    fputs("12345", file);
    fclose(file);
    auto bytes = part->keep();
    g_assert_true(bool(bytes));
    g_assert_cmpuint(*bytes, ==, 5);
    RTC_ASSERT_TEXT(folder.read("a/b/call.mkv"), "12345");
    g_assert_false(g_file_test(part->part().c_str(), G_FILE_TEST_EXISTS));
}

static void never_overwrites() {
    Folder folder;
    folder.write("call.mkv", "old");
    folder.write("call-2.json", "manifest of something");
    auto third = PartFile::reserve(folder.file("call.mkv"));
    RTC_ASSERT_TEXT(third->location(), folder.file("call-3.mkv"));
    auto fourth = PartFile::reserve(folder.file("call.mkv"));
    RTC_ASSERT_TEXT(fourth->location(), folder.file("call-4.mkv"));
    // Somebody takes the name while the file is being written.
    folder.write("call-3.mkv", "theirs");
    auto* file = g_fopen(third->part().c_str(), "w");
    fputs("ours", file);
    fclose(file);
    g_assert_true(bool(third->keep()));
    RTC_ASSERT_TEXT(folder.read("call.mkv"), "old");
    RTC_ASSERT_TEXT(folder.read("call-3.mkv"), "theirs");
    RTC_ASSERT_TEXT(folder.read("call-3-2.mkv"), "ours");
}

static void empty_is_removed() {
    Folder folder;
    auto part = PartFile::reserve(folder.file("call.mkv"));
    g_assert_cmpuint(*part->keep(), ==, 0);
    g_assert_false(g_file_test(folder.file("call.mkv").c_str(), G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(folder.file("call.mkv.part").c_str(), G_FILE_TEST_EXISTS));
}

static void no_directory() {
    Folder folder;
    folder.write("file", "x");
    auto part = PartFile::reserve(folder.file("file/call.mkv"));
    g_assert_false(bool(part));
    g_assert_nonnull(strstr(part.error().message.c_str(), "directory"));
}

static void leftovers() {
    Folder folder;
    folder.write("old.mkv.part", "media");
    folder.write("taken.mkv.part", "media 2");
    folder.write("taken.mkv", "whole");
    folder.write("empty.webm.part", "");
    folder.write("download.iso.part", "not ours");
    auto busy = PartFile::reserve(folder.file("busy.mkv"));
    auto names = adopt_leftovers(folder.path.get());
    std::sort(names.begin(), names.end());
    g_assert_cmpuint(names.size(), ==, 2);
    RTC_ASSERT_TEXT(names[0], folder.file("old.mkv"));
    RTC_ASSERT_TEXT(names[1], folder.file("taken-2.mkv"));
    RTC_ASSERT_TEXT(folder.read("taken.mkv"), "whole");
    g_assert_false(g_file_test(folder.file("empty.webm.part").c_str(), G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(folder.file("download.iso.part").c_str(), G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(busy->part().c_str(), G_FILE_TEST_EXISTS));
    g_assert_cmpuint(adopt_leftovers(folder.file("nowhere")).size(), ==, 0);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/partfile/kept", kept);
    g_test_add_func("/partfile/never-overwrites", never_overwrites);
    g_test_add_func("/partfile/empty-is-removed", empty_is_removed);
    g_test_add_func("/partfile/no-directory", no_directory);
    g_test_add_func("/partfile/leftovers", leftovers);
    return g_test_run();
}
