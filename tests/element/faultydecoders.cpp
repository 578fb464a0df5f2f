#include "tests/element/faultydecoders.hpp"

#include "signaling/base/refs.hpp"

struct FaultyDecoder {
    GstElement parent;
};
struct FaultyDecoderClass {
    GstElementClass parent_class;
};
using FailingDecoder = FaultyDecoder;
using FailingDecoderClass = FaultyDecoderClass;

namespace {

G_DEFINE_TYPE(FaultyDecoder, faulty_decoder, GST_TYPE_ELEMENT)
G_DEFINE_TYPE(FailingDecoder, failing_decoder, GST_TYPE_ELEMENT)

void add_templates(GstElementClass* klass, const char* name) {
    gst_element_class_set_static_metadata(klass, name, "Codec/Decoder/Video", name, "gst-rtc");
    auto encoded = rtc::adopt(gst_caps_from_string("video/x-vp8"));
    auto raw = rtc::adopt(gst_caps_from_string("video/x-raw"));
    gst_element_class_add_pad_template(
        klass, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, encoded.get()));
    gst_element_class_add_pad_template(
        klass, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, raw.get()));
}

GstPad* add_pads(GstElement* element) {
    auto* klass = GST_ELEMENT_GET_CLASS(element);
    GstPad* sink = nullptr;
    for (const char* name : {"src", "sink"}) {
        sink = gst_pad_new_from_template(gst_element_class_get_pad_template(klass, name), name);
        gst_element_add_pad(element, sink);
    }
    return sink;
}

void faulty_decoder_class_init(FaultyDecoderClass* klass) {
    auto* element_class = GST_ELEMENT_CLASS(klass);
    add_templates(element_class, "A decoder without its hardware");
    element_class->change_state = [](GstElement* element, GstStateChange change) {
        if (change == GST_STATE_CHANGE_NULL_TO_READY)
            return GST_STATE_CHANGE_FAILURE;
        return GST_ELEMENT_CLASS(faulty_decoder_parent_class)->change_state(element, change);
    };
}

void faulty_decoder_init(FaultyDecoder* self) {
    add_pads(GST_ELEMENT(self));
}

void failing_decoder_class_init(FailingDecoderClass* klass) {
    add_templates(GST_ELEMENT_CLASS(klass), "A decoder that fails at its first picture");
}

void failing_decoder_init(FailingDecoder* self) {
    gst_pad_set_chain_function(add_pads(GST_ELEMENT(self)),
                               [](GstPad*, GstObject* parent, GstBuffer* buffer) {
                                   auto owned = rtc::adopt(buffer);
                                   GST_ELEMENT_ERROR(parent, STREAM, DECODE, ("No good"), (NULL));
                                   return GST_FLOW_ERROR;
                               });
}

} // namespace

namespace rtc::test {

void register_faulty_decoders() {
    constexpr guint rank = GST_RANK_PRIMARY + 10000;
    gst_element_register(nullptr, "faultyvp8dec", rank + 1, faulty_decoder_get_type());
    gst_element_register(nullptr, "failingvp8dec", rank, failing_decoder_get_type());
}

} // namespace rtc::test
