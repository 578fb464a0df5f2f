// The temporal layers of VP8 and VP9 beyond the depayloader, which forgets them: each picture
// carries its own. In VP8 as vp8enc's pictures do, for a payloader that writes them again; in VP9,
// whose payloader doesn't, for rtcsink.
#pragma once

#include "plugins/rtc/codec.hpp"

#include <gst/gst.h>

namespace rtc {

// Before data flows. Pictures without layers stay as they are, and so do those of other codecs.
void keep_layers(GstElement* depayloader, const Codec& codec);

} // namespace rtc
