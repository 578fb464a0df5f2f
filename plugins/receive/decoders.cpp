#include "plugins/receive/decoders.hpp"

#include "plugins/receive/form.hpp"

#include <memory>

namespace rtc {
namespace {

// Twice that of 4K, as many as 4096×4096 have.
constexpr gint64 most_pixels = 4096 * 4096;

gint64 pixels(const GstCaps* caps) {
    const auto* structure = gst_caps_get_structure(caps, 0);
    int width = 0, height = 0;
    gst_structure_get_int(structure, "width", &width);
    gst_structure_get_int(structure, "height", &height);
    return gint64(width) * height;
}

// What came last to a decoder.
class SizeLimit {
public:
    explicit SizeLimit(Oversize oversize)
        : oversize_(std::move(oversize)) {}

    bool passes_event(GstEvent* event) {
        if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
            return true;
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        large_ = !is_decodable_size(caps);
        if (large_)
            text_ = "pictures of " + std::to_string(pixels(caps) / 1'000'000) +
                    " megapixels are too large to be decoded, and dropped";
        return !large_;
    }
    bool passes_picture() {
        if (large_)
            oversize_(text_, std::exchange(first_, false));
        return !large_;
    }

private:
    const Oversize oversize_;
    std::string text_;
    bool large_ = false;
    bool first_ = true;
};

bool has_pad(GstElementFactory* factory, GstPadDirection direction, const GstCaps* caps) {
    auto* list = gst_element_factory_get_static_pad_templates(factory);
    for (auto* item = list; item; item = item->next) {
        auto* pad = static_cast<GstStaticPadTemplate*>(item->data);
        if (pad->direction != direction)
            continue;
        auto own = adopt(gst_static_pad_template_get_caps(pad));
        if (!gst_caps_is_any(own.get()) && gst_caps_can_intersect(own.get(), caps))
            return true;
    }
    return false;
}

} // namespace

std::vector<Ref<GstElementFactory>> decoders_for(const Codec& codec) {
    std::unique_ptr<GList, decltype(&gst_plugin_feature_list_free)> list{
        gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL),
        gst_plugin_feature_list_free};
    auto encoded = caps_of(codec, Form::encoded);
    auto raw = caps_of(codec, Form::raw);
    std::vector<Ref<GstElementFactory>> result;
    for (auto* item = list.get(); item; item = item->next) {
        auto* factory = GST_ELEMENT_FACTORY(item->data);
        if (has_pad(factory, GST_PAD_SINK, encoded.get()) &&
            has_pad(factory, GST_PAD_SRC, raw.get()))
            result.push_back(retain(factory));
    }
    return result;
}

bool is_decodable_size(const GstCaps* caps) {
    return pixels(caps) <= most_pixels;
}

void limit_pictures(GstElement* decoder, Oversize oversize) {
    auto pad = adopt(gst_element_get_static_pad(decoder, "sink"));
    auto probe = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto& limit = *static_cast<SizeLimit*>(data);
        bool passes = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
                          ? limit.passes_event(GST_PAD_PROBE_INFO_EVENT(info))
                          : limit.passes_picture();
        return passes ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
    };
    constexpr auto all =
        GstPadProbeType(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER |
                        GST_PAD_PROBE_TYPE_BUFFER_LIST);
    gst_pad_add_probe(pad.get(), all, probe, new SizeLimit(std::move(oversize)),
                      [](gpointer data) { delete static_cast<SizeLimit*>(data); });
}

Ref<GstElement> make_decoder(const Codec& codec, const GstCaps* peer_caps,
                             const std::set<std::string>& unwanted) {
    for (const auto& factory : decoders_for(codec)) {
        if (unwanted.contains(GST_OBJECT_NAME(factory.get())) ||
            !has_pad(factory.get(), GST_PAD_SRC, peer_caps))
            continue;
        auto decoder = sink(gst_element_factory_create(factory.get(), nullptr));
        if (!decoder)
            continue;
        if (gst_element_set_state(decoder.get(), GST_STATE_READY) != GST_STATE_CHANGE_FAILURE)
            return decoder;
        gst_element_set_state(decoder.get(), GST_STATE_NULL);
    }
    return nullptr;
}

} // namespace rtc
