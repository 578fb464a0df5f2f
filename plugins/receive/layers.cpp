#include "plugins/receive/layers.hpp"

#include "plugins/receive/bufferprobe.hpp"
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

} // namespace

void keep_layers(GstElement* depayloader, const Codec& codec) {
    Mark mark = codec.is("VP8") && can_mark_vp8() ? mark_vp8 : codec.is("VP9") ? mark_vp9 : nullptr;
    if (!mark)
        return;
    auto layers = std::make_shared<Layers>(codec, mark);
    auto input = adopt(gst_element_get_static_pad(depayloader, "sink"));
    auto output = adopt(gst_element_get_static_pad(depayloader, "src"));
    add_buffer_probe(input.get(),
                     [layers](GstPad*, Ref<GstBuffer>& packet) { layers->take(packet.get()); });
    add_buffer_probe(output.get(), [layers](GstPad*, Ref<GstBuffer>& picture) {
        picture = layers->mark(std::move(picture));
    });
}

} // namespace rtc
