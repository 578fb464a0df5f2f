#include "plugins/publish/encoders.hpp"

#include "plugins/publish/temporallayers.hpp"

#include <string>

namespace rtc {
namespace {

constexpr const char* baseline = "video/x-h264,profile=constrained-baseline";
constexpr const char* opus_input = "audio/x-raw,rate=48000,channels=[1,2]";
constexpr const char* g711_input = "audio/x-raw,rate=8000,channels=1";

// Real time throughout: no reordering, no lookahead, constant bitrate. What the rate control of an
// encoder may be in debt for is a short time, so that it follows a bit rate that changes
// (test_publish_encoders).
constexpr Encoder table[] = {
    // H264
    {"H264", "vah264lpenc", "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", "bitrate",
     1000, "key-int-max", nullptr, baseline},
    {"H264", "vah264enc", "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", "bitrate",
     1000, "key-int-max", nullptr, baseline},
    {"H264", "nvh264enc",
     "rc-mode=cbr zerolatency=true bframes=0 rc-lookahead=0 preset=low-latency", "bitrate", 1000,
     "gop-size", nullptr, baseline},
    {"H264", "qsvh264enc", "rate-control=cbr low-latency=true b-frames=0 ref-frames=1", "bitrate",
     1000, "gop-size", nullptr, baseline},
    {"H264", "v4l2h264enc",
     "extra-controls=controls,video_bitrate_mode=1,video_bitrate={bitrate},"
     "h264_i_frame_period={frames},repeat_sequence_header=1",
     nullptr, 1, nullptr, nullptr, "video/x-h264,profile=constrained-baseline,level=(string)4"},
    {"H264", "vtenc_h264_hw", "realtime=true allow-frame-reordering=false", "bitrate", 1000,
     "max-keyframe-interval", nullptr, baseline},
    {"H264", "mfh264enc", "rc-mode=cbr low-latency=true bframes=0", "bitrate", 1000, "gop-size",
     nullptr, baseline},
    // A bounded number of slices; more threads than these help no picture of this size.
    {"H264", "x264enc",
     "tune=zerolatency speed-preset=veryfast threads=4 bframes=0 byte-stream=true aud=false "
     "vbv-buf-capacity=150",
     "bitrate", 1000, "key-int-max", nullptr, baseline},
    {"H264", "openh264enc", "complexity=low rate-control=bitrate usage-type=camera", "bitrate", 1,
     "gop-size", nullptr, baseline},
    // VP8. One thread: with two, a busy machine makes each picture wait for the slower one.
    {"VP8", "v4l2vp8enc",
     "extra-controls=controls,video_bitrate_mode=1,video_bitrate={bitrate},"
     "vp8_profile=0",
     nullptr, 1, nullptr, nullptr, nullptr},
    {"VP8", "vp8enc",
     "deadline=1 cpu-used=-6 threads=1 lag-in-frames=0 end-usage=cbr keyframe-mode=auto "
     "min-quantizer=2 max-quantizer=56 buffer-size=250 buffer-initial-size=200 "
     "buffer-optimal-size=150 undershoot=100 overshoot=15 max-intra-bitrate=500 static-threshold=1",
     "target-bitrate", 1, "keyframe-max-dist", nullptr, nullptr, nullptr, nullptr, set_vp8_layers},
    // VP9
    {"VP9", "vavp9lpenc", "rate-control=cbr ref-frames=1 target-usage=6", "bitrate", 1000,
     "key-int-max", nullptr, nullptr},
    {"VP9", "vavp9enc", "rate-control=cbr ref-frames=1 target-usage=6", "bitrate", 1000,
     "key-int-max", nullptr, nullptr},
    {"VP9", "vp9enc",
     "deadline=1 cpu-used=8 threads=2 row-mt=true tile-columns=1 lag-in-frames=0 end-usage=cbr "
     "keyframe-mode=auto aq-mode=cyclic-refresh min-quantizer=2 max-quantizer=56 buffer-size=250 "
     "buffer-initial-size=200 buffer-optimal-size=150 undershoot=100 overshoot=15 "
     "max-intra-bitrate=500 static-threshold=1",
     "target-bitrate", 1, "keyframe-max-dist", "video/x-raw,format=I420", nullptr, nullptr, nullptr,
     set_vp9_layers},
    // AV1
    {"AV1", "vaav1enc", "rate-control=cbr ref-frames=1 target-usage=6", "bitrate", 1000,
     "key-int-max", nullptr, nullptr},
    {"AV1", "nvav1enc", "rc-mode=cbr zerolatency=true bframes=0 tune=ultra-low-latency", "bitrate",
     1000, "gop-size", nullptr, nullptr},
    {"AV1", "svtav1enc", "preset=10 parameters-string=pred-struct=1:rc=2:lookahead=0",
     "target-bitrate", 1000, "intra-period-length", nullptr, nullptr},
    {"AV1", "av1enc",
     "usage-profile=realtime cpu-used=8 threads=2 row-mt=true lag-in-frames=0 end-usage=cbr "
     "keyframe-mode=auto",
     "target-bitrate", 1000, "keyframe-max-dist", "video/x-raw,format=I420", nullptr},
    {"AV1", "rav1enc", "speed-preset=10 low-latency=true error-resilient=false", "bitrate", 1,
     "max-key-frame-interval", nullptr, nullptr},
    // H265
    {"H265", "vah265lpenc", "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", "bitrate",
     1000, "key-int-max", nullptr, "video/x-h265,profile=main"},
    {"H265", "vah265enc", "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", "bitrate",
     1000, "key-int-max", nullptr, "video/x-h265,profile=main"},
    {"H265", "nvh265enc",
     "rc-mode=cbr zerolatency=true bframes=0 rc-lookahead=0 preset=low-latency", "bitrate", 1000,
     "gop-size", nullptr, "video/x-h265,profile=main"},
    {"H265", "x265enc", "tune=zerolatency speed-preset=ultrafast", "bitrate", 1000, "key-int-max",
     "video/x-raw,format=I420", "video/x-h265,profile=main"},
    // Audio
    {"opus", "opusenc", "audio-type=generic frame-size=20 inband-fec=true bitrate-type=vbr",
     "bitrate", 1, nullptr, opus_input, nullptr, "packet-loss-percentage", "dtx"},
    {"PCMU", "mulawenc", "", nullptr, 1, nullptr, g711_input, nullptr},
    {"PCMA", "alawenc", "", nullptr, 1, nullptr, g711_input, nullptr},
};

void replace(std::string& text, std::string_view what, guint with) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what))
        text.replace(at, what.size(), std::to_string(with));
}

