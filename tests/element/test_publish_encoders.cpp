// Encoders as rtcsink sets them follow a bit rate that changes. Time is counted in pictures, so
// that what comes out is the same however busy the machine is.
#include "plugins/publish/encoders.hpp"

#include <tuple>
#include <vector>

using namespace rtc;

namespace {

constexpr guint rate = 32, quarter = rate / 4, fall = 5 * rate, rise = 10 * rate,
                pictures = 15 * rate;
constexpr guint high = 2'500'000, low = 1'000'000;

const Encoder& find(const char* factory) {
    for (const auto& row : encoders())
        if (g_str_equal(row.factory, factory))
            return row;
    g_error("no row for %s", factory);
}

// An encoder and the sizes of its pictures.
struct Run {
    const Encoder& row;
    GstElement* encoder;
    guint given = 0;
    std::vector<gsize> sizes = {};

    // bit/s over pictures
    double bitrate(guint from, guint to) const {
        gsize bytes = 0;
        for (guint i = from; i < to; i++)
            bytes += sizes.at(i);
        return double(bytes) * 8 * rate / (to - from);
    }
};

GstPadProbeReturn before(GstPad*, GstPadProbeInfo*, gpointer data) {
    auto& run = *static_cast<Run*>(data);
    if (run.given == fall)
        set_encoder_bitrate(run.row, run.encoder, low);
    if (run.given == rise)
        set_encoder_bitrate(run.row, run.encoder, high);
    run.given++;
    return GST_PAD_PROBE_OK;
}

GstPadProbeReturn after(GstPad*, GstPadProbeInfo* info, gpointer data) {
    static_cast<Run*>(data)->sizes.push_back(gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)));
    return GST_PAD_PROBE_OK;
}

void follows(gconstpointer factory) {
    const auto& row = find(static_cast<const char*>(factory));
    GError* error = nullptr;
    auto pipeline = sink(gst_parse_launch(
        "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=4 num-buffers=480 ! "
        "video/x-raw,format=I420,width=640,height=360,framerate=32/1 ! identity name=in",
        &error));
    g_assert_no_error(error);
    auto encoder = make_encoder(row, high, pictures, 1);
    g_assert_true(encoder);
    auto* out = gst_element_factory_make("fakesink", nullptr);
    gst_bin_add_many(GST_BIN(pipeline.get()), encoder.get(), out, nullptr);
    auto in = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    g_assert_true(gst_element_link_many(in.get(), encoder.get(), out, nullptr));

    Run run{row, encoder.get()};
    auto input = adopt(gst_element_get_static_pad(encoder.get(), "sink"));
    auto output = adopt(gst_element_get_static_pad(encoder.get(), "src"));
    gst_pad_add_probe(input.get(), GST_PAD_PROBE_TYPE_BUFFER, before, &run, nullptr);
    gst_pad_add_probe(output.get(), GST_PAD_PROBE_TYPE_BUFFER, after, &run, nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto bus = adopt(gst_element_get_bus(pipeline.get()));
    auto message = adopt(gst_bus_timed_pop_filtered(
        bus.get(), GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    g_assert_cmpint(GST_MESSAGE_TYPE(message.get()), ==, GST_MESSAGE_EOS);
    g_assert_cmpuint(run.sizes.size(), ==, pictures);

    auto share = [&](guint from, guint count, guint target) {
        return run.bitrate(from, from + count) / target;
    };
    for (auto [name, from, target] : {std::tuple{"fall", fall, low}, {"rise", rise, high}}) {
        std::string text;
        for (guint i = from; i < from + 8 * quarter; i += quarter)
            text += " " + std::to_string(int(100 * share(i, quarter, target))) + " %";
        g_test_message("%s, %s: of the new rate, each quarter of a second:%s", row.factory, name,
                       text.c_str());
    }
    g_assert_cmpfloat(share(fall, quarter, low), <, 1.9);
    g_assert_cmpfloat(share(fall + quarter, quarter, low), <, 1.1);
    g_assert_cmpfloat(share(rise + 4 * quarter, 4 * quarter, high), >, 0.85);
    g_assert_cmpfloat(share(rise + 4 * quarter, 4 * quarter, high), <, 1.1);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_data_func("/publish-encoders/x264enc", "x264enc", follows);
    g_test_add_data_func("/publish-encoders/vp8enc", "vp8enc", follows);
    g_test_add_data_func("/publish-encoders/vp9enc", "vp9enc", follows);
    return g_test_run();
}
