// whepserver gives away the HLS that a pipeline writes beside it.
#include "signaling/whep/whepserver.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

#include <string>
#include <unistd.h>
#include <vector>

using namespace rtc;
using namespace rtc::test;

namespace {

// A folder with a playlist, a segment and something private.
class Folder {
public:
    Folder() {
        Owned<char> made{g_dir_make_tmp("rtc-hls-XXXXXX", nullptr)};
        path_ = made.get();
        write("live.m3u8", "#EXTM3U\n00001.ts\n");
        write("00001.ts", "segment");
        write("key.pem", "secret");
    }
    ~Folder() {
        for (const char* name : {"live.m3u8", "00001.ts", "key.pem"})
            g_unlink((path_ + "/" + name).c_str());
        g_rmdir(path_.c_str());
    }
    std::string playlist() const { return path_ + "/live.m3u8"; }
    void write(const char* name, const std::string& text) {
        g_assert_true(g_file_set_contents((path_ + "/" + name).c_str(), text.data(),
                                          gssize(text.size()), nullptr));
    }

private:
    std::string path_;
};

std::string make(const Folder& folder, const std::string& more = "") {
    return "whepserver address=127.0.0.1 port=0 hls=" + folder.playlist() + " " + more;
}

void playlist_and_segments_are_served() {
    Folder folder;
    FakeHost host(make(folder));
    auto url = host.start();
    auto root = url.substr(0, url.rfind('/'));
    auto playlist = fetch({"GET", root + "/hls/whep/live.m3u8"});
    g_assert_cmpuint(playlist.status, ==, 200);
    RTC_ASSERT_TEXT(playlist.content_type, "application/vnd.apple.mpegurl");
    RTC_ASSERT_TEXT(std::string(playlist.text()), "#EXTM3U\n00001.ts\n");
    auto segment = fetch({"GET", root + "/hls/whep/00001.ts"});
    g_assert_cmpuint(segment.status, ==, 200);
    RTC_ASSERT_TEXT(segment.content_type, "video/mp2t");
    RTC_ASSERT_TEXT(std::string(segment.text()), "segment");
    g_assert_cmpuint(fetch({"GET", root + "/hls/whep/00002.ts"}).status, ==, 404);
    g_assert_cmpuint(fetch({"GET", root + "/hls/whep/key.pem"}).status, ==, 404);
    g_assert_cmpuint(fetch({"GET", root + "/hls/whep/%2e%2e/key.ts"}).status, ==, 404);
    g_assert_cmpuint(fetch({"DELETE", root + "/hls/whep/00001.ts"}).status, ==, 405);
}

void status_tells_where() {
    Folder folder;
    FakeHost host(make(folder));
    auto url = host.start();
    auto status = fetch({"GET", url.substr(0, url.rfind('/')) + "/status"});
    g_assert_nonnull(strstr(std::string(status.text()).c_str(),
                            R"("kind":"hls","path":"/hls/whep/live.m3u8","live":true)"));
}

// Bytes that this process has in memory.
size_t resident() {
    char* text = nullptr;
    g_assert_true(g_file_get_contents("/proc/self/statm", &text, nullptr, nullptr));
    Owned<char> held{text};
    size_t pages = std::stoul(strchr(text, ' '));
    return pages * size_t(sysconf(_SC_PAGESIZE));
}

// Clients that ask for a large segment and take none of it.
void large_files_are_not_held() {
    constexpr size_t size = 32 * 1024 * 1024, clients = 20;
    Folder folder;
    folder.write("00001.ts", std::string(size, 'x'));
    FakeHost host(make(folder));
    auto url = host.start();
    auto root = url.substr(0, url.rfind('/'));
    auto before = resident();
    std::vector<std::unique_ptr<RawClient>> idle;
    for (size_t i = 0; i < clients; i++) {
        idle.push_back(std::make_unique<RawClient>(root));
        idle.back()->send("GET /hls/whep/00001.ts HTTP/1.1\r\nHost: x\r\n\r\n");
        auto head = idle.back()->read_head();
        g_assert_true(head.find("Content-Length: 33554432\r\n") != std::string::npos);
    }
    g_assert_cmpuint(resident(), <, before + 4 * size);
    auto taken = fetch({"GET", root + "/hls/whep/00001.ts"});
    g_assert_cmpuint(taken.text().size(), ==, size);
    g_assert_true(taken.text().find_first_not_of('x') == std::string_view::npos);
}

void parts_of_files() {
    Folder folder;
    folder.write("00001.ts", "0123456789");
    FakeHost host(make(folder));
    auto url = host.start();
    auto segment = url.substr(0, url.rfind('/')) + "/hls/whep/00001.ts";
    const struct {
        const char* wanted;
        guint status;
        const char *text, *range;
    } rows[] = {
        {"bytes=2-4", 206, "234", "bytes 2-4/10"},
        {"bytes=7-", 206, "789", "bytes 7-9/10"},
        {"bytes=-2", 206, "89", "bytes 8-9/10"},
        {"bytes=5-500", 206, "56789", "bytes 5-9/10"},
        {"bytes=-500", 206, "0123456789", "bytes 0-9/10"},
        {"bytes=0-0,2-2", 200, "0123456789", ""},
        {"bytes=4-2", 200, "0123456789", ""},
        {"bytes=x-y", 200, "0123456789", ""},
        {"lines=1-2", 200, "0123456789", ""},
    };
    for (const auto& row : rows) {
        auto part = fetch({"GET", segment, {{"Range", row.wanted}}});
        g_assert_cmpuint(part.status, ==, row.status);
        RTC_ASSERT_TEXT(std::string(part.text()), row.text);
        RTC_ASSERT_TEXT(std::string(part.header("Content-Range")), row.range);
    }
    for (const char* beyond : {"bytes=10-", "bytes=10-12", "bytes=-0"}) {
        auto part = fetch({"GET", segment, {{"Range", beyond}}});
        g_assert_cmpuint(part.status, ==, 416);
        RTC_ASSERT_TEXT(std::string(part.header("Content-Range")), "bytes */10");
    }
    auto head = fetch({"HEAD", segment});
    RTC_ASSERT_TEXT(std::string(head.header("Content-Length")), "10");
    folder.write("00001.ts", "");
    RTC_ASSERT_TEXT(std::string(fetch({"GET", segment}).text()), "");
}

// What can't be kept from anybody doesn't go beside what is.
void not_beside_a_token() {
    Folder folder;
    for (const char* more : {"token=secret", "path=/whep/{room}"}) {
        FakeHost host(make(folder, more));
        host.start();
        g_assert_true(host.error().find("hls is") != std::string::npos);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(whepserver, nullptr);
    g_test_add_func("/hls/files", playlist_and_segments_are_served);
    g_test_add_func("/hls/large-files", large_files_are_not_held);
    g_test_add_func("/hls/parts", parts_of_files);
    g_test_add_func("/hls/status", status_tells_where);
    g_test_add_func("/hls/access", not_beside_a_token);
    return g_test_run();
}
