#include "signaling/janus/janusclient.hpp"
#include "signaling/manual/manualsignaling.hpp"
#include "signaling/room/roomclient.hpp"
#include "signaling/room/roomserver.hpp"
#include "signaling/whep/whepclient.hpp"
#include "signaling/whep/whepserver.hpp"
#include "signaling/whip/whipclient.hpp"
#include "signaling/whip/whipserver.hpp"

#include <gst/gst.h>

static gboolean plugin_init(GstPlugin* plugin) {
    // One line an element: registered |= GST_ELEMENT_REGISTER(name, plugin);
    gboolean registered = FALSE;
    registered |= GST_ELEMENT_REGISTER(whipserver, plugin);
    registered |= GST_ELEMENT_REGISTER(whepserver, plugin);
    registered |= GST_ELEMENT_REGISTER(roomserver, plugin);
    registered |= GST_ELEMENT_REGISTER(roomclient, plugin);
    registered |= GST_ELEMENT_REGISTER(whipclient, plugin);
    registered |= GST_ELEMENT_REGISTER(whepclient, plugin);
    registered |= GST_ELEMENT_REGISTER(manualsignaling, plugin);
    registered |= GST_ELEMENT_REGISTER(janusclient, plugin);
    return registered;
}

#define PACKAGE "gst-rtc"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, rtcsignaling,
                  "signaling elements: how WebRTC peers are found", plugin_init, "0.1.0", "LGPL", "gst-rtc",
                  "gst-rtc")
