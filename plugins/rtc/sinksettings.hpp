// The properties of rtcsink, and what they mean to its streams. Pure.
#pragma once

#include "plugins/publish/stream.hpp"
#include "plugins/rtc/session.hpp"
#include "signaling/base/element.hpp"

namespace rtc {

struct SinkSettings : SessionSettings {
    std::string video_codecs = "VP8,H264,VP9,AV1,H265";
    std::string audio_codecs = "opus,PCMU,PCMA";
    guint video_bitrate = 2'500'000;
    guint audio_bitrate = 64'000;
    bool audio_fec = true;
    bool audio_dtx = false;
    std::string ladder;
    guint temporal_layers = 1;
    int bitrate_policy = int(BitratePolicy::most);
    guint video_bitrate_min = 50'000;
};

std::span<const Property<SinkSettings>> sink_properties();

// An error where a setting can't be meant so; the element does not start then.
Result<void> check(const SinkSettings& settings);

// warn: told of what can't be used, in words; the default stands in for it.
InputStream::Settings make_stream_settings(const SinkSettings& settings, Kind kind,
                                           const std::function<void(const std::string&)>& warn);

} // namespace rtc
