// Cross-origin access (the Fetch standard's CORS protocol): which pages of other origins may use an
// endpoint. Pure.
#pragma once

#include "signaling/http/message.hpp"

namespace rtc::http {

// Whether the request only asks what a later one may do. It carries no credentials, so it is
// answered before anything else is looked at.
bool is_preflight(const Head& head);

// The answer to a preflight. `origins` is "*", a list separated by commas or white space
// ("https://a.example, https://b.example"), or empty for none; `methods` is what the path takes.
Response preflight(const Head& head, std::string_view origins, std::string_view methods);

// Adds what lets a page of an allowed origin read the response.
void allow_origin(Response& response, const Head& head, std::string_view origins);

// Whether the page that the request comes from may open a WebSocket: browsers leave that check to
// the server (RFC 6455 section 10.2). Programs, which send no Origin, may; so may our own pages.
bool may_connect(const Head& head, std::string_view origins);

} // namespace rtc::http
