// A bin whose errors go to its owner instead of the bus: a fault of one encoder must not end the
// pipeline.
#pragma once

#include "signaling/base/refs.hpp"

#include <functional>

namespace rtc {

// Called on the thread that posted the message (often a streaming thread of the bin). The message's
// source is the element that failed.
using ErrorFunction = std::function<void(GstMessage*)>;

Ref<GstElement> make_guard_bin(const char* name, ErrorFunction error);

} // namespace rtc
