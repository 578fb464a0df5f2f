// What an HTTP client sends, what it gets back, and what it reads from that. Pure.
#pragma once

#include "signaling/http/message.hpp"

#include <chrono>
#include <optional>
#include <variant>

namespace rtc::http {

struct Request {
    std::string method = "GET";
    std::string url;
    Fields headers = {};
    std::string content_type = {};
    std::string body = {};
};

// Why there is no response.
struct Failure {
    enum Kind {
        network, // no address, no connection, or it broke
        timeout,
        tls,      // the certificate can't be trusted, or the handshake failed
        protocol, // what came is no HTTP, or more than a client takes
    } kind = network;
    std::string text; // for people
};

using Outcome = std::variant<Response, Failure>;

// Retry-After (RFC 9110 section 10.2.3), in seconds or as a date; `now` is the wall clock's. A date
// that is over gives 0; what is neither gives nothing.
std::optional<std::chrono::seconds> retry_after(const Response& response, gint64 now);

// The status with its name and, where the server explains itself in a problem (RFC 9457) or in a
// short plain text, its words: `409 Conflict ("nothing is being sent yet")`. Fit to be shown.
std::string explain(const Response& response);

// Content-Type without parameters, in lower case.
std::string media_type(const Response& response);

} // namespace rtc::http
