// What payloads tell of their pictures: descriptors, whether others need a picture, and the layers
// that follow from it.
#include "plugins/publish/layerfinder.hpp"
#include "tests/unit/packets.hpp"

#include <vector>

using namespace rtc;

namespace {

struct DescriptorRow {
    const char* codec;
    const char* what;
    std::vector<guint8> payload;
    bool good = true;
    size_t size = 0;
    int picture = -1, base_at = -1;
    std::optional<PictureLayer> layer = {};
    bool counts_all = false;
};

const DescriptorRow descriptors[] = {
    {"VP8", "nothing", {}, false},
    {"VP8", "short", {0x10, 0x55}, true, 1},
    {"VP8", "7-bit picture id", {0x90, 0x80, 0x23, 0x55}, true, 3, 0x23},
    {"VP8", "15-bit picture id", {0x90, 0x80, 0xff, 0xff}, true, 4, 0x7fff},
    {"VP8", "base", {0x90, 0xe0, 0x80, 1, 7, 0x00, 0x55}, true, 6, 1, 4, PictureLayer{}},
    {"VP8",
     "second layer, sync",
     {0x90, 0xe0, 0x80, 1, 7, 0x60},
     true,
     6,
     1,
     4,
     PictureLayer{1, true}},
    {"VP8", "third layer", {0x90, 0xe0, 0x05, 7, 0x80}, true, 5, 5, 3, PictureLayer{2}},
    {"VP8", "layer without picture id", {0x90, 0x20, 0xa0}, true, 3, -1, -1, PictureLayer{2, true}},
    {"VP8", "base index alone", {0x90, 0x40, 9}, true, 3, -1, 2},
    {"VP8", "key index alone", {0x90, 0x10, 0xff}, true, 3},
    {"VP8", "cut in the extension", {0x90}, false},
    {"VP8", "cut in the picture id", {0x90, 0x80, 0x81}, false},
    {"VP8", "cut before the base index", {0x90, 0xe0, 0x80, 1}, false},
    {"VP8", "cut before the layer", {0x90, 0xe0, 0x80, 1, 7}, false},
    {"VP9", "no picture id", {0x08, 0x55}, true, 1},
    {"VP9", "7-bit picture id", {0x88, 0x23}, true, 2, 0x23},
    {"VP9", "15-bit picture id", {0x88, 0x81, 0x23}, true, 3, 0x123},
    {"VP9", "cut", {0x88}, false},
    {"VP9",
     "rtpvp9pay's keyframe",
     {0x8a, 0xd8, 0x94, 0x18, 0x01, 0x40, 0x00, 0xb4, 0x01, 0x04, 0x01, 0x83, 0x49},
     true,
     11,
     0x5894},
    // I, P, L, B: TID 2, U.
    {"VP9",
     "layers, by a pattern",
     {0xe8, 0x81, 0x23, 0x50, 7, 0x87},
     true,
     5,
     0x123,
     4,
     PictureLayer{2, false, true},
     true},
    {"VP9", "the base", {0xe8, 0x23, 0x00, 7}, true, 4, 0x23, 3, PictureLayer{}, true},
    {"VP9", "layers without picture id", {0x68, 0x20, 7}, true, 3, -1, 2, PictureLayer{1}, true},
    {"VP9", "cut before the layer", {0xe8, 0x23}, false},
    {"VP9", "cut before the base index", {0xe8, 0x23, 0x00}, false},
    // I, P, L, F, B: the picture before it and the third before it.
    {"VP9",
     "flexible",
     {0xf8, 0x23, 0x20, 0x03, 0x06, 0x87},
     true,
     5,
     0x23,
     -1,
     PictureLayer{1},
     true},
    {"VP9",
     "no more than three references",
     {0xf8, 0x23, 0x20, 3, 3, 3, 0x87},
     true,
     6,
     0x23,
     -1,
     PictureLayer{1},
     true},
    {"VP9", "flexible keyframe", {0xb8, 0x23, 0x00, 0x82}, true, 3, 0x23, -1, PictureLayer{}, true},
    {"VP9", "cut in the references", {0xf8, 0x23, 0x20, 0x03}, false},
    {"VP9", "structure without anything", {0x8a, 0x23, 0x00, 0x82}, true, 3, 0x23},
    {"VP9", "two sizes", {0x8a, 0x23, 0x30, 1, 2, 3, 4, 5, 6, 7, 8, 0x82}, true, 11, 0x23},
    {"VP9", "cut in the sizes", {0x8a, 0x23, 0x30, 1, 2, 3, 4, 5, 6, 7}, false},
    {"VP9", "cut before the structure", {0x8a, 0x23}, false},
    {"VP9", "cut in the pattern", {0x8a, 0x23, 0x08, 2, 0x04, 1, 0x08, 1}, false},
    {"H264", "has none", {0x65, 0x88}, false},
};

void reads_descriptors() {
    for (const auto& row : descriptors) {
        g_test_message("%s, %s", row.codec, row.what);
        auto descriptor = read_descriptor(*find_codec(row.codec), row.payload);
        g_assert_cmpint(descriptor.has_value(), ==, row.good);
        if (!descriptor)
            continue;
        g_assert_cmpuint(descriptor->size, ==, row.size);
        g_assert_cmpint(descriptor->picture ? descriptor->picture->value : -1, ==, row.picture);
        g_assert_cmpint(descriptor->base_index_at ? int(*descriptor->base_index_at) : -1, ==,
                        row.base_at);
        g_assert_true(descriptor->layer == row.layer);
        g_assert_cmpint(descriptor->counts_all, ==, row.counts_all);
    }
}

// Payloads as GStreamer makes them: rtpvp9pay's of vp9enc's pictures, rtph264pay's.
const struct {
    const char* codec;
    const char* what;
    std::vector<guint8> payload;
    bool unreferenced;
} pictures[] = {
    {"VP9", "refreshes nothing", {0xcc, 0x94, 0x01, 0x87, 0x00, 0x02, 0x4a, 0x43, 0xc7}, true},
    {"VP9", "begins one", {0xc8, 0x94, 0x01, 0x87, 0x00, 0x02, 0x4b, 0x0c, 0x1c}, true},
    {"VP9", "within one", {0xc0, 0x94, 0x01, 0x87, 0x00, 0x02, 0x4b, 0x0c, 0x1c}, false},
    {"VP9", "refreshes the last", {0xcc, 0x94, 0x02, 0x87, 0x01, 0x02, 0x4a, 0x43, 0xc7}, false},
    {"VP9", "refreshes another", {0xcc, 0x94, 0x02, 0x87, 0x80, 0x02, 0x4a, 0x43, 0xc7}, false},
    {"VP9", "not error resilient", {0xcc, 0x94, 0x01, 0x86, 0x00, 0x00, 0x92, 0x94, 0x3c}, false},
    {"VP9",
     "keyframe",
     {0x8a, 0xd8, 0x94, 0x18, 0x01, 0x40, 0x00, 0xb4, 0x01, 0x04, 0x01, 0x83, 0x49, 0x83, 0x42},
     false},
    {"VP9", "told to be a keyframe", {0x8c, 0x94, 0x01, 0x87, 0x00, 0x02, 0x4a}, false},
    {"VP9", "not shown", {0xcc, 0x94, 0x01, 0x85, 0x00, 0x02, 0x4a}, false},
    {"VP9", "shows another again", {0xcc, 0x94, 0x01, 0x88, 0x00, 0x02}, false},
    {"VP9", "profile 2", {0xcc, 0x94, 0x01, 0x97, 0x00, 0x02, 0x4a}, true},
    {"VP9", "profile 3", {0xcc, 0x94, 0x01, 0xb7, 0x00, 0x02, 0x4a}, false},
    {"VP9", "no VP9", {0xcc, 0x94, 0x01, 0x47, 0x00, 0x02, 0x4a}, false},
    {"VP9", "cut in the header", {0xcc, 0x94, 0x01, 0x87}, false},
    {"VP9", "cut in the descriptor", {0xcc, 0x94}, false},
    {"VP9", "nothing", {}, false},
    {"H264", "slice", {0x01, 0x9a, 0x24}, true},
    {"H264", "slice that is needed", {0x41, 0x9a, 0x24}, false},
    {"H264", "its first part", {0x1c, 0x81, 0x9a}, true},
    {"H264", "first part of one that is needed", {0x5c, 0x81, 0x9a}, false},
    {"H264", "IDR", {0x65, 0x88, 0x84}, false},
    {"H264", "SPS", {0x67, 0x42, 0xc0}, false},
    {"H264", "delimiter alone", {0x09, 0x30}, false},
    {"H264", "SEI alone", {0x06, 0x05, 0x04}, false},
    {"H264",
     "delimiter, SEI and slice",
     {0x18, 0x00, 0x02, 0x09, 0x30, 0x00, 0x02, 0x06, 0x05, 0x00, 0x03, 0x01, 0x9a, 0x24},
     true},
    {"H264",
     "delimiter and one that is needed",
     {0x58, 0x00, 0x02, 0x09, 0x30, 0x00, 0x03, 0x41, 0x9a, 0x24},
     false},
    {"H264", "one of each", {0x58, 0x00, 0x02, 0x01, 0x9a, 0x00, 0x02, 0x41, 0x9a}, false},
    {"H264", "delimiter and SEI", {0x18, 0x00, 0x02, 0x09, 0x30, 0x00, 0x02, 0x06, 0x05}, false},
    {"H264", "cut", {0x1c}, false},
    {"H264", "nothing", {}, false},
};

void knows_what_is_unreferenced() {
    for (const auto& row : pictures) {
        g_test_message("%s, %s", row.codec, row.what);
        auto test = unreferenced_test(*find_codec(row.codec));
        g_assert_cmpint(test(row.payload), ==, row.unreferenced);
    }
    g_assert_null(unreferenced_test(*find_codec("VP8")));
    g_assert_true(LayerFinder::can_find(*find_codec("VP8")));
    g_assert_true(LayerFinder::can_find(*find_codec("H264")));
    g_assert_false(LayerFinder::can_find(*find_codec("AV1")));
}

// Pictures that are needed (0) and not (x), and the layers that makes.
void counts_layers() {
    const struct {
        const char *pictures, *layers;
    } table[] = {
        {"00000", "00000"},
        {"0x0x0x0x", "01010101"},
        // After the first, it is known that there are two.
        {"0xxx0xxx0xxx", "011202120212"},
        {"0xxxx0xxxx", "0112102121"},
        {"0xx0xx0xx", "011021021"},
        // A keyframe in the middle of the pattern.
        {"0xxx0x0xxx0xxx", "01120202120212"},
        // Another pattern.
        {"0xxx0xxx0x0x0x0x", "0112021202020101"},
        {"0x0x0xxx0xxx", "010101120212"},
    };
    for (const auto& row : table) {
        LayerFinder finder(*find_codec("VP9"));
        for (size_t i = 0; row.pictures[i]; i++) {
            guint8 refresh = row.pictures[i] == '0';
            for (guint8 start : {0xc8, 0xc0}) {
                auto packet =
                    make_packet("VP9", guint32(i * 3000), {start, 0x81, 2, 0x87, refresh});
                auto layer = finder.take(*packet);
                g_assert_cmpint('0' + layer.number, ==, row.layers[i]);
                g_assert_cmpint(layer.sync, ==, layer.number > 0);
            }
        }
    }
}

// Where packets tell, that is it.
void takes_told_layers() {
    LayerFinder vp9(*find_codec("VP9")), vp8(*find_codec("VP8"));
    auto told = make_packet("VP9", 0, {0xe8, 0x01, 0x50, 7, 0x87, 0x00});
    g_assert_true(vp9.take(*told) == (PictureLayer{2, false, true}));
    g_assert_true(vp9.take(*make_packet("VP9", 0, {0xc0, 0x01, 0x50})) ==
                  (PictureLayer{2, false, true})); // of the same picture
    g_assert_true(vp8.take(*make_packet("VP8", 0, {0x90, 0x20, 0x60, 0x01})) ==
                  (PictureLayer{1, true}));
    g_assert_true(vp8.take(*make_packet("VP8", 90, {0x10, 0x01})) == PictureLayer{});
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/layerfinder/descriptors", reads_descriptors);
    g_test_add_func("/layerfinder/unreferenced", knows_what_is_unreferenced);
    g_test_add_func("/layerfinder/counts", counts_layers);
    g_test_add_func("/layerfinder/told", takes_told_layers);
    return g_test_run();
}
