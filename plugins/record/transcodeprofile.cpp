#include "plugins/record/transcodeprofile.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace rtc {
namespace {

// Best first, of what each container takes.
struct Preference {
    const char* ending;
    const char* video;
    const char* audio;
};
constexpr Preference preferences[] = {
    {"mkv", "H264, VP8, VP9", "opus, PCMU"},
    {"webm", "VP8, VP9, AV1", "opus"},
    {"mp4", "H264, H265, VP9, AV1", "opus"},
};

constexpr guint highest_kilobits = 1'000'000;

Result<guint> parse_kilobits(std::string_view text) {
    guint kilobits = 0;
    const auto* end = text.data() + text.size();
    auto [rest, fault] = std::from_chars(text.data(), end, kilobits);
    if (fault != std::errc() || rest != end || kilobits == 0 || kilobits > highest_kilobits)
        return Error{"\"" + std::string(text) + "\" is no bit rate; write kbit/s, as in H264:2000"};
    return kilobits * 1000;
}

Result<TranscodeProfile::Choice> choose(TranscodeProfile::Choice choice, Kind kind,
                                        const Container& container, const char* preferred,
                                        const std::function<bool(const Codec&)>& has_encoder) {
    if (choice.codec) {
        auto name = std::string(choice.codec->name);
        if (!find_fit(container, *choice.codec, nullptr))
            return Error{std::string(container.name) + " has no place for " + name + "; it takes " +
                         preferred + " from transcode-profile"};
        if (!has_encoder(*choice.codec))
            return Error{"no encoder for " + name + " is installed; install one, or name " +
                         "another codec in transcode-profile"};
        return choice;
    }
    auto list = parse_codec_list(preferred, kind, nullptr);
    for (const auto* codec : *list) {
        if (!has_encoder(*codec))
            continue;
        choice.codec = codec;
        return choice;
    }
    return Error{std::string("no encoder for ") + to_string(kind) + " in " + container.name +
                 " is installed; install one for " + preferred};
}

} // namespace

Result<TranscodeProfile> parse_transcode_profile(std::string_view text) {
    TranscodeProfile profile;
    while (!text.empty()) {
        auto item = trim(take(text, ','));
        if (item.empty())
            continue;
        auto colon = item.find(':');
        auto name = trim(item.substr(0, colon));
        const auto* codec = find_codec(name);
        if (!codec)
            return Error{"\"" + std::string(name) +
                         "\" is no codec; known are VP8, H264, VP9, AV1, H265, opus, PCMU, PCMA"};
        auto& choice = codec->kind == Kind::video ? profile.video : profile.audio;
        if (choice.codec)
            return Error{std::string("two codecs for ") + to_string(codec->kind) + ", " +
                         choice.codec->name + " and " + codec->name + "; leave one out"};
        choice.codec = codec;
        if (colon == item.npos)
            continue;
        auto bitrate = parse_kilobits(trim(item.substr(colon + 1)));
        if (!bitrate)
            return bitrate.error();
        choice.bitrate = *bitrate;
    }
    return profile;
}

Result<TranscodeProfile> complete_profile(TranscodeProfile profile, const Container& container,
                                          const std::function<bool(const Codec&)>& has_encoder) {
    const auto* row =
        std::find_if(std::begin(preferences), std::end(preferences), [&](const auto& other) {
            return g_str_equal(other.ending, container.ending);
        });
    auto video = choose(profile.video, Kind::video, container, row->video, has_encoder);
    if (!video)
        return video.error();
    auto audio = choose(profile.audio, Kind::audio, container, row->audio, has_encoder);
    if (!audio)
        return audio.error();
    return TranscodeProfile{*video, *audio};
}

bool is_to_be_transcoded(Transcode policy, const Container& container, const Codec& codec,
                         const GstCaps* caps) {
    return policy == Transcode::always ||
           (policy == Transcode::if_needed && !find_fit(container, codec, caps));
}

guint usual_bitrate(int width, int height) {
    constexpr double bits_a_pixel = 3; // each second
    return guint(std::clamp(bits_a_pixel * width * height, 300e3, 8e6));
}

Ref<GstCaps> raw_form(const GstCaps* first, Kind kind) {
    const auto* structure = gst_caps_get_structure(first, 0);
    if (kind == Kind::audio) {
        int channels = 1;
        gst_structure_get_int(structure, "channels", &channels);
        return adopt(gst_caps_new_simple("audio/x-raw", "channels", G_TYPE_INT,
                                         std::min(channels, 2), nullptr));
    }
    int width = 2;
    int height = 2;
    int pixel[2] = {1, 1};
    gst_structure_get_int(structure, "width", &width);
    gst_structure_get_int(structure, "height", &height);
    gst_structure_get_fraction(structure, "pixel-aspect-ratio", &pixel[0], &pixel[1]);
    auto even = [](int size) { return std::max(size & ~1, 2); };
    return adopt(gst_caps_new_simple("video/x-raw", "width", G_TYPE_INT, even(width), "height",
                                     G_TYPE_INT, even(height), "pixel-aspect-ratio",
                                     GST_TYPE_FRACTION, pixel[0], pixel[1], nullptr));
}

} // namespace rtc
