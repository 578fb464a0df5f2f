// A disk without room: what is told and left then, and what the next start makes of it.
#include "tests/element/recording_rig.hpp"

#include "tests/support/sametext.hpp"

#include <cstring>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

using namespace rtc;
using namespace rtc::test;

// A file system of so many bytes in a folder, which this process alone sees.
class SmallDisk {
public:
    explicit SmallDisk(guint kilobytes) {
        g_mkdir(file("").c_str(), 0755);
        auto options = "size=" + std::to_string(kilobytes) + "k";
        g_assert_cmpint(mount("tmpfs", file("").c_str(), "tmpfs", 0, options.c_str()), ==, 0);
    }
    ~SmallDisk() { umount2(file("").c_str(), MNT_DETACH); }
    std::string file(const std::string& name) const { return folder_.file("disk/" + name); }
    std::string beside(const std::string& name) const { return folder_.file(name); }
    bool has(const std::string& name) const { return folder_.has("disk/" + name); }
    std::vector<std::string> list() const {
        std::vector<std::string> names;
        for (const auto& name : folder_.list("disk"))
            if (name != "filler")
                names.push_back(name);
        return names;
    }
    // Nothing more has room, but for so many bytes, and they are there all the while.
    void fill(off_t leaving = 0) const {
        int filler = open(file("filler").c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
        const std::vector<char> page(4096, 'x');
        while (room() >= leaving + off_t(page.size()) &&
               write(filler, page.data(), page.size()) > 0)
            ;
        close(filler);
    }
    void make_room() const { g_unlink(file("filler").c_str()); }

private:
    off_t room() const {
        struct statvfs disk {};
        g_assert_cmpint(statvfs(file("").c_str(), &disk), ==, 0);
        return off_t(disk.f_bavail * disk.f_frsize);
    }
    Folder folder_;
};

static std::string warning_of(Rig& rig) {
    auto message = rig.wait_for_type(GST_MESSAGE_WARNING);
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    Owned<GError> owned{error};
    return error->message;
}

static std::vector<std::string> texts_of(GstMessage* message, const char* field) {
    std::vector<std::string> texts;
    const auto* list = gst_structure_get_value(gst_message_get_structure(message), field);
    for (guint i = 0; list && i < gst_value_array_get_size(list); i++)
        texts.emplace_back(g_value_get_string(gst_value_array_get_value(list, i)));
    return texts;
}

static std::vector<std::string> names_in(const std::string& manifest, const char* member) {
    std::vector<std::string> names;
    auto root = read_manifest(manifest);
    auto* list = json_object_get_array_member(root.get(), member);
    for (guint i = 0; i < json_array_get_length(list); i++)
        if (JSON_NODE_HOLDS_OBJECT(json_array_get_element(list, i)))
            names.emplace_back(
                json_object_get_string_member(json_array_get_object_element(list, i), "file"));
        else
            names.emplace_back(json_array_get_string_element(list, i));
    return names;
}

// Until so many frames are in the file. What came last may be on its way still.
static void wait_for_frames(const std::string& path, const std::string& media_name, size_t count) {
    gint64 bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += gint64(gst_buffer_get_size(gst_sample_get_buffer(media(media_name)[i].get())));
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    GStatBuf status{};
    while (g_stat(path.c_str(), &status) != 0 || status.st_size < bytes) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
}

static void at_once(GstElement* sink) {
    g_object_set(sink, "track-timeout", 0, nullptr);
}

// It has what it needs to say how the recording ended, whatever the disk has by then.
static void manifest_is_finished() {
    SmallDisk disk(512);
    Rig rig(disk.file("{session}.mkv"), at_once);
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push(0, 30);
    rig.wait_for("rtc-recording-started");
    wait_for_frames(disk.file("s1.mkv.part"), "vp8", 20);
    disk.fill();
    for (guint round = 0; round < 5; round++)
        video.push(30, 90, round * 2 * GST_SECOND);
    g_assert_nonnull(strcasestr(warning_of(rig).c_str(), "space"));
    disk.fill(); // what a last write may have left
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "disk-full");
    g_assert_cmpuint(texts_of(finished.get(), "unwritten").size(), ==, 0);
    while (rig.is_waiting(GST_MESSAGE_WARNING))
        g_assert_null(strstr(warning_of(rig).c_str(), "manifest"));
    g_assert_true((disk.list() == std::vector<std::string>{"s1.json", "s1.mkv"}));
    RTC_ASSERT_TEXT(manifest_text(disk.file("s1.json"), "state"), "finished");
    RTC_ASSERT_TEXT(manifest_text(disk.file("s1.json"), "reason"), "disk-full");
    g_assert_cmpuint(count_frames(disk.file("s1.mkv")), >, 10);
}

// Nobody is sent to a file that isn't there: it is told what is missing.
static void nothing_is_there() {
    SmallDisk disk(512);
    auto ran = disk.beside("ran");
    disk.fill();
    Rig rig(disk.file("{session}.mkv"), [&](GstElement* sink) {
        at_once(sink);
        g_object_set(sink, "on-finished-command", ("touch " + ran).c_str(), nullptr);
    });
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    g_assert_nonnull(strcasestr(warning_of(rig).c_str(), "space"));
    video.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    RTC_ASSERT_TEXT(text_of(finished.get(), "reason"), "disk-full");
    RTC_ASSERT_TEXT(text_of(finished.get(), "location"), "");
    g_assert_cmpuint(texts_of(finished.get(), "locations").size(), ==, 0);
    g_assert_cmpuint(number_of(finished.get(), "bytes"), ==, 0);
    g_assert_true(
        (texts_of(finished.get(), "unwritten") == std::vector<std::string>{disk.file("s1.mkv")}));
    g_assert_cmpuint(disk.list().size(), ==, 0);
    gst_element_set_state(rig.pipeline(), GST_STATE_READY); // commands are waited for
    g_assert_false(g_file_test(ran.c_str(), G_FILE_TEST_EXISTS));
}

