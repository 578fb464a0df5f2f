// The head of a request as bytes, before anything is made of it: the rules and the limits that it
// is held to (RFC 9112). Pure.
//
// libsoup 3.2 lets pass what the RFC has refused (a line that ends with a bare LF, a second Host,
// folded fields, a length beside chunks), and what it costs grows with the square of the fields.
#pragma once

#include <glib.h>

#include <string>
#include <string_view>
#include <variant>

namespace rtc::http {

constexpr size_t max_head = 16 * 1024;  // bytes
constexpr size_t max_target = 8 * 1024; // bytes: path and query
constexpr size_t max_fields = 100;      // lines after the first
constexpr size_t max_query_parameters = 100;

// Why a request is not taken.
struct Refusal {
    guint status;
    std::string words; // for people
};

// How the end of the body is told (section 6). Neither: there is none.
struct BodyForm {
    bool chunked = false;
    guint64 length = 0; // bytes
};

// `head` is all lines, each with its CRLF, without the empty one that ends them.
std::variant<BodyForm, Refusal> check_head(std::string_view head);

// What is said of a head that is longer than max_head; `head` is as much of it as there is.
Refusal head_too_large(std::string_view head);

} // namespace rtc::http
