#include "plugins/receive/decoders.hpp"

#include "plugins/receive/form.hpp"

#include <memory>

namespace rtc {
namespace {

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
