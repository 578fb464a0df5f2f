#include "plugins/publish/formats.hpp"

#include "plugins/publish/stream.hpp"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <cstring>

namespace rtc {
namespace {

// What every software encoder takes comes first, so that sources with a choice save a conversion.
constexpr const char* raw_video = "video/x-raw,format=(string){I420,NV12}; " //
    GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL);
constexpr const char* raw_audio = "audio/x-raw,format=(string){S16LE,F32LE},"
                                  "layout=(string)interleaved; " //
    GST_AUDIO_CAPS_MAKE(GST_AUDIO_FORMATS_ALL);

// What browsers decode: 4:2:0 with 8 bits. An encoder that is asked for these chooses so, too;
// x264enc would otherwise keep 4:4:4.
constexpr const char* h264_video =
    "video/x-h264,profile=(string){constrained-baseline,baseline,main,constrained-high,"
    "progressive-high,high}";

// The parameters that tell a peer something about packets; the others are the payloader's own.
struct Parameters {
    const char* codec;
    std::initializer_list<const char*> names;
};
const Parameters parameters[] = {
    {"H264", {"packetization-mode", "profile-level-id"}}, // RFC 6184 section 8.1
    {"H265", {"profile-id", "tier-flag", "level-id"}},    // RFC 7798 section 7.1
    {"VP9", {"profile-id"}},                              // RFC 9628 section 6
    {"AV1", {"profile", "level-idx", "tier"}},
    {"opus", {"sprop-stereo"}}, // RFC 7587 section 6.1
};

void append(std::string& fmtp, const std::string& name, const std::string& value) {
    if (!fmtp.empty())
        fmtp += ";";
    fmtp += name + "=" + value;
}

std::string field(const GstStructure* structure, const char* name) {
    const auto* value = gst_structure_get_value(structure, name);
    if (!value)
        return {};
    if (G_VALUE_HOLDS_STRING(value))
        return g_value_get_string(value) ? g_value_get_string(value) : "";
    Owned<char> text{gst_value_serialize(value)};
    return text ? text.get() : "";
}

struct Profile {
    const char* name;
    const char* hex; // profile_idc and the constraint flags (H.264 section 7.4.2.1.1)
};
constexpr Profile h264_profiles[] = {
    {"constrained-baseline", "42c0"}, {"baseline", "4200"}, {"main", "4d00"},
    {"constrained-high", "640c"},     {"high", "6400"},
};

// profile_idc, constraint flags and level_idc in hexadecimal, or "".
std::string profile_level_id(const GstStructure* structure) {
    char hex[7] = "";
    const auto* value = gst_structure_get_value(structure, "codec_data");
    auto* data = value && GST_VALUE_HOLDS_BUFFER(value) ? gst_value_get_buffer(value) : nullptr;
    guint8 start[4]; // of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3)
    if (data && gst_buffer_extract(data, 0, start, sizeof start) == sizeof start) {
        g_snprintf(hex, sizeof hex, "%02x%02x%02x", start[1], start[2], start[3]);
        return hex;
    }
    auto profile = field(structure, "profile"), level = field(structure, "level");
    if (level.empty() || !g_ascii_isdigit(level[0]))
        return {};
    auto level_idc = (level[0] - '0') * 10 + (level.size() == 3 ? level[2] - '0' : 0);
    for (const auto& row : h264_profiles) {
        if (profile != row.name)
            continue;
        g_snprintf(hex, sizeof hex, "%s%02x", row.hex, guint8(level_idc));
        return hex;
    }
    return {};
}

} // namespace

Ref<GstCaps> raw_caps(Kind kind) {
    return adopt(gst_caps_from_string(kind == Kind::video ? raw_video : raw_audio));
}

bool is_raw(const GstCaps* caps, Kind kind) {
    const auto* name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    return g_str_equal(name, kind == Kind::video ? "video/x-raw" : "audio/x-raw");
}

