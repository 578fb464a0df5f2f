#include "plugins/record/transcodeprofile.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;

static bool has_all(const Codec&) {
    return true;
}

static TranscodeProfile parsed(const char* text) {
    auto profile = parse_transcode_profile(text);
    g_assert_true(bool(profile));
    return *profile;
}

static void profiles() {
    auto none = parsed("");
    g_assert_null(none.video.codec);
    g_assert_null(none.audio.codec);
    auto both = parsed(" h264:2000 ,opus : 96,");
    RTC_ASSERT_TEXT(both.video.codec->name, "H264");
    g_assert_cmpuint(both.video.bitrate, ==, 2'000'000);
    RTC_ASSERT_TEXT(both.audio.codec->name, "opus");
    g_assert_cmpuint(both.audio.bitrate, ==, 96'000);
    auto one = parsed("VP9");
    g_assert_cmpuint(one.video.bitrate, ==, 0);
    g_assert_null(one.audio.codec);
    g_assert_true(one.of(Kind::video).codec == one.video.codec);
}

static void bad_profiles() {
    const std::pair<const char*, const char*> rows[] = {
        {"H266", "\"H266\" is no codec"},       {"H264,VP8", "two codecs for video, H264 and VP8"},
        {"H264:", "\"\" is no bit rate"},       {"H264:0", "is no bit rate"},
        {"H264:2Mbit", "write kbit/s"},         {"H264:-5", "is no bit rate"},
        {"opus:99999999999", "is no bit rate"}, {"opus:1000001", "is no bit rate"},
        {"video=H264", "\"video=H264\" is no"}, {":2000", "\"\" is no codec"},
    };
    for (const auto& [text, words] : rows) {
        auto profile = parse_transcode_profile(text);
        g_assert_false(bool(profile));
        g_assert_nonnull(strstr(profile.error().message.c_str(), words));
    }
}

static std::string completed(const char* text, const char* ending,
                             const std::function<bool(const Codec&)>& has_encoder = has_all) {
    auto profile = complete_profile(parsed(text), *find_container(ending), has_encoder);
    if (!profile)
        return profile.error().message;
    return std::string(profile->video.codec->name) + " " + profile->audio.codec->name;
}

static void choices() {
    RTC_ASSERT_TEXT(completed("", "mkv"), "H264 opus");
    RTC_ASSERT_TEXT(completed("", "mp4"), "H264 opus");
    RTC_ASSERT_TEXT(completed("", "webm"), "VP8 opus");
    RTC_ASSERT_TEXT(completed("VP9", "webm"), "VP9 opus");
    RTC_ASSERT_TEXT(completed("PCMU", "mkv"), "H264 PCMU");
    auto without_h264 = [](const Codec& codec) { return !codec.is("H264"); };
    RTC_ASSERT_TEXT(completed("", "mkv", without_h264), "VP8 opus");
    RTC_ASSERT_TEXT(completed("", "mp4", without_h264), "H265 opus");
    g_assert_nonnull(strstr(completed("H264", "mp4", without_h264).c_str(), "no encoder for H264"));
    g_assert_nonnull(strstr(completed("H264", "webm").c_str(), "WebM has no place for H264"));
    auto nothing = [](const Codec&) { return false; };
    g_assert_nonnull(strstr(completed("", "webm", nothing).c_str(), "install one for VP8"));
}

static bool is_transcoded(Transcode policy, const char* ending, const char* name) {
    const auto& codec = *find_codec(name);
    auto caps = adopt(gst_caps_from_string(codec.encoded_caps));
    return is_to_be_transcoded(policy, *find_container(ending), codec, caps.get());
}

static void decisions() {
    for (const auto& codec : codecs())
        for (const auto& container : containers()) {
            g_assert_false(is_transcoded(Transcode::never, container.ending, codec.name));
            g_assert_true(is_transcoded(Transcode::always, container.ending, codec.name));
        }
    for (const auto& codec : codecs())
        g_assert_false(is_transcoded(Transcode::if_needed, "mkv", codec.name));
    for (const char* name : {"H264", "H265", "PCMU", "PCMA"})
        g_assert_true(is_transcoded(Transcode::if_needed, "webm", name));
    for (const char* name : {"VP8", "PCMU", "PCMA"})
        g_assert_true(is_transcoded(Transcode::if_needed, "mp4", name));
    for (const char* name : {"H264", "opus"})
        g_assert_false(is_transcoded(Transcode::if_needed, "mp4", name));
}

static void forms() {
    auto form = [](const char* caps, Kind kind) {
        auto made = raw_form(adopt(gst_caps_from_string(caps)).get(), kind);
        return made;
    };
    auto is = [](const Ref<GstCaps>& got, const char* expected) {
        return gst_caps_is_equal(got.get(), adopt(gst_caps_from_string(expected)).get()) != FALSE;
    };
    g_assert_true(is(form("video/x-raw,width=641,height=361,framerate=30/1", Kind::video),
                     "video/x-raw,width=640,height=360,pixel-aspect-ratio=1/1"));
    g_assert_true(is(form("video/x-raw,width=720,height=576,pixel-aspect-ratio=16/15", Kind::video),
                     "video/x-raw,width=720,height=576,pixel-aspect-ratio=16/15"));
    g_assert_true(
        is(form("audio/x-raw,rate=8000,channels=1", Kind::audio), "audio/x-raw,channels=1"));
    g_assert_true(
        is(form("audio/x-raw,rate=48000,channels=6", Kind::audio), "audio/x-raw,channels=2"));
    g_assert_cmpuint(usual_bitrate(1280, 720), ==, 2'764'800);
    g_assert_cmpuint(usual_bitrate(160, 90), ==, 300'000);
    g_assert_cmpuint(usual_bitrate(3840, 2160), ==, 8'000'000);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/transcodeprofile/profiles", profiles);
    g_test_add_func("/transcodeprofile/bad-profiles", bad_profiles);
    g_test_add_func("/transcodeprofile/choices", choices);
    g_test_add_func("/transcodeprofile/decisions", decisions);
    g_test_add_func("/transcodeprofile/forms", forms);
    return g_test_run();
}
