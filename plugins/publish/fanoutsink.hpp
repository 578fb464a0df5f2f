// The sink at the end of a branch: hands the payloader's packets to a fan-out.
#pragma once

#include "plugins/publish/fanout.hpp"

namespace rtc {

// A sink element with a pad "sink" for application/x-rtp. It waits neither for the clock nor for a
// preroll, and posts EOS as sinks do. It is the fan-out's current source from when it starts.
Ref<GstElement> make_fanout_sink(std::shared_ptr<Fanout> fanout);

} // namespace rtc
