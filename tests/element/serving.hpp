// An HTTP server with one endpoint, which sends back what it gets.
#pragma once

#include "signaling/http/server.hpp"

namespace rtc::test {

using http::Server;

inline const http::Address anywhere{.address = "127.0.0.1"};

inline http::Endpoint echo(const char* path = "/echo") {
    http::Endpoint endpoint;
    endpoint.path = path;
    endpoint.owner = "test";
    endpoint.max_body = 1000;
    endpoint.methods = [](const std::string&) { return "GET, POST"; };
    endpoint.refuse = [](const http::Head&) { return std::nullopt; };
    endpoint.handle = [](std::shared_ptr<http::Exchange> exchange) {
        exchange->respond(http::text_response(200, "text/plain",
                                              exchange->head().method + " " + exchange->body()));
    };
    endpoint.status = [](const http::Head&) { return http::EndpointStatus{"echo", "/echo", true, false, {}}; };
    return endpoint;
}

struct Serving {
    explicit Serving(http::Endpoint endpoint = echo(), http::Address address = anywhere,
                     http::Timeouts timeouts = {}, http::RequestRate rate = {})
        : server(*Server::acquire(address, timeouts, rate))
        , registration(std::move(*server->add(std::move(endpoint))))
        , base(server->urls("")[0]) {}
    std::shared_ptr<Server> server;
    std::unique_ptr<Server::Registration> registration;
    std::string base;
};

inline size_t open_descriptors() {
    size_t count = 0;
    GDir* dir = g_dir_open("/proc/self/fd", 0, nullptr);
    while (g_dir_read_name(dir))
        count++;
    g_dir_close(dir);
    return count;
}

// Some are closed on threads of GLib's, a moment later, and nothing tells of that: the count once
// it has stayed the same for a while.
inline size_t settled_descriptors() {
    constexpr gint64 calm = G_USEC_PER_SEC / 2;
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    auto count = open_descriptors();
    for (auto since = g_get_monotonic_time(); g_get_monotonic_time() - since < calm;) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10'000);
        if (auto now = open_descriptors(); now != count) {
            count = now;
            since = g_get_monotonic_time();
        }
    }
    return count;
}

} // namespace rtc::test
