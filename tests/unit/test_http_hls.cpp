// Which files of a folder HLS gives away.
#include "signaling/http/hls.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc::http;

namespace {

std::string file_of(std::string_view path) {
    return hls_file(path, "/hls/whep").value_or("nothing");
}

void playlists_and_segments() {
    RTC_ASSERT_TEXT(file_of("/hls/whep/live.m3u8"), "live.m3u8");
    RTC_ASSERT_TEXT(file_of("/hls/whep/00001.ts"), "00001.ts");
    RTC_ASSERT_TEXT(file_of("/hls/whep/a b.m4s"), "a b.m4s");
}

void nothing_else() {
    for (std::string_view path :
         {"/hls/whep", "/hls/whep/", "/hls/whepper/live.m3u8", "/hls/whep/../secret.ts",
          "/hls/whep/sub/00001.ts", "/hls/whep/..\\secret.ts", "/hls/whep/.hidden.ts",
          "/hls/whep/key.pem", "/hls/whep/ts", "/other/live.m3u8"})
        RTC_ASSERT_TEXT(file_of(path), "nothing");
    RTC_ASSERT_TEXT(file_of(std::string_view("/hls/whep/key.pem\0.ts", 21)), "nothing");
}

void paths() {
    auto check = [](const char* path, const char* folder, const char* name) {
        auto split = split_path(path);
        RTC_ASSERT_TEXT(split.folder, folder);
        RTC_ASSERT_TEXT(split.name, name);
    };
    check("live.m3u8", ".", "live.m3u8");
    check("hls/live.m3u8", "hls", "live.m3u8");
    check("/var/hls/live.m3u8", "/var/hls", "live.m3u8");
    check("/live.m3u8", "/", "live.m3u8");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/hls/files", playlists_and_segments);
    g_test_add_func("/http/hls/nothing-else", nothing_else);
    g_test_add_func("/http/hls/paths", paths);
    return g_test_run();
}
