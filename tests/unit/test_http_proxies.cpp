// What proxies say of the client, and whom to believe.
#include "signaling/http/proxies.hpp"

using namespace rtc;
using namespace rtc::http;

namespace {

void chains() {
    struct Row {
        const char* from;
        Fields headers;
        const char *address, *origin;
    };
    const char* plain = "http://inside:8080";
    const Row rows[] = {
        // Nobody we know: what it says doesn't count.
        {"203.0.113.9", {{"X-Forwarded-For", "198.51.100.1"}}, "203.0.113.9", plain},
        {"127.0.0.1", {}, "127.0.0.1", plain},
        {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}}, "198.51.100.1", plain},
        // The client wrote the first itself.
        {"127.0.0.1", {{"X-Forwarded-For", "1.2.3.4, 198.51.100.1"}}, "198.51.100.1", plain},
        {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.1, 10.1.2.3"}}, "198.51.100.1", plain},
        {"10.9.9.9",
         {{"X-Forwarded-For", "2001:db8::7"},
          {"X-Forwarded-Proto", "https"},
          {"X-Forwarded-Host", "live.example"}},
         "2001:db8::7",
         "https://live.example"},
        {"127.0.0.1", {{"X-Forwarded-For", "unknown"}}, "127.0.0.1", plain},
        {"127.0.0.1",
         {{"X-Forwarded-For", "198.51.100.1"},
          {"X-Forwarded-Proto", "javascript"},
          {"X-Forwarded-Host", "evil/<x>"}},
         "198.51.100.1",
         plain},
        {"::1",
         {{"Forwarded", "for=\"[2001:db8::7]:4711\";proto=https;host=live.example:444"}},
         "2001:db8::7",
         "https://live.example:444"},
        {"127.0.0.1",
         {{"Forwarded", "for=1.2.3.4, For=198.51.100.1:99;Proto=http"}},
         "198.51.100.1",
         plain},
        {"127.0.0.1", {{"Forwarded", ";;,=,for"}}, "127.0.0.1", plain},
    };
    auto proxies = Proxies::parse("127.0.0.1, ::1\n10.0.0.0/8");
    g_assert_true(bool(proxies));
    for (const auto& row : rows) {
        Head head;
        head.address = row.from;
        head.origin = plain;
        head.headers = row.headers;
        proxies->apply(head);
        g_assert_cmpstr(head.address.c_str(), ==, row.address);
        g_assert_cmpstr(head.origin.c_str(), ==, row.origin);
    }
}

void lists() {
    g_assert_true(bool(Proxies::parse("")));
    g_assert_true(bool(Proxies::parse(" , ")));
    auto bad = Proxies::parse("127.0.0.1, proxy.example");
    g_assert_false(bool(bad));
    g_assert_true(bad.error().message.find("proxy.example") != std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http-proxies/chains", chains);
    g_test_add_func("/http-proxies/lists", lists);
    return g_test_run();
}
