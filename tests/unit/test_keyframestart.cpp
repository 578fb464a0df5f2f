#include "plugins/publish/keyframestart.hpp"

#include <vector>

using namespace rtc;

namespace {

struct Row {
    const char* codec;
    const char* what;
    std::vector<guint8> payload;
    bool starts;
};

const Row table[] = {
    {"VP8", "nothing", {}, false},
    {"VP8", "keyframe, short descriptor", {0x10, 0x00}, true},
    {"VP8", "interframe, short descriptor", {0x10, 0x01}, false},
    {"VP8", "keyframe, 15-bit picture id", {0x90, 0x80, 0x81, 0x23, 0x50}, true},
    {"VP8", "keyframe, 7-bit picture id", {0x90, 0x80, 0x23, 0x50}, true},
    {"VP8", "interframe, 15-bit picture id", {0x90, 0x80, 0x81, 0x23, 0x51}, false},
    {"VP8", "keyframe, all extensions", {0x90, 0xe0, 0x81, 0x23, 0x01, 0x20, 0x50}, true},
    {"VP8", "a keyframe's later packet", {0x80, 0x80, 0x81, 0x23, 0x50}, false},
    {"VP8", "a keyframe's second partition", {0x11, 0x00}, false},
    {"VP8", "cut in the descriptor", {0x90, 0x80}, false},
    {"VP8", "cut after the descriptor", {0x90, 0x80, 0x81, 0x23}, false},
    {"VP9", "keyframe", {0x88, 0x81, 0x23}, true},
    {"VP9", "predicted", {0xc8, 0x81, 0x23}, false},
    {"VP9", "a keyframe's later packet", {0x80, 0x81, 0x23}, false},
    {"VP9", "base layer of a keyframe", {0xa8, 0x81, 0x23, 0x00, 0x00}, true},
    {"VP9", "second spatial layer of a keyframe", {0xa8, 0x81, 0x23, 0x02, 0x00}, false},
    {"VP9", "cut", {0xa8, 0x81}, false},
    {"H264", "SPS", {0x67, 0x42}, true},
    {"H264", "PPS", {0x68, 0xce}, false},
    {"H264", "IDR slice", {0x65, 0x88}, true},
    {"H264", "slice", {0x41, 0x9a}, false},
    {"H264", "STAP-A of AUD and SPS", {0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x67, 0x42}, true},
    {"H264", "STAP-A of SEI and slice", {0x78, 0, 2, 0x06, 0xf0, 0, 2, 0x41, 0x42}, false},
    {"H264", "STAP-A, first unit cut short", {0x78, 0, 200, 0x67, 0x42}, true},
    {"H264", "STAP-A with an empty unit", {0x78, 0, 0, 0, 2, 0x67, 0x42}, true},
    {"H264", "FU-A, first of an IDR slice", {0x7c, 0x85, 0x88}, true},
    {"H264", "FU-A, later one of an IDR slice", {0x7c, 0x05, 0x88}, false},
    {"H264", "FU-A, first of a slice", {0x7c, 0x81, 0x88}, false},
    {"H264", "FU-A cut short", {0x7c}, false},
    {"H265", "VPS", {0x40, 0x01, 0x0c}, true},
    {"H265", "SPS", {0x42, 0x01, 0x01}, true},
    {"H265", "IDR_W_RADL", {0x26, 0x01, 0xaf}, true},
    {"H265", "TRAIL_R", {0x02, 0x01, 0xd0}, false},
    {"H265", "aggregation packet with VPS", {0x60, 0x01, 0, 3, 0x40, 0x01, 0x0c}, true},
    {"H265", "aggregation packet with SEI", {0x60, 0x01, 0, 3, 0x4e, 0x01, 0x0c}, false},
    {"H265", "fragment, first of a CRA", {0x62, 0x01, 0x80 | 21}, true},
    {"H265", "fragment, later one", {0x62, 0x01, 21}, false},
    {"AV1", "first of a coded video sequence", {0x18, 0x0a}, true},
    {"AV1", "another", {0x10, 0x32}, false},
};

void starts() {
    for (const auto& row : table) {
        auto test = keyframe_test(*find_codec(row.codec));
        if (test(row.payload) != row.starts)
            g_error("%s, %s: %s", row.codec, row.what, row.starts ? "missed" : "false alarm");
    }
}

void audio_needs_none() {
    g_assert_null(keyframe_test(*find_codec("opus")));
    g_assert_null(keyframe_test(*find_codec("PCMU")));
}

// Every cut of every row: never a read past the end (run under a sanitizer), never a start that
// the whole does not have.
void cut_anywhere() {
    for (const auto& row : table)
        for (size_t size = 0; size < row.payload.size(); size++) {
            std::vector<guint8> cut(row.payload.begin(), row.payload.begin() + gssize(size));
            cut.shrink_to_fit();
            bool starts = keyframe_test(*find_codec(row.codec))(cut);
            g_assert_true(!starts || row.starts || g_str_equal(row.codec, "VP9"));
        }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/keyframestart/starts", starts);
    g_test_add_func("/keyframestart/audio-needs-none", audio_needs_none);
    g_test_add_func("/keyframestart/cut-anywhere", cut_anywhere);
    return g_test_run();
}
