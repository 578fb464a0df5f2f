#include "plugins/rtc/sinksettings.hpp"

#include "plugins/rtc/hostelement.hpp"

namespace rtc {

static GType bitrate_policy_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {int(BitratePolicy::lowest), "Nobody gets more than their network carries", "lowest"},
            {int(BitratePolicy::most),
             "No more than a quarter of the viewers get more than their network carries", "most"},
            {int(BitratePolicy::median), "Half of the viewers do", "median"},
            {int(BitratePolicy::best), "The best network sets the bit rate", "best"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcBitratePolicy", values);
    }();
    return type;
}

static GType fec_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {int(FecMode::off), "Lost packets go again when they are missed", "off"},
            {int(FecMode::automatic), "As the losses and the round trip of each peer ask for",
             "auto"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcFec", values);
    }();
    return type;
}

std::span<const Property<SinkSettings>> sink_properties() {
    static const auto rows = [] {
        auto list = session_properties<SinkSettings>();
        std::vector<Property<SinkSettings>> own{
            {"video-codecs",
             "Codecs to encode raw video with, best first, separated by commas; each peer gets the "
             "first that it takes",
             &SinkSettings::video_codecs},
            {"audio-codecs", "Codecs to encode raw audio with, likewise",
             &SinkSettings::audio_codecs},
            {"video-bitrate",
             "Highest bit rate for raw video, bit/s; what the viewers' networks carry may make it "
             "less",
             &SinkSettings::video_bitrate, 10'000, 1'000'000'000},
            {"video-bitrate-min", "Lowest bit rate for raw video, bit/s",
             &SinkSettings::video_bitrate_min, 10'000, 1'000'000'000},
            {"bitrate-policy", "Whose network sets the bit rate of an encoder that viewers share",
             EnumMember<SinkSettings>{&SinkSettings::bitrate_policy, bitrate_policy_type}},
            {"audio-bitrate", "Bit rate for raw audio, bit/s", &SinkSettings::audio_bitrate, 6'000,
             510'000},
            {"audio-fec",
             "Opus in-band FEC for raw audio: while a peer that makes use of it (useinbandfec=1) "
             "loses packets, each holds a coarse copy of the one before, within audio-bitrate",
             &SinkSettings::audio_fec},
            {"audio-dtx",
             "Send next to nothing while raw audio is silent, to peers that ask for it "
             "(usedtx=1); Opus only",
             &SinkSettings::audio_dtx},
            {"ladder",
             "Encodings of raw video to choose from for each peer, lines and kbit/s: "
             "1080p:4000,540p:1200,270p:300; auto: up to three from the picture's size and "
             "video-bitrate; empty: one at video-bitrate",
             &SinkSettings::ladder},
            {"temporal-layers",
             "Layers of frame rate in raw video that is encoded as VP8 or VP9: a viewer whose "
             "network carries less gets a half of the pictures (2), or a half or a quarter (3), "
             "before a "
             "lower rung; 1: none. They take some quality",
             &SinkSettings::temporal_layers, 1, 3},
            {"direct",
             "Seal and send media to each peer's socket at once, in a few threads for all; off: "
             "through the elements of each peer's webrtcbin",
             &SinkSettings::direct},
            {"fec",
             "Repair packets, to peers that take them: FlexFEC for any pictures, else, to those "
             "that "
             "call, ULPFEC in RED for VP8 and VP9",
             EnumMember<SinkSettings>{&SinkSettings::fec, fec_type}},
            {"playout-delay-min",
             "The least delay at which peers should play, ms (header extension playout-delay, "
             "which Chromium knows); -1 leaves it to them",
             &SinkSettings::playout_delay_min, -1, 40950},
            {"playout-delay-max",
             "The most delay at which peers should play, ms; 0 plays each picture as soon as it is "
             "there; -1 leaves it to them",
             &SinkSettings::playout_delay_max, -1, 40950},
        };
        list.insert(list.end(), own.begin(), own.end());
        return list;
    }();
    return rows;
}

Result<void> check(const SinkSettings& settings) {
    if (settings.ladder.empty() || settings.ladder == "auto")
        return {};
    auto ladder = parse_ladder(settings.ladder);
    return ladder ? Result<void>() : Error{"ladder: " + ladder.error().message};
}

InputStream::Settings make_stream_settings(const SinkSettings& settings, Kind kind,
                                           const std::function<void(const std::string&)>& warn) {
    InputStream::Settings result;
    std::string unknown;
    const auto& list = kind == Kind::video ? settings.video_codecs : settings.audio_codecs;
    if (auto codecs = parse_codec_list(list, kind, &unknown))
        result.codecs = *codecs;
    else
        warn(std::string("There is no ") + to_string(kind) + " codec \"" + unknown +
             "\": all codecs are used");
    result.automatic_ladder = settings.ladder == "auto";
    if (auto ladder = parse_ladder(settings.ladder); ladder && !result.automatic_ladder)
        result.ladder = *ladder;
    result.temporal_layers = settings.temporal_layers;
    result.video_bitrate = settings.video_bitrate;
    result.video_bitrate_min = settings.video_bitrate_min;
    result.bitrate_policy = BitratePolicy(settings.bitrate_policy);
    result.audio_bitrate = settings.audio_bitrate;
    result.audio_fec = settings.audio_fec;
    result.audio_dtx = settings.audio_dtx;
    result.keyframe_request_interval_ms = settings.keyframe_interval;
    return result;
}

} // namespace rtc
