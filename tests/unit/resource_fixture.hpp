// A WHIP or WHEP resource whose random numbers count, and shorthands over its commands.
#pragma once

#include "signaling/whip/resource.hpp"
#include "tests/support/offers.hpp"

namespace rtc::test {

using namespace rtc::whip;

inline const Time start{};
inline const std::string candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

inline http::Head head(const char* method, const std::string& path, const char* type = "") {
    http::Head result;
    result.method = method;
    result.path = path;
    result.origin = "https://live.example:8443";
    result.address = "192.0.2.7";
    if (*type)
        result.headers = {{"Content-Type", type}};
    return result;
}

inline http::Head post(const std::string& path = "/whip") {
    return head("POST", path, "application/sdp; charset=utf-8");
}

struct Fixture {
    explicit Fixture(Config config = {})
        : resource(config, [this](size_t bytes) {
            auto text = std::to_string(++random_calls);
            return std::string(bytes * 2 - text.size(), '0') + text;
        }) {}

    Commands ask(const http::Head& request, std::string_view body = "", const Host& host = {},
                 Time now = start, const Caller& caller = {}) {
        return resource.request(++ticket, request, body, host, now, caller);
    }
    http::Response reply(const http::Head& request, std::string_view body = "",
                         const Host& host = {}) {
        return reply_in(ask(request, body, host));
    }
    http::Response reply_in(const Commands& commands) {
        for (const auto& command : commands)
            if (auto* found = std::get_if<Reply>(&command)) {
                g_assert_cmpuint(found->ticket, ==, ticket);
                return found->response;
            }
        g_test_fail_printf("no reply");
        return {};
    }
    std::string offer(Host host = {}, Time now = start) {
        auto commands = ask(post(), make_offer("sendonly"), host, now);
        g_assert_cmpuint(commands.size(), ==, 1);
        return std::get<StartSession>(commands[0]).session;
    }
    // An answered session's path.
    std::string open() { return answered(offer()); }
    std::string answered(const std::string& id) {
        session = id;
        opened = reply_in(resource.answer(session, make_answer()));
        etag = opened.header("ETag");
        return path_in(opened);
    }
    // A viewer's, of a WHEP resource.
    std::string view(const std::string& path = "/whep") {
        auto commands = ask(post(path), make_offer("recvonly"));
        return answered(std::get<StartSession>(commands.back()).session);
    }
    static std::string path_in(const http::Response& response) {
        auto location = std::string(response.header("Location"));
        std::string origin = "https://live.example:8443";
        g_assert_true(location.starts_with(origin + "/"));
        return location.substr(origin.size());
    }

    guint random_calls = 0;
    Ticket ticket = 0;
    Resource resource;
    std::string session, etag;
    http::Response opened;
};

template <typename T>
const T* find(const Commands& commands) {
    for (const auto& command : commands)
        if (auto* found = std::get_if<T>(&command))
            return found;
    return nullptr;
}

} // namespace rtc::test
