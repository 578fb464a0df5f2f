// whepserver gives away the HLS that a pipeline writes beside it.
#include "signaling/whep/whepserver.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

#include <string>

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

private:
    void write(const char* name, const char* text) {
        g_assert_true(g_file_set_contents((path_ + "/" + name).c_str(), text, -1, nullptr));
    }
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
    g_test_add_func("/hls/status", status_tells_where);
    g_test_add_func("/hls/access", not_beside_a_token);
    return g_test_run();
}
