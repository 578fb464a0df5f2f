#include "plugins/rtc/layermark.hpp"

namespace rtc {
namespace {

constexpr const char* meta_name = "GstRtcPictureLayer";
constexpr size_t start_size = 64; // bytes of a picture that tell it from others

bool registered() {
    // Without tags it goes wherever a buffer is copied.
    static const char* no_tags[] = {nullptr};
    static const bool known =
        gst_meta_get_info(meta_name) ||
        gst_meta_register_custom(meta_name, no_tags, nullptr, nullptr, nullptr);
    return known;
}

// FNV-1a.
guint64 hash(std::span<const guint8> picture) {
    guint64 sum = 0xcbf29ce484222325;
    for (auto byte : picture.first(MIN(picture.size(), start_size)))
        sum = (sum ^ byte) * 0x100000001b3;
    return sum;
}

} // namespace

void mark_layer(GstBuffer* picture, const PictureLayer& layer) {
    if (!registered())
        return;
    guint8 start[start_size];
    auto size = gst_buffer_extract(picture, 0, start, sizeof start);
    auto* meta = gst_buffer_add_custom_meta(picture, meta_name);
    gst_structure_set(gst_custom_meta_get_structure(meta),           //
                      "picture", G_TYPE_UINT64, hash({start, size}), //
                      "number", G_TYPE_UINT, guint(layer.number),    //
                      "sync", G_TYPE_BOOLEAN, gboolean(layer.sync),  //
                      "opens", G_TYPE_BOOLEAN, gboolean(layer.opens), nullptr);
}

std::optional<PictureLayer> marked_layer(GstBuffer* packet, std::span<const guint8> picture) {
    auto* meta = registered() ? gst_buffer_get_custom_meta(packet, meta_name) : nullptr;
    guint64 of = 0;
    guint number = 0;
    gboolean sync = FALSE, opens = FALSE;
    if (!meta || !gst_structure_get(gst_custom_meta_get_structure(meta), //
                                    "picture", G_TYPE_UINT64, &of, "number", G_TYPE_UINT, &number,
                                    "sync", G_TYPE_BOOLEAN, &sync, //
                                    "opens", G_TYPE_BOOLEAN, &opens, nullptr))
        return std::nullopt;
    if (of != hash(picture))
        return std::nullopt;
    return PictureLayer{guint8(number), sync != FALSE, opens != FALSE};
}

} // namespace rtc