bool has_property(GstElement* element, const std::string& name) {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str()) != nullptr;
}

void set(GstElement* element, const std::string& name, const std::string& value) {
    if (has_property(element, name))
        gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
}

void apply_settings(GstElement* element, std::string_view settings) {
    while (!settings.empty()) {
        auto blank = settings.find(' ');
        auto setting = settings.substr(0, blank);
        settings = blank == settings.npos ? std::string_view{} : settings.substr(blank + 1);
        auto equals = setting.find('=');
        if (equals != setting.npos)
            set(element, std::string(setting.substr(0, equals)),
                std::string(setting.substr(equals + 1)));
    }
}

} // namespace

std::span<const Encoder> encoders() {
    return table;
}

bool encoder_installed(const Encoder& row) {
    return bool(adopt(gst_element_factory_find(row.factory)));
}

Ref<GstElement> make_encoder(const Encoder& row, guint bitrate, guint frames, guint layers) {
    auto element = sink(gst_element_factory_make(row.factory, nullptr));
    if (!element)
        return nullptr;
    std::string settings = row.settings;
    replace(settings, "{bitrate}", bitrate);
    replace(settings, "{frames}", frames);
    apply_settings(element.get(), settings);
    if (row.set_temporal_layers && layers > 1)
        row.set_temporal_layers(element.get(), layers);
    set_encoder_bitrate(row, element.get(), bitrate);
    if (row.distance_property && frames > 0)
        set(element.get(), row.distance_property, std::to_string(frames));
    return element;
}

void set_encoder_bitrate(const Encoder& row, GstElement* encoder, guint bitrate) {
    if (row.bitrate_property)
        set(encoder, row.bitrate_property, std::to_string(MAX(bitrate / row.bitrate_unit, 1u)));
    if (row.set_temporal_layers)
        set_layer_bitrates(encoder, bitrate);
}

void set_encoder_loss(const Encoder& row, GstElement* encoder, guint percent) {
    if (row.loss_property)
        set(encoder, row.loss_property, std::to_string(MIN(percent, 100u)));
}

} // namespace rtc
