#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(rtcgccbwe)
GST_ELEMENT_REGISTER_DECLARE(rtcrecordsink)
GST_ELEMENT_REGISTER_DECLARE(rtcsink)
GST_ELEMENT_REGISTER_DECLARE(rtcsrc)

static gboolean plugin_init(GstPlugin* plugin) {
    // One line an element.
    gboolean registered = TRUE;
    registered &= GST_ELEMENT_REGISTER(rtcgccbwe, plugin);
    registered &= GST_ELEMENT_REGISTER(rtcrecordsink, plugin);
    registered &= GST_ELEMENT_REGISTER(rtcsink, plugin);
    registered &= GST_ELEMENT_REGISTER(rtcsrc, plugin);
    return registered;
}

#define PACKAGE "gst-rtc"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, rtc,
                  "WebRTC sessions in a pipeline: receive, publish, record", plugin_init, "0.1.0",
                  "LGPL", "gst-rtc", "gst-rtc")
