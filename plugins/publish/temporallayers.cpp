#include "plugins/publish/temporallayers.hpp"

#include "signaling/base/refs.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace rtc {
namespace {

// Pictures above the base refer to the base alone and change nothing that lasts, the probabilities
// of the entropy coder among it: any of them can go, and come back, without the others noticing.
constexpr const char* base_flags = "0";
constexpr const char* upper_flags = "no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy";

struct Pattern {
    std::array<int, 4> layer; // of each picture in turn
    guint period;
    std::array<int, 3> decimator; // of the frame rate, with the layers up to this one
    std::array<double, 3> share;  // of the bit rate, likewise
};
// As libwebrtc shares the rate out.
constexpr Pattern patterns[] = {
    {{0, 1}, 2, {2, 1}, {0.6, 1}},
    {{0, 2, 1, 2}, 4, {4, 2, 1}, {0.4, 0.6, 1}},
};

const Pattern& pattern_of(guint layers) {
    return patterns[layers == 2 ? 0 : 1];
}

// GStreamer deprecates GValueArray, and has it in these properties.
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
void set_numbers(GstElement* element, const char* property, std::span<const int> numbers) {
    auto* array = g_value_array_new(guint(numbers.size()));
    for (auto number : numbers) {
        GValue value = G_VALUE_INIT;
        g_value_init(&value, G_TYPE_INT);
        g_value_set_int(&value, number);
        g_value_array_append(array, &value);
    }
    g_object_set(element, property, array, nullptr);
    g_value_array_free(array);
}
G_GNUC_END_IGNORE_DEPRECATIONS

template <typename Text>
void set_list(GstElement* element, const char* property, guint count, Text text) {
    std::string list = "<";
    for (guint i = 0; i < count; i++)
        list += std::string(i > 0 ? "," : "") + text(i);
    gst_util_set_object_arg(G_OBJECT(element), property, (list + ">").c_str());
}

void set_flags(GstElement* encoder, const Pattern& pattern) {
    set_list(encoder, "temporal-scalability-layer-flags", pattern.period, [&](guint i) {
        return std::string("(GstVPXEncTsLayerFlags)") +
               (pattern.layer[i] == 0 ? base_flags : upper_flags);
    });
}

} // namespace

void set_vp8_layers(GstElement* encoder, guint layers) {
    layers = MIN(layers, 3u);
    const auto& pattern = pattern_of(layers);
    std::span ids(pattern.layer);
    std::span decimators(pattern.decimator);
    g_object_set(encoder, "temporal-scalability-number-layers", int(layers),
                 "temporal-scalability-periodicity", int(pattern.period), nullptr);
    set_numbers(encoder, "temporal-scalability-layer-id", ids.first(pattern.period));
    set_numbers(encoder, "temporal-scalability-rate-decimator", decimators.first(layers));
    set_flags(encoder, pattern);
    set_list(encoder, "temporal-scalability-layer-sync-flags", pattern.period,
             [&](guint i) { return pattern.layer[i] == 0 ? "false" : "true"; });
}

// Only which pictures are needed: GStreamer does not tell libvpx the layer of each, without which
// its VP9 can't share out the rate. Error resilience keeps a picture from what the one before it
// left behind besides reference frames, so that any can go.
void set_vp9_layers(GstElement* encoder, guint layers) {
    gst_util_set_object_arg(G_OBJECT(encoder), "error-resilient", "default");
    set_flags(encoder, pattern_of(layers));
}

void set_layer_bitrates(GstElement* encoder, guint bitrate) {
    int layers = 1;
    g_object_get(encoder, "temporal-scalability-number-layers", &layers, nullptr);
    if (layers < 2)
        return;
    const auto& pattern = pattern_of(guint(layers));
    std::vector<int> rates;
    for (int i = 0; i < layers; i++)
        rates.push_back(int(bitrate * pattern.share[size_t(i)]));
    set_numbers(encoder, "temporal-scalability-target-bitrate", rates);
}

} // namespace rtc
