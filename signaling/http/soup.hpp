// Between libsoup's messages and the plain values of message.hpp.
#pragma once

#include "signaling/http/message.hpp"

#include <libsoup/soup.h>

namespace rtc::http {

Head read_head(SoupServerMessage* message);
std::string read_body(SoupServerMessage* message);
// Fills in status, headers and body; the body of a stream is left open. libsoup adds Content-Length
// and leaves the body out for HEAD.
void write_response(SoupServerMessage* message, const Response& response);
std::string address_of(GSocketAddress* address);

} // namespace rtc::http
