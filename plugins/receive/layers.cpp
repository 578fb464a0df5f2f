#include "plugins/receive/layers.hpp"

#include "plugins/rtc/descriptor.hpp"
#include "plugins/rtc/layermark.hpp"
#include "signaling/base/refs.hpp"

#include <gst/rtp/gstrtpbuffer.h>

#include <memory>

namespace rtc {
namespace {

constexpr const char* meta_name = "GstVP8Meta";

// The plugin of vp8enc has its description.
bool can_mark_vp8() {
    static const bool known = [] {
        auto plugin = adopt(gst_plugin_load_by_name("vpx"));
        return plugin && gst_meta_get_info(meta_name);
    }();
    return known;
}

void mark_vp8(GstBuffer* picture, const PayloadDescriptor& descriptor) {
    if (!descriptor.base_index_at)
        return;
    auto layer = descriptor.layer.value_or(PictureLayer{});
    auto* meta = gst_buffer_add_custom_meta(picture, meta_name);
    gst_structure_set(gst_custom_meta_get_structure(meta), "use-temporal-scaling", G_TYPE_BOOLEAN,
                      TRUE, "layer-id", G_TYPE_UINT, guint(layer.number), "layer-sync",
                      G_TYPE_BOOLEAN, gboolean(layer.sync), nullptr);
}

void mark_vp9(GstBuffer* picture, const PayloadDescriptor& descriptor) {
    if (descriptor.layer)
        mark_layer(picture, *descriptor.layer);
}

using Mark = void (*)(GstBuffer* picture, const PayloadDescriptor& descriptor);

// Both probes run on the thread that feeds the depayloader: the packet that came last ends the
// picture that comes out.
class Layers {
public:
    Layers(const Codec& codec, Mark how)
        : codec_(codec)
        , mark_(how) {}

    void take(GstBuffer* packet) {
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        if (!gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp))
            return;
        auto* payload = static_cast<const guint8*>(gst_rtp_buffer_get_payload(&rtp));
        last_ = read_descriptor(codec_, {payload, gst_rtp_buffer_get_payload_len(&rtp)});
        gst_rtp_buffer_unmap(&rtp);
    }

    Ref<GstBuffer> mark(Ref<GstBuffer> picture) const {
        if (!last_)
            return picture;
        auto marked = adopt(gst_buffer_make_writable(picture.release()));
        mark_(marked.get(), *last_);
        return marked;
    }

private:
    const Codec& codec_;
    Mark mark_;
    std::optional<PayloadDescriptor> last_;
};
using Shared = std::shared_ptr<Layers>;

GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto& layers = **static_cast<Shared*>(data);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
        layers.take(GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
}

GstPadProbeReturn on_picture(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto picture = adopt(GST_PAD_PROBE_INFO_BUFFER(info));
    info->data = (*static_cast<Shared*>(data))->mark(std::move(picture)).release();
    return GST_PAD_PROBE_OK;
}

void add_probe(GstElement* element, const char* name, GstPadProbeCallback callback,
               const Shared& layers) {
    auto pad = adopt(gst_element_get_static_pad(element, name));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, new Shared(layers),
                      [](gpointer data) { delete static_cast<Shared*>(data); });
}

} // namespace

void keep_layers(GstElement* depayloader, const Codec& codec) {
    Mark mark = codec.is("VP8") && can_mark_vp8() ? mark_vp8 : codec.is("VP9") ? mark_vp9 : nullptr;
    if (!mark)
        return;
    auto layers = std::make_shared<Layers>(codec, mark);
    add_probe(depayloader, "sink", on_packet, layers);
    add_probe(depayloader, "src", on_picture, layers);
}

} // namespace rtc
