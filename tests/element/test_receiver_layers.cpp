// What a sender says of its temporal layers reaches packets behind rtcsrc: in VP8 a payloader says
// it again, in VP9 the packets carry it.
#include "plugins/receive/layers.hpp"
#include "plugins/rtc/layermark.hpp"
#include "signaling/base/refs.hpp"

#include <gst/app/app.h>
#include <gst/rtp/gstrtpbuffer.h>

#include <cstring>
#include <string>
#include <vector>

using namespace rtc;

namespace {

struct Playing {
    explicit Playing(const char* description) {
        GError* error = nullptr;
        pipeline = sink(gst_parse_launch(description, &error));
        g_assert_no_error(error);
    }
    ~Playing() { gst_element_set_state(pipeline.get(), GST_STATE_NULL); }
    void play() { gst_element_set_state(pipeline.get(), GST_STATE_PLAYING); }
    Ref<GstElement> find(const char* name) {
        return adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
    }
    // Nothing after the last.
    Ref<GstBuffer> pull() {
        auto out = find("out");
        auto sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 20 * GST_SECOND));
        if (!sample)
            g_assert_true(gst_app_sink_is_eos(GST_APP_SINK(out.get())));
        return sample ? retain(gst_sample_get_buffer(sample.get())) : nullptr;
    }

    Ref<GstElement> pipeline;
};

std::vector<Ref<GstBuffer>> encoded_pictures(const char* encoder) {
    auto description = std::string("videotestsrc num-buffers=8 ! "
                                   "video/x-raw,width=64,height=48,framerate=30/1 ! ") +
                       encoder + " deadline=1 lag-in-frames=0 ! appsink name=out sync=false";
    Playing encoding(description.c_str());
    encoding.play();
    std::vector<Ref<GstBuffer>> pictures;
    while (auto picture = encoding.pull())
        pictures.push_back(std::move(picture));
    g_assert_cmpuint(pictures.size(), ==, 8);
    return pictures;
}

// One packet of a picture, with this before it.
Ref<GstBuffer> packet_of(GstBuffer* picture, guint16 number, const std::string& descriptor) {
    auto size = gst_buffer_get_size(picture);
    auto packet = adopt(gst_rtp_buffer_new_allocate(guint(descriptor.size() + size), 0, 0));
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    g_assert_true(gst_rtp_buffer_map(packet.get(), GST_MAP_READWRITE, &rtp));
    gst_rtp_buffer_set_payload_type(&rtp, 96);
    gst_rtp_buffer_set_seq(&rtp, number);
    gst_rtp_buffer_set_timestamp(&rtp, number * 3000u);
    gst_rtp_buffer_set_marker(&rtp, TRUE);
    auto* payload = static_cast<guint8*>(gst_rtp_buffer_get_payload(&rtp));
    std::memcpy(payload, descriptor.data(), descriptor.size());
    gst_buffer_extract(picture, 0, payload + descriptor.size(), size);
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_PTS(packet.get()) = number * GST_SECOND / 30;
    return packet;
}

PayloadDescriptor descriptor_of(GstBuffer* packet) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    g_assert_true(gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp));
    auto* payload = static_cast<const guint8*>(gst_rtp_buffer_get_payload(&rtp));
    auto descriptor = read_vp8_descriptor({payload, gst_rtp_buffer_get_payload_len(&rtp)});
    gst_rtp_buffer_unmap(&rtp);
    g_assert_true(descriptor.has_value());
    return *descriptor;
}

void passes_on_vp8(gconstpointer data) {
    bool layered = GPOINTER_TO_INT(data);
    const guint8 layers[] = {0, 2, 1, 2};
    Playing relay("appsrc name=in format=time caps=application/x-rtp,media=video,"
                  "encoding-name=VP8,clock-rate=90000,payload=96 ! rtpvp8depay name=depay ! "
                  "rtpvp8pay picture-id-mode=15-bit ! appsink name=out sync=false");
    keep_layers(relay.find("depay").get(), *find_codec("VP8"));
    relay.play();
    auto in = relay.find("in");
    guint16 number = 0;
    for (const auto& picture : encoded_pictures("vp8enc")) {
        char layer = char(layers[number % 4] << 6 | (number % 4 == 1) << 5);
        std::string descriptor = layered ? std::string("\x90\xe0\x80", 3) : "\x90\x80\x80";
        descriptor += char(number);
        if (layered)
            descriptor += {char(number / 4), layer};
        gst_app_src_push_buffer(GST_APP_SRC(in.get()),
                                packet_of(picture.get(), number++, descriptor).release());
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    guint pictures = 0;
    while (auto packet = relay.pull()) {
        auto descriptor = descriptor_of(packet.get());
        g_assert_true(descriptor.base_index_at.has_value() == layered);
        g_assert_cmpuint(descriptor.layer ? descriptor.layer->number : 0, ==,
                         layered ? layers[pictures % 4] : 0);
        g_assert_cmpint(descriptor.layer && descriptor.layer->sync, ==,
                        layered && pictures % 4 == 1);
        pictures++;
    }
    g_assert_cmpuint(pictures, ==, 8);
}

// As a browser sends them: flexible, by what lies back (RFC 9628 section 4.2).
void passes_on_vp9(gconstpointer data) {
    bool layered = GPOINTER_TO_INT(data);
    const guint8 layers[] = {0, 2, 1, 2}, back[] = {4, 1, 2, 1};
    Playing relay("appsrc name=in format=time caps=application/x-rtp,media=video,"
                  "encoding-name=VP9,clock-rate=90000,payload=96 ! rtpvp9depay name=depay ! "
                  "vp9parse ! identity ! vp9parse ! rtpvp9pay picture-id-mode=15-bit ! "
                  "appsink name=out sync=false");
    keep_layers(relay.find("depay").get(), *find_codec("VP9"));
    relay.play();
    auto in = relay.find("in");
    guint16 number = 0;
    for (const auto& picture : encoded_pictures("vp9enc")) {
        bool key = number == 0;
        std::string descriptor{char((key ? 0x8c : 0xcc) | (layered ? 0x30 : 0)), char(number)};
        if (layered)
            descriptor += char(layers[number % 4] << 5 | (number % 4 == 0) << 4);
        if (layered && !key)
            descriptor += char(back[number % 4] << 1);
        gst_app_src_push_buffer(GST_APP_SRC(in.get()),
                                packet_of(picture.get(), number++, descriptor).release());
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    guint pictures = 0;
    while (auto packet = relay.pull()) {
        guint8 payload[80];
        auto size = gst_buffer_extract(packet.get(), 12, payload, sizeof payload);
        auto start = std::span(payload).first(size);
        auto picture = start.subspan(read_descriptor(*find_codec("VP9"), start)->size);
        auto layer = marked_layer(packet.get(), picture);
        picture[9]++;
        g_assert_false(marked_layer(packet.get(), picture).has_value()); // another
        g_assert_cmpint(layer.has_value(), ==, layered);
        if (layered)
            g_assert_true(*layer == (PictureLayer{layers[pictures % 4], false, pictures % 4 == 0}));
        pictures++;
    }
    g_assert_cmpuint(pictures, ==, 8);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_data_func("/receiver-layers/vp8/some", GINT_TO_POINTER(true), passes_on_vp8);
    g_test_add_data_func("/receiver-layers/vp8/none", GINT_TO_POINTER(false), passes_on_vp8);
    g_test_add_data_func("/receiver-layers/vp9/some", GINT_TO_POINTER(true), passes_on_vp9);
    g_test_add_data_func("/receiver-layers/vp9/none", GINT_TO_POINTER(false), passes_on_vp9);
    return g_test_run();
}
