#include "plugins/rtc/codec.hpp"

#include "signaling/base/text.hpp"

#include <array>

namespace rtc {
namespace {

// AV1's RTP elements come with GStreamer's Rust plugins; the row is used where they are installed.
constexpr std::array table{
    Codec{"VP8", Kind::video, 90000, 0, -1, "video/x-vp8", "rtpvp8depay", nullptr, "rtpvp8pay", ""},
    Codec{"H264", Kind::video, 90000, 0, -1, "video/x-h264", "rtph264depay", "h264parse",
          "rtph264pay", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    Codec{"VP9", Kind::video, 90000, 0, -1, "video/x-vp9", "rtpvp9depay", "vp9parse", "rtpvp9pay",
          "profile-id=0"},
    Codec{"AV1", Kind::video, 90000, 0, -1, "video/x-av1", "rtpav1depay", "av1parse", "rtpav1pay",
          ""},
    Codec{"H265", Kind::video, 90000, 0, -1, "video/x-h265", "rtph265depay", "h265parse",
          "rtph265pay", ""},
    Codec{"opus", Kind::audio, 48000, 2, -1, "audio/x-opus", "rtpopusdepay", "opusparse",
          "rtpopuspay", "minptime=10;useinbandfec=1"},
    Codec{"PCMU", Kind::audio, 8000, 1, 0, "audio/x-mulaw", "rtppcmudepay", nullptr, "rtppcmupay",
          ""},
    Codec{"PCMA", Kind::audio, 8000, 1, 8, "audio/x-alaw", "rtppcmadepay", nullptr, "rtppcmapay",
          ""},
};

bool installed(const char* factory) {
    return bool(adopt(gst_element_factory_find(factory)));
}

} // namespace

const char* to_string(Kind kind) {
    return kind == Kind::audio ? "audio" : "video";
}

bool Codec::is(std::string_view other) const {
    return std::string_view(name).size() == other.size() &&
           g_ascii_strncasecmp(name, other.data(), other.size()) == 0;
}

bool Codec::can_receive() const {
    return installed(depayloader);
}

bool Codec::can_send() const {
    return installed(payloader);
}

std::span<const Codec> codecs() {
    return table;
}

Ref<GstCaps> template_caps(Kind kind, bool with_rtp) {
    auto caps = adopt(gst_caps_new_empty());
    for (const auto& codec : table)
        if (codec.kind == kind)
            gst_caps_append(caps.get(), gst_caps_from_string(codec.encoded_caps));
    auto* raw = gst_caps_from_string(kind == Kind::video ? "video/x-raw" : "audio/x-raw");
    if (kind == Kind::video)
        gst_caps_set_features(raw, 0, gst_caps_features_new_any());
    gst_caps_append(caps.get(), raw);
    if (with_rtp)
        gst_caps_append(caps.get(), gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING,
                                                        to_string(kind), nullptr));
    return caps;
}

const Codec* find_codec(std::string_view name) {
    for (const auto& codec : table)
        if (codec.is(name))
            return &codec;
    return nullptr;
}

const Codec* find_codec_for_caps(const GstCaps* caps) {
    if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps))
        return nullptr;
    const auto* media_type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    for (const auto& codec : table)
        if (g_str_equal(media_type, codec.encoded_caps))
            return &codec;
    return nullptr;
}

std::optional<std::vector<const Codec*>> parse_codec_list(std::string_view list, Kind kind,
                                                          std::string* unknown) {
    std::vector<const Codec*> result;
    while (!list.empty()) {
        auto name = trim(take(list, ','));
        if (name.empty())
            continue;
        const auto* codec = find_codec(name);
        if (!codec || codec->kind != kind) {
            if (unknown)
                *unknown = name;
            return std::nullopt;
        }
        result.push_back(codec);
    }
    return result;
}

} // namespace rtc
