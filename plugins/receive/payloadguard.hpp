// Keeps from a depayloader what it can't take (PayloadCheck). What is dropped is a lost packet to
// it.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <gst/gst.h>

namespace rtc {

// Before data flows.
void guard_payloads(GstElement* depayloader, const Codec& codec);

} // namespace rtc
