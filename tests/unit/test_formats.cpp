#include "plugins/publish/formats.hpp"
#include "plugins/publish/stream.hpp"

using namespace rtc;

namespace {

Ref<GstCaps> caps(const char* text) {
    return adopt(gst_caps_from_string(text));
}

void fmtp() {
    const struct {
        const char* codec;
        const char* caps;
        const char* fmtp;
    } encoded[] = {
        {"H264", "video/x-h264", "packetization-mode=1;level-asymmetry-allowed=1"},
        {"H264", "video/x-h264,profile=constrained-baseline,level=(string)3.1",
         "packetization-mode=1;profile-level-id=42c01f;level-asymmetry-allowed=1"},
        {"H264", "video/x-h264,profile=high,level=(string)4",
         "packetization-mode=1;profile-level-id=640028;level-asymmetry-allowed=1"},
        {"H264", "video/x-h264,profile=high-4:4:4,level=(string)4",
         "packetization-mode=1;level-asymmetry-allowed=1"},
        {"H264", "video/x-h264,stream-format=avc,codec_data=(buffer)014d0028ffe1",
         "packetization-mode=1;profile-level-id=4d0028;level-asymmetry-allowed=1"},
        {"VP8", "video/x-vp8", ""},
        {"opus", "audio/x-opus,channels=2", "sprop-stereo=1"},
        {"opus", "audio/x-opus,channels=1", ""},
    };
    for (const auto& row : encoded) {
        auto text = fmtp_of_encoded_caps(*find_codec(row.codec), caps(row.caps).get());
        g_assert_cmpstr(text.c_str(), ==, row.fmtp);
    }
    const struct {
        const char* codec;
        const char* caps;
        const char* fmtp;
    } packets[] = {
        {"H264",
         "application/x-rtp,packetization-mode=(string)1,profile-level-id=(string)42c01f,"
         "sprop-parameter-sets=(string)\"Z0LAH9kA,aMuDyyA=\",ssrc=(uint)7",
         "packetization-mode=1;profile-level-id=42c01f;level-asymmetry-allowed=1"},
        {"VP9", "application/x-rtp,profile-id=(string)0", "profile-id=0"},
        {"opus", "application/x-rtp,sprop-stereo=(string)1,sprop-maxcapturerate=(string)48000",
         "sprop-stereo=1"},
        {"opus", "application/x-rtp,sprop-stereo=(string)0", ""},
        {"PCMU", "application/x-rtp", ""},
    };
    for (const auto& row : packets) {
        auto text = fmtp_of_rtp_caps(*find_codec(row.codec), caps(row.caps).get());
        g_assert_cmpstr(text.c_str(), ==, row.fmtp);
    }
}

void subscriber_caps() {
    const struct {
        const char* codec;
        const char* fmtp;
        const char* expected;
    } table[] = {
        {"VP8", "", "media=video,payload=100,clock-rate=90000,encoding-name=VP8"},
        {"H264", "packetization-mode=1; profile-level-id=42c01f;odd",
         "media=video,payload=100,clock-rate=90000,encoding-name=H264,"
         "packetization-mode=(string)1,profile-level-id=(string)42c01f"},
        {"opus", "sprop-stereo=1",
         "media=audio,payload=100,clock-rate=48000,encoding-name=OPUS,"
         "encoding-params=(string)2,sprop-stereo=(string)1"},
        {"PCMA", "", "media=audio,payload=100,clock-rate=8000,encoding-name=PCMA"},
    };
    for (const auto& row : table) {
        auto made = rtp_caps(*find_codec(row.codec), {.payload_type = 100, .ssrc = 5}, row.fmtp);
        auto expected = caps((std::string("application/x-rtp,") + row.expected).c_str());
        if (!gst_caps_is_equal(made.get(), expected.get()))
            g_error("%s", Owned<char>{gst_caps_to_string(made.get())}.get());
    }
}

void inputs() {
    const struct {
        Kind kind;
        const char* caps;
        bool taken;
    } table[] = {
        {Kind::video, "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1", true},
        {Kind::video, "video/x-raw(memory:GLMemory),format=RGBA,width=640,height=480", false},
        {Kind::video, "video/x-vp8,width=640,height=480", true},
        {Kind::video, "video/x-h264,stream-format=avc,alignment=au", true},
        {Kind::video, "video/x-h264,profile=high,stream-format=avc", true},
        {Kind::video, "video/x-h264,profile=high-4:4:4,stream-format=avc", false},
        {Kind::video, "image/jpeg", false},
        {Kind::video, "audio/x-raw,format=S16LE,rate=48000,channels=2", false},
        {Kind::audio, "audio/x-raw,format=S16LE,rate=44100,channels=2,layout=interleaved", true},
        {Kind::audio, "audio/x-opus,channels=2,channel-mapping-family=0", true},
        {Kind::audio, "audio/x-mulaw,rate=8000,channels=1", true},
        {Kind::audio, "audio/x-mulaw,rate=16000,channels=1", false},
        {Kind::audio, "audio/mpeg", false},
    };
    for (const auto& row : table)
        if (gst_caps_can_intersect(input_caps(row.kind).get(), caps(row.caps).get()) != row.taken)
            g_error("%s %s", row.caps, row.taken ? "refused" : "taken");
    g_assert_true(input_words(Kind::video).starts_with("raw video, VP8, H264"));
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/formats/fmtp", fmtp);
    g_test_add_func("/formats/subscriber-caps", subscriber_caps);
    g_test_add_func("/formats/inputs", inputs);
    return g_test_run();
}
