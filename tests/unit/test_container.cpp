#include "plugins/record/container.hpp"

#include <vector>

using namespace rtc;

static Ref<GstCaps> caps(const char* text) {
    return adopt(gst_caps_from_string(text));
}

static bool takes(const char* ending, const char* codec) {
    auto* row = find_codec(codec);
    return bool(find_fit(*find_container(ending), *row, caps(row->encoded_caps).get()));
}

static void what_fits() {
    for (const auto& codec : codecs())
        g_assert_true(takes("mkv", codec.name));
    for (const char* codec : {"VP8", "VP9", "AV1", "opus"})
        g_assert_true(takes("webm", codec));
    for (const char* codec : {"H264", "H265", "PCMU", "PCMA"})
        g_assert_false(takes("webm", codec));
    for (const char* codec : {"H264", "H265", "VP9", "AV1", "opus"})
        g_assert_true(takes("mp4", codec));
    for (const char* codec : {"VP8", "PCMU", "PCMA"})
        g_assert_false(takes("mp4", codec));
    g_assert_null(find_container("avi"));
}

static void parser_where_needed() {
    const auto& opus = *find_codec("opus");
    auto bare = find_fit(matroska, opus, caps("audio/x-opus").get());
    g_assert_cmpstr(bare->parser, ==, "opusparse");
    auto full = find_fit(matroska, opus,
                         caps("audio/x-opus,rate=48000,channels=2,channel-mapping-family=0").get());
    g_assert_null(full->parser);
    auto h264 = find_fit(matroska, *find_codec("H264"), caps("video/x-h264").get());
    g_assert_nonnull(strstr(h264->form, "avc3"));
}

static bool on(const char* codec, const char* before, const char* after) {
    return goes_on(*find_codec(codec), caps(before).get(), caps(after).get());
}

static void changes() {
    g_assert_true(
        on("VP8", "video/x-vp8,width=320,height=180", "video/x-vp8,width=640,height=360"));
    g_assert_true(on("H264", "video/x-h264,stream-format=byte-stream,alignment=au,width=320",
                     "video/x-h264,stream-format=byte-stream,alignment=au,width=640"));
    g_assert_false(
        on("H264", "video/x-h264,stream-format=byte-stream", "video/x-h264,stream-format=avc"));
    g_assert_false(on("VP8", "video/x-vp8", "video/x-vp9"));
    g_assert_false(on("AV1", "video/x-av1,width=320", "video/x-av1,width=640"));
    g_assert_true(on("opus", "audio/x-opus,channels=2", "audio/x-opus,channels=1"));
    g_assert_false(on("opus", "audio/x-opus,channel-mapping-family=0",
                      "audio/x-opus,channel-mapping-family=1"));
    g_assert_false(
        on("PCMU", "audio/x-mulaw,rate=8000,channels=1", "audio/x-mulaw,rate=8000,channels=2"));
}

static void caps_for_muxers() {
    auto vp9 = caps("video/x-vp9,chroma-format=4:2:0");
    auto told = complete_for_muxer(vp9.get());
    auto wanted = caps("video/x-vp9,chroma-format=4:2:0,chroma-site=mpeg2");
    g_assert_true(gst_caps_is_equal(told.get(), wanted.get()));
    for (const char* text : {"video/x-vp9,chroma-site=jpeg", "video/x-vp8,width=320"})
        g_assert_true(
            gst_caps_is_equal(complete_for_muxer(caps(text).get()).get(), caps(text).get()));
}

static void opus_boxes() {
    // Encapsulation of Opus in ISOBMFF, 4.3.2: pre-skip 312, rate 48000, gain -1 in big endian.
    const std::vector<guint8> right{0,    0,    0, 19, 'd',  'O',  'p',  's',  0, 2,
                                    0x01, 0x38, 0, 0,  0xbb, 0x80, 0xff, 0xfe, 0};
    std::vector<guint8> swapped{0,    0,    0,    19,   'd', 'O', 'p',  's',  0, 2,
                                0x38, 0x01, 0x80, 0xbb, 0,   0,   0xfe, 0xff, 0};
    g_assert_cmpuint(repair_opus_boxes(swapped), ==, 1);
    g_assert_cmpmem(swapped.data(), swapped.size(), right.data(), right.size());
    g_assert_cmpuint(repair_opus_boxes(swapped), ==, 0);
    g_assert_cmpmem(swapped.data(), swapped.size(), right.data(), right.size());
    std::vector<guint8> cut_off{0, 0, 0, 19, 'd', 'O', 'p', 's', 0, 2};
    g_assert_cmpuint(repair_opus_boxes(cut_off), ==, 0);
    g_assert_cmpuint(repair_opus_boxes({}), ==, 0);
}

static void matroska_duration() {
    // 4.25 s: 4250.0 is 0x40b09a0000000000.
    guint8 element[] = {0x44, 0x89, 0x88, 0, 0, 0, 0, 0, 0, 0, 0};
    g_assert_true(set_matroska_duration(element, 4250 * GST_MSECOND));
    static constexpr guint8 right[] = {0x44, 0x89, 0x88, 0x40, 0xb0, 0x9a, 0, 0, 0, 0, 0};
    g_assert_cmpmem(element, sizeof element, right, sizeof right);
    guint8 other[matroska_duration_size] = {0x2a, 0xd7, 0xb1};
    g_assert_false(set_matroska_duration(other, GST_SECOND));
    g_assert_cmpuint(other[3], ==, 0);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/container/what-fits", what_fits);
    g_test_add_func("/container/parser-where-needed", parser_where_needed);
    g_test_add_func("/container/changes", changes);
    g_test_add_func("/container/caps-for-muxers", caps_for_muxers);
    g_test_add_func("/container/opus-boxes", opus_boxes);
    g_test_add_func("/container/matroska-duration", matroska_duration);
    return g_test_run();
}
