#include "plugins/receive/payloadguard.hpp"

#include "plugins/receive/payloadcheck.hpp"
#include "signaling/base/refs.hpp"

#include <gst/rtp/gstrtpbuffer.h>

namespace rtc {
namespace {

bool passes(PayloadCheck& check, GstBuffer* packet) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp))
        return false;
    auto* payload = static_cast<const guint8*>(gst_rtp_buffer_get_payload(&rtp));
    bool passes = check.pass({payload, gst_rtp_buffer_get_payload_len(&rtp)},
                             GST_BUFFER_FLAG_IS_SET(packet, GST_BUFFER_FLAG_DISCONT));
    gst_rtp_buffer_unmap(&rtp);
    return passes;
}

GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto& check = *static_cast<PayloadCheck*>(data);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
        return passes(check, GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_OK
                                                              : GST_PAD_PROBE_DROP;
    auto list = adopt(gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info)));
    gst_buffer_list_foreach(
        list.get(),
        [](GstBuffer** packet, guint, gpointer own) -> gboolean {
            if (!passes(*static_cast<PayloadCheck*>(own), *packet))
                gst_clear_buffer(packet);
            return TRUE;
        },
        &check);
    info->data = list.release();
    return GST_PAD_PROBE_OK;
}

} // namespace

void guard_payloads(GstElement* depayloader, const Codec& codec) {
    auto pad = adopt(gst_element_get_static_pad(depayloader, "sink"));
    gst_pad_add_probe(pad.get(),
                      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                      on_packet, new PayloadCheck(codec),
                      [](gpointer check) { delete static_cast<PayloadCheck*>(check); });
}

} // namespace rtc
