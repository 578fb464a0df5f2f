// The temporal layers of VP8 beyond the depayloader, which forgets them: each picture carries its
// own, as vp8enc's pictures do, for a payloader that writes them again.
#pragma once

#include <gst/gst.h>

namespace rtc {

// For a depayloader of VP8, before data flows. Pictures without layers stay as they are.
void keep_layers(GstElement* depayloader);

} // namespace rtc
