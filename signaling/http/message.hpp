// A request's head and a response as plain values, and the forms that all answers share (RFC 9110).
// Pure.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/text.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtc::http {

using Fields = std::vector<std::pair<std::string, std::string>>;

// All of a request but its body.
struct Head {
    std::string method;  // "POST"
    std::string path;    // percent-decoded, without the query: "/whip"
    Fields query;        // percent-decoded
    Fields headers;      // several fields of one name are joined by ", "
    std::string origin;  // scheme and authority as the client wrote them: "http://host:8080"
    std::string address; // the client's IP address

    // "" where there is none; header names compare without case.
    std::string_view header(std::string_view name) const;
    std::string_view parameter(std::string_view name) const;
    // Content-Type without parameters, in lower case.
    std::string content_type() const;
};

class EventStream;
class FileBody;

struct Response {
    guint status = 200;
    Fields headers = {};
    std::string content_type = {};
    Ref<GBytes> body = {};                    // nothing: an empty one
    std::shared_ptr<FileBody> file = {};      // in place of a body, read as it is sent
    std::shared_ptr<EventStream> stream = {}; // goes on in place of a body

    Response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    // "" where there is none.
    std::string_view header(std::string_view name) const;
    std::string_view text() const; // the body
};

Response text_response(guint status, std::string content_type, std::string_view body);
// An error as application/problem+json (RFC 9457). `detail` is for people.
Response problem(guint status, std::string_view detail);
// 405 with Allow.
Response method_not_allowed(std::string_view method, std::string_view allow);
// The words for a status code: "Not Found"; "" for one without.
const char* reason_phrase(guint status);

// The text with what isn't UTF-8 replaced by U+FFFD.
std::string valid_text(std::string_view text);
// Whether a list separated by commas or white space has the item, compared exactly.
bool lists(std::string_view list, std::string_view item);

} // namespace rtc::http
