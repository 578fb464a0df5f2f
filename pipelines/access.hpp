// Whom a program lets in.
#pragma once

#include <gst/gst.h>

namespace rtc {

// Whether anybody who reaches this machine may use what a signaling element serves: it listens on
// more than localhost, and asks for no token. has_token: its property `token`, which can't be read,
// was set.
bool lets_anybody_in(GstElement* signaling, bool has_token);

} // namespace rtc
