// Between libsoup's messages and the plain values of message.hpp.
#pragma once

#include "signaling/http/message.hpp"

#include <libsoup/soup.h>

namespace rtc::http {

// `scheme` is what the client came by: libsoup isn't told of TLS.
Head read_head(SoupServerMessage* message, const std::string& scheme);
std::string read_body(SoupServerMessage* message);
// Fills in status, headers and body; that of a stream or a file is left open. libsoup adds
// Content-Length and leaves the body out for HEAD.
void write_response(SoupServerMessage* message, const Response& response);
std::string address_of(GSocketAddress* address);

} // namespace rtc::http
