// A small HTTP client for tests: one request at a time, waiting for its answer with a deadline.
#pragma once

#include "signaling/http/message.hpp"

#include <gio/gio.h>

#include <chrono>
#include <future>

namespace rtc::test {

struct Request {
    std::string method = "GET";
    std::string url;
    http::Fields headers = {};
    std::string content_type = {};
    std::string body = {};
};

// The answer; fails the test where there is none. Redirects are not followed, and any certificate
// is taken.
http::Response fetch(const Request& request);
// The same on a thread of its own.
std::future<http::Response> fetch_later(Request request);

// A TCP connection to send bytes over that no client would send.
class RawClient {
public:
    explicit RawClient(const std::string& url);
    void send(std::string_view bytes);
    bool try_send(std::string_view bytes); // false once the server has closed the connection
    // Everything up to the end of the connection, which must come before the deadline.
    std::string read_all(std::chrono::seconds deadline = std::chrono::seconds(10));
    // What is there until the end of an HTTP head.
    std::string read_head() { return read_until("\r\n\r\n"); }
    // What comes, up to this text and with it.
    std::string read_until(std::string_view end);
    void stop_sending(); // and go on to read
    void close();

private:
    Ref<GSocketConnection> connection_;
};

} // namespace rtc::test
