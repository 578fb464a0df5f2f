// Credentials for TURN that are good for a while.
#include "signaling/sdp/turnrest.hpp"

using namespace rtc::sdp;

static void credentials() {
    auto server = *parse_ice_server("turn:turn.example:3478?transport=udp");
    auto made = with_time_limit(server, "north", "bob", 1700003600);
    g_assert_cmpstr(made.user.c_str(), ==, "1700003600:bob");
    // printf 1700003600:bob | openssl dgst -sha1 -hmac north -binary | base64
    g_assert_cmpstr(made.credential.c_str(), ==, "v0IYSihM8PccX7hQh0Fbh4kDdk8=");
    auto again = parse_ice_server(made.to_uri());
    g_assert_true(bool(again) && *again == made);
    g_assert_true(made.host == server.host && made.transport == "udp");
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/turnrest/credentials", credentials);
    return g_test_run();
}