Ref<GstCaps> encoded_caps(const Codec& codec) {
    auto factory = adopt(gst_element_factory_find(codec.parser ? codec.parser : codec.payloader));
    if (!factory || !codec.can_send())
        return adopt(gst_caps_new_empty());
    auto wanted = adopt(gst_caps_from_string(codec.is("H264") ? h264_video : codec.encoded_caps));
    const auto* templates = gst_element_factory_get_static_pad_templates(factory.get());
    for (; templates; templates = templates->next) {
        auto* pad_template = static_cast<GstStaticPadTemplate*>(templates->data);
        if (pad_template->direction != GST_PAD_SINK)
            continue;
        auto caps = adopt(gst_static_pad_template_get_caps(pad_template));
        return adopt(gst_caps_intersect(caps.get(), wanted.get()));
    }
    return wanted;
}

Ref<GstCaps> input_caps(Kind kind) {
    auto caps = adopt(gst_caps_new_empty());
    for (const auto& codec : codecs())
        if (codec.kind == kind)
            gst_caps_append(caps.get(), encoded_caps(codec).release());
    gst_caps_append(caps.get(), raw_caps(kind).release());
    return caps;
}

std::string input_words(Kind kind) {
    std::string words = std::string("raw ") + to_string(kind);
    for (const auto& codec : codecs())
        if (codec.kind == kind && codec.can_send())
            words += std::string(", ") + codec.name;
    return words;
}

std::string fmtp_of_rtp_caps(const Codec& codec, const GstCaps* caps) {
    std::string fmtp;
    const auto* structure = gst_caps_get_structure(caps, 0);
    for (const auto& row : parameters) {
        if (!codec.is(row.codec))
            continue;
        for (const auto* name : row.names)
            if (auto value = field(structure, name); !value.empty())
                append(fmtp, name, value);
    }
    // We take no packets of the codec back, so any level of the peer's is welcome.
    if (codec.is("H264"))
        append(fmtp, "level-asymmetry-allowed", "1");
    return fmtp == "sprop-stereo=0" ? "" : fmtp;
}

std::string fmtp_of_encoded_caps(const Codec& codec, const GstCaps* caps) {
    const auto* structure = gst_caps_get_structure(caps, 0);
    if (codec.is("H264")) {
        std::string fmtp = "packetization-mode=1";
        if (auto id = profile_level_id(structure); !id.empty())
            append(fmtp, "profile-level-id", id);
        append(fmtp, "level-asymmetry-allowed", "1");
        return fmtp;
    }
    int channels = 0;
    if (codec.is("opus") && gst_structure_get_int(structure, "channels", &channels))
        return channels == 2 ? "sprop-stereo=1" : "";
    return "";
}

Ref<GstCaps> rtp_caps(const Codec& codec, const SendParameters& sending, const std::string& fmtp) {
    Owned<char> encoding_name{g_ascii_strup(codec.name, -1)};
    auto caps = adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, to_string(codec.kind), "payload", G_TYPE_INT,
        int(sending.payload_type), "clock-rate", G_TYPE_INT, int(codec.clock_rate), "encoding-name",
        G_TYPE_STRING, encoding_name.get(), nullptr));
    auto* structure = gst_caps_get_structure(caps.get(), 0);
    // As in a=rtpmap, where one channel is left out (RFC 8866 section 6.6).
    if (codec.channels > 1)
        gst_structure_set(structure, "encoding-params", G_TYPE_STRING,
                          std::to_string(codec.channels).c_str(), nullptr);
    g_auto(GStrv) settings = g_strsplit(fmtp.c_str(), ";", -1);
    for (auto** setting = settings; *setting; setting++) {
        auto* equals = std::strchr(*setting, '=');
        if (!equals)
            continue;
        *equals = '\0';
        auto* name = g_strstrip(*setting);
        if (*name)
            gst_structure_set(structure, name, G_TYPE_STRING, g_strstrip(equals + 1), nullptr);
    }
    return caps;
}

} // namespace rtc
