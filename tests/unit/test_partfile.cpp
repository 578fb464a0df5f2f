#include "plugins/record/leftovers.hpp"
#include "plugins/record/partmark.hpp"

#include "tests/support/sametext.hpp"

#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

using namespace rtc;

struct Folder {
    Folder()
        : path(g_dir_make_tmp("rtc-partfile-XXXXXX", nullptr)) {}
    std::string file(const char* name) const { return std::string(path.get()) + "/" + name; }
    void write(const char* name, const char* text) const {
        g_assert_true(g_file_set_contents(file(name).c_str(), text, -1, nullptr));
    }
    // As a muxer begins a part, with that text as its media.
    void write_part(const char* name, const char* text) const {
        write(name, ("\x1a\x45\xdf\xa3 WA\x8c" + std::string(part_mark) + text).c_str());
    }
    std::string read(const char* name) const {
        char* text = nullptr;
        gsize size = 0;
        g_file_get_contents(file(name).c_str(), &text, &size, nullptr);
        Owned<char> owned{text};
        return {text, size};
    }
    bool has(const char* name) const { return g_file_test(file(name).c_str(), G_FILE_TEST_EXISTS); }
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
    auto* file = g_fopen(part->path().c_str(), "w");
    fputs("12345", file);
    fclose(file);
    auto written = part->path();
    auto bytes = part->keep();
    g_assert_true(bool(bytes));
    g_assert_cmpuint(*bytes, ==, 5);
    RTC_ASSERT_TEXT(folder.read("a/b/call.mkv"), "12345");
    g_assert_false(g_file_test(written.c_str(), G_FILE_TEST_EXISTS));
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
    auto* file = g_fopen(third->path().c_str(), "w");
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

// The parts of one file belong together; what is written still stays.
static void leftovers() {
    Folder folder;
    g_mkdir_with_parents(folder.file("ann/deeper").c_str(), 0777);
    folder.write_part("old.mkv.part", "media");
    folder.write_part("late.mp4.part", "sound");
    folder.write_part("late.mp4.2+1500000.part", "picture");
    folder.write_part("late.mp4.3-20.part", "more sound");
    folder.write("late.mp4.composing", "half of it");
    folder.write_part("ann/call.mkv.part", "media");
    folder.write_part("ann/deeper/call.mkv.part", "media");
    auto busy = PartFile::reserve(folder.file("busy.mkv"));
    folder.write_part("other", "media"); // into the same file, as muxers do
    auto* file = g_fopen(busy->path().c_str(), "w");
    fputs(folder.read("other").c_str(), file);
    fclose(file);
    auto [found, unmarked] = find_leftovers(folder.path.get(), 1);
    g_assert_cmpuint(found.size(), ==, 3);
    RTC_ASSERT_TEXT(found[0].location, folder.file("ann/call.mkv"));
    RTC_ASSERT_TEXT(found[1].location, folder.file("late.mp4"));
    g_assert_cmpuint(found[1].parts.size(), ==, 3);
    g_assert_cmpint(found[1].parts[0].offset, ==, -20000);
    RTC_ASSERT_TEXT(found[1].parts[1].file.path(), folder.file("late.mp4.part"));
    g_assert_cmpint(found[1].parts[2].offset, ==, 1500 * GST_MSECOND);
    RTC_ASSERT_TEXT(found[2].location, folder.file("old.mkv"));
    g_assert_cmpuint(unmarked.size(), ==, 0);
    g_assert_false(folder.has("late.mp4.composing"));
    for (const char* there : {"busy.mkv.part", "ann/deeper/call.mkv.part"})
        g_assert_true(folder.has(there));
    g_assert_cmpuint(find_leftovers(folder.path.get(), 0).files.size(), ==, 0); // they are locked
    g_assert_cmpuint(find_leftovers(folder.file("nowhere"), 0).files.size(), ==, 0);
}

// Whatever it is called: a download, another recorder's file, a copy of a recording of ours.
static void others_files() {
    Folder folder;
    auto copy = PartFile::reserve(folder.file("call.mkv"));
    folder.write_part("like", "media");
    auto* file = g_fopen(copy->path().c_str(), "w");
    fputs(folder.read("like").c_str(), file);
    fclose(file);
    g_assert_true(bool(copy->keep()));
    auto whole = folder.read("call.mkv");
    g_assert_true(g_file_set_contents(folder.file("copy.mkv.part").c_str(), whole.data(),
                                      gssize(whole.size()), nullptr));
    folder.write("download.iso.part", "no name of a part");
    folder.write("download.mkv.part", "\x1a\x45\xdf\xa3 WA\x8cmkvmerge 1.0 media");
    folder.write("text.webm.2+5.part", "gst-rtc part");
    folder.write("begins.mkv.part", "");
    folder.write("symphony.mkv.composing", "theirs");
    auto [found, unmarked] = find_leftovers(folder.path.get(), 1);
    g_assert_cmpuint(found.size(), ==, 0);
    g_assert_true((unmarked == std::vector<std::string>{folder.file("copy.mkv.part"),
                                                        folder.file("download.mkv.part"),
                                                        folder.file("text.webm.2+5.part")}));
    for (const char* there : {"copy.mkv.part", "download.mkv.part", "text.webm.2+5.part",
                              "begins.mkv.part", "symphony.mkv.composing"})
        g_assert_true(folder.has(there));
    // Nor are they written over.
    auto mine = PartFile::reserve(folder.file("symphony.mkv"));
    g_assert_false(bool(mine->make_other(folder.file("symphony.mkv.composing"))));
    RTC_ASSERT_TEXT(folder.read("symphony.mkv.composing"), "theirs");
}

static std::optional<size_t> mark_in(std::string_view text) {
    return find_part_mark({reinterpret_cast<const guint8*>(text.data()), text.size()});
}

static void marks() {
    const std::string head = "\x1a\x45\xdf\xa3";
    const std::string mark = "WA\x8cgst-rtc part";
    g_assert_cmpuint(mark_in(head + mark).value(), ==, 7);
    g_assert_cmpuint(mark_in(head + "WA\x8cgst-rtc ----" + mark).value(), ==, 22);
    g_assert_cmpuint(mark_in(head + "WA\x8d" + std::string(part_mark) + '\0').value(), ==, 7);
    g_assert_true(mark_in(head + std::string(4000, 'x') + mark + "media").has_value());
    for (const auto& other :
         {std::string(), head, mark, head + mark.substr(0, 14), "x" + head + mark,
          head + "WA\x87gst-rtc", head + "WA\x8dgst-rtc party", head + "WA\x0cgst-rtc part",
          head + std::string(marked_head, 'x') + mark})
        g_assert_false(mark_in(other).has_value());
}

static void names() {
    const PartName rows[] = {{"a/call.mkv", 0, 0},
                             {"a/call.mp4", 3, 2500000},
                             {"a/x.2+5.webm", 0, 0},
                             {"a/call.mkv", 12, -20}};
    for (const auto& row : rows)
        g_assert_true(parse_part_path(part_path(row)) == row);
    RTC_ASSERT_TEXT(part_path(rows[1]), "a/call.mp4.3+2500000.part");
    for (const char* other : {"call.mkv", "call.part", "call.iso.part", "call.mkv.2.part",
                              "call.mkv.+5.part", "call.mkv.0+5.part", "call.mkv.2+5x.part"})
        g_assert_false(parse_part_path(other).has_value());
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/partfile/kept", kept);
    g_test_add_func("/partfile/never-overwrites", never_overwrites);
    g_test_add_func("/partfile/empty-is-removed", empty_is_removed);
    g_test_add_func("/partfile/no-directory", no_directory);
    g_test_add_func("/partfile/leftovers", leftovers);
    g_test_add_func("/partfile/others-files", others_files);
    g_test_add_func("/partfile/marks", marks);
    g_test_add_func("/partfile/names", names);
    return g_test_run();
}
