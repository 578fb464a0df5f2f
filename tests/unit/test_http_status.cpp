// What /status says.
#include "signaling/http/status.hpp"
#include "tests/support/sametext.hpp"

#include <vector>

using namespace rtc::http;

namespace {

void nothing_is_served() {
    RTC_ASSERT_TEXT(status_json({}), "{\"version\":\"" RTC_VERSION "\",\"endpoints\":[]}");
}

void endpoints_and_peers() {
    std::vector<EndpointStatus> endpoints{
        {"whip", "/whip", true, false, {{"a1b2", "Bob", "hall", 1700000000, "connected"}}, 1},
        {"whep", "/w", false, true, {}, 2}, // of whom nothing may be seen
    };
    RTC_ASSERT_TEXT(status_json(endpoints),
                    "{\"version\":\"" RTC_VERSION "\",\"endpoints\":["
                    "{\"kind\":\"whip\",\"path\":\"/whip\",\"live\":true,\"token_required\":false,"
                    "\"sessions\":1,\"peers\":[{\"id\":\"a1b2\",\"name\":\"Bob\",\"room\":\"hall\","
                    "\"since\":\"2023-11-14T22:13:20Z\","
                    "\"state\":\"connected\"}]},"
                    "{\"kind\":\"whep\",\"path\":\"/w\",\"live\":false,\"token_required\":true,"
                    "\"sessions\":2,\"peers\":[]}]}");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/status/empty", nothing_is_served);
    g_test_add_func("/http/status/endpoints", endpoints_and_peers);
    return g_test_run();
}
