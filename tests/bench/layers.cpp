// What temporal layers cost: BUILD/tests/bench/layers [KBIT]
//
// Encodes ten seconds of a made-up camera (640×360, 30 pictures a second: textured ground that
// stands and pans in turn, something that moves before it, noise) by rtcsink's settings of vp8enc
// and vp9enc, with one, two and three layers, at KBIT kbit/s (800). Prints for each what it took,
// and how near the decoded pictures are (PSNR of the luma, mean over pictures; of the worst
// twentieth).
#include "plugins/publish/encoders.hpp"

#include <gst/app/app.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

using namespace rtc;

namespace {

constexpr int width = 640, height = 360, rate = 30, pictures = 10 * rate;
constexpr size_t luma = size_t(width) * height;

// Noise of all sizes alike, as pictures of nature have it.
class Texture {
public:
    Texture(int columns, int rows, unsigned seed)
        : columns_(columns)
        , values_(size_t(columns) * size_t(rows)) {
        std::mt19937 random(seed);
        for (int step = 128; step >= 2; step /= 2)
            add_octave(rows, step, random);
    }
    double at(int x, int y) const { return values_[size_t(y * columns_ + x)]; }

private:
    void add_octave(int rows, int step, std::mt19937& random) {
        int across = columns_ / step + 2;
        std::vector<double> grid(size_t(across * (rows / step + 2)));
        std::normal_distribution<double> height_of(0, 12);
        for (auto& value : grid)
            value = height_of(random);
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns_; x++) {
                auto* corner = &grid[size_t(y / step * across + x / step)];
                double right = double(x % step) / step, down = double(y % step) / step;
                auto top = std::lerp(corner[0], corner[1], right);
                auto bottom = std::lerp(corner[across], corner[across + 1], right);
                values_[size_t(y * columns_ + x)] += std::lerp(top, bottom, down);
            }
    }

    int columns_;
    std::vector<double> values_;
};

std::vector<std::vector<guint8>> film() {
    Texture ground(3 * width, height, 1), thing(120, 120, 2);
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0, 1.5);
    std::vector<std::vector<guint8>> list;
    for (int i = 0; i < pictures; i++) {
        int pan = i / 60 * 90 + std::max(0, i % 60 - 30) * 3;
        int left = int(260 + 200 * std::sin(i / 20.0)), top = int(120 + 90 * std::cos(i / 27.0));
        std::vector<guint8> picture(luma * 3 / 2, 128);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                bool before = x >= left && x < left + 120 && y >= top && y < top + 120;
                auto value = before ? thing.at(x - left, y - top) : ground.at(x + pan, y);
                picture[size_t(y * width + x)] =
                    guint8(std::clamp(128 + value + noise(random), 0.0, 255.0));
            }
        list.push_back(std::move(picture));
    }
    return list;
}

double psnr(const guint8* decoded, const std::vector<guint8>& original) {
    double sum = 0;
    for (size_t i = 0; i < luma; i++)
        sum += (decoded[i] - original[i]) * (decoded[i] - original[i]);
    return 10 * std::log10(255 * 255 / (sum / luma));
}

GstPadProbeReturn count(GstPad*, GstPadProbeInfo* info, gpointer bytes) {
    *static_cast<size_t*>(bytes) += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
}

Ref<GstElement> make(const char* description) {
    return sink(gst_parse_bin_from_description(description, TRUE, nullptr));
}

void feed(GstElement* pipeline, const std::vector<std::vector<guint8>>& originals) {
    auto in = adopt(gst_bin_get_by_name(GST_BIN(pipeline), "in"));
    for (size_t i = 0; i < originals.size(); i++) {
        auto* buffer = gst_buffer_new_memdup(originals[i].data(), originals[i].size());
        GST_BUFFER_PTS(buffer) = i * GST_SECOND / rate;
        GST_BUFFER_DURATION(buffer) = GST_SECOND / rate;
        gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
}

// False where a picture does not come.
bool measure(const Encoder& row, const std::vector<std::vector<guint8>>& originals, guint bitrate,
             guint layers) {
    auto pipeline = sink(gst_pipeline_new(nullptr));
    auto encoder = make_encoder(row, bitrate, pictures, layers);
    auto input = make("appsrc name=in format=time max-bytes=0 caps=video/x-raw,format=I420,"
                      "width=640,height=360,framerate=30/1 ! identity");
    bool vp8 = g_str_equal(row.codec, "VP8");
    auto output =
        make(vp8 ? "vp8dec ! appsink name=out sync=false" : "vp9dec ! appsink name=out sync=false");
    if (!encoder || !input || !output)
        return false;
    gst_bin_add_many(GST_BIN(pipeline.get()), input.get(), encoder.get(), output.get(), nullptr);
    gst_element_link_many(input.get(), encoder.get(), output.get(), nullptr);
    size_t bytes = 0;
    auto pad = adopt(gst_element_get_static_pad(encoder.get(), "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, &bytes, nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    feed(pipeline.get(), originals);

    auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    std::vector<double> quality;
    for (const auto& original : originals) {
        auto sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 20 * GST_SECOND));
        GstMapInfo map;
        if (!sample || !gst_buffer_map(gst_sample_get_buffer(sample.get()), &map, GST_MAP_READ))
            break;
        quality.push_back(psnr(map.data, original));
        gst_buffer_unmap(gst_sample_get_buffer(sample.get()), &map);
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    if (quality.size() < originals.size())
        return false;
    auto mean = std::accumulate(quality.begin(), quality.end(), 0.0) / double(quality.size());
    std::ranges::sort(quality);
    std::printf("%s, %u layers: %4.0f kbit/s, %.1f dB, the worst twentieth below %.1f dB\n",
                row.codec, layers, double(bytes) * 8 * rate / pictures / 1000, mean,
                quality[quality.size() / 20]);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    auto kbit = argc > 1 ? std::atoi(argv[1]) : 800;
    auto originals = film();
    for (const auto& row : encoders())
        for (guint layers = 1; row.set_temporal_layers && layers <= 3; layers++)
            if (kbit <= 0 || !measure(row, originals, guint(kbit) * 1000, layers)) {
                std::fprintf(stderr, "layers: %s can't be measured at %d kbit/s\n", row.factory,
                             kbit);
                return 1;
            }
    return 0;
}