// The disk fills up between two files of a call: the first one is told, and what isn't there is
// not among the manifest's files.
static void second_file_is_not_there() {
    SmallDisk disk(512);
    Rig rig(disk.file("{session}-{seq}.mkv"), at_once);
    Feed audio(rig, "opus", 7, "s1/0", "s1");
    audio.push(0, 50);
    rig.wait_for("rtc-recording-started");
    guint count = 0;
    g_signal_emit_by_name(rig.sink(), "split-now", nullptr, &count);
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!disk.has("s1-1.mkv")) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_thread_yield();
    }
    disk.fill();
    audio.push(50, 150);
    rig.wait_for_type(GST_MESSAGE_WARNING);
    audio.end();
    auto finished = rig.wait_for("rtc-recording-finished");
    g_assert_true(
        (texts_of(finished.get(), "locations") == std::vector<std::string>{disk.file("s1-1.mkv")}));
    RTC_ASSERT_TEXT(manifest_text(disk.file("s1-1.json"), "state"), "finished");
    g_assert_true(
        (names_in(disk.file("s1-1.json"), "segments") == std::vector<std::string>{"s1-1.mkv"}));
    g_assert_true(
        (names_in(disk.file("s1-1.json"), "unwritten") == std::vector<std::string>{"s1-2.mkv"}));
    g_assert_true((disk.list() == std::vector<std::string>{"s1-1.json", "s1-1.mkv"}));
}

// An MP4 is made of its part, which takes as much room again: the part waits for it.
static void no_room_to_compose() {
    SmallDisk disk(1024);
    {
        Rig rig(disk.file("{session}.mp4"), at_once);
        Feed video(rig, "h264", 7, "s1/1", "s1");
        video.push(0, 60);
        rig.wait_for("rtc-recording-started");
        wait_for_frames(disk.file("s1.mp4.part"), "h264", 50);
        disk.fill(48 * 1024); // for the rest, and not for the whole again
        video.end();
        auto finished = rig.wait_for("rtc-recording-finished");
        RTC_ASSERT_TEXT(text_of(finished.get(), "location"), disk.file("s1.mp4.part"));
        g_assert_nonnull(strstr(warning_of(rig).c_str(), "next start"));
        g_assert_true((disk.list() == std::vector<std::string>{"s1.json", "s1.mp4.part"}));
    }
    { // not yet
        Rig rig(disk.file("{session}.mp4"));
        g_assert_nonnull(strstr(warning_of(rig).c_str(), "s1.mp4.part"));
        g_assert_true((disk.list() == std::vector<std::string>{"s1.json", "s1.mp4.part"}));
    }
    disk.make_room();
    Rig rig(disk.file("{session}.mp4"));
    auto leftover = rig.wait_for("rtc-recording-leftover");
    RTC_ASSERT_TEXT(text_of(leftover.get(), "location"), disk.file("s1.mp4"));
    g_assert_true((disk.list() == std::vector<std::string>{"s1.json", "s1.mp4"}));
    g_assert_cmpuint(judge(disk.file("s1.mp4")).find("h264")->frames, ==, 60);
    RTC_ASSERT_TEXT(manifest_text(disk.file("s1.json"), "reason"), "ended");
    g_assert_true(
        (names_in(disk.file("s1.json"), "segments") == std::vector<std::string>{"s1.mp4"}));
}

// Half a picture is none.
static void no_room_for_a_snapshot() {
    if (!adopt(gst_element_factory_find("jpegenc")))
        return g_test_skip("jpegenc is missing");
    SmallDisk disk(128);
    Rig rig(disk.beside("{session}.mkv"), at_once);
    Feed video(rig, "vp8", 7, "s1/1", "s1");
    video.push_all();
    rig.wait_for("rtc-recording-started");
    disk.fill(4096);
    guint count = 0;
    g_signal_emit_by_name(rig.sink(), "snapshot", nullptr, disk.file("now.jpg").c_str(), &count);
    g_assert_nonnull(strcasestr(warning_of(rig).c_str(), "no snapshot"));
    g_assert_cmpuint(disk.list().size(), ==, 0);
    video.end();
    rig.wait_for("rtc-recording-finished");
}

// Of this process alone, so that nothing stays mounted whatever becomes of it.
static bool may_mount() {
    bool apart = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    return apart && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

int main(int argc, char** argv) {
    bool mounts = may_mount(); // before there are threads
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    if (!mounts) {
        g_test_add_func("/fulldisk", [] { g_test_skip("mounting is not allowed here"); });
        return g_test_run();
    }
    g_test_add_func("/fulldisk/manifest-is-finished", manifest_is_finished);
    g_test_add_func("/fulldisk/nothing-is-there", nothing_is_there);
    g_test_add_func("/fulldisk/second-file-is-not-there", second_file_is_not_there);
    g_test_add_func("/fulldisk/no-room-to-compose", no_room_to_compose);
    g_test_add_func("/fulldisk/no-room-for-a-snapshot", no_room_for_a_snapshot);
    return g_test_run();
}
