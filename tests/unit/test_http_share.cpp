#include "signaling/http/share.hpp"

using namespace rtc::http;

namespace {

void shares() {
    struct Row {
        const char* address;
        guint limit, all, most;
    };
    const Row rows[] = {
        {"192.0.2.7", 0, 100, 50},  {"2001:db8::7", 0, 100, 50}, {"192.0.2.7", 0, 1, 1},
        {"192.0.2.7", 80, 100, 80}, {"127.0.0.1", 0, 100, 100},  {"127.5.0.1", 0, 100, 100},
        {"::1", 0, 100, 100},       {"127.0.0.1", 1, 100, 1},    {"", 0, 100, 50},
        {"unknown", 0, 100, 50},
    };
    for (const auto& row : rows)
        g_assert_cmpuint(most_of_an_address(row.address, row.limit, row.all), ==, row.most);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/share/shares", shares);
    return g_test_run();
}
