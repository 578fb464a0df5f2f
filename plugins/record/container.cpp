#include "plugins/record/container.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rtc {
namespace {

constexpr std::array table{
    Container{"mkv", "Matroska", "matroskamux"},
    Container{"webm", "WebM", "webmmux"},
    Container{"mp4", "MP4", "mp4mux"},
};

// Parameter sets stay in band, so that a new picture size goes on in the same file. In Matroska
// they are so by avc3 and hev1; in MP4, avc1 and hvc1 play in more places, and the sets are in band
// all the same.
struct Row {
    const char* codec;
    const char* endings;
    const char* parser;
    const char* form;
    const char* needed; // caps fields; where all are there, the media goes in without the parser
};
constexpr std::array rows{
    Row{"H264", "mkv", "h264parse", "video/x-h264,stream-format=avc3,alignment=au", nullptr},
    Row{"H264", "mp4", "h264parse", "video/x-h264,stream-format=avc,alignment=au", nullptr},
    Row{"H265", "mkv", "h265parse", "video/x-h265,stream-format=hev1,alignment=au", nullptr},
    Row{"H265", "mp4", "h265parse", "video/x-h265,stream-format=hvc1,alignment=au", nullptr},
    Row{"VP8", "mkv webm", nullptr, nullptr, nullptr},
    Row{"VP9", "mkv webm", "vp9parse", nullptr, "width,height"},
    Row{"VP9", "mp4", "vp9parse", nullptr, nullptr},
    Row{"AV1", "mkv webm mp4", "av1parse", "video/x-av1,stream-format=obu-stream,alignment=tu",
        nullptr},
    Row{"opus", "mkv webm mp4", "opusparse", nullptr, "rate,channels,channel-mapping-family"},
    Row{"PCMU", "mkv", nullptr, nullptr, nullptr},
    Row{"PCMA", "mkv", nullptr, nullptr, nullptr},
};

bool has_word(std::string_view list, std::string_view word, char separator) {
    while (!list.empty()) {
        if (take(list, separator) == word)
            return true;
    }
    return false;
}

bool has_fields(const GstCaps* caps, std::string_view fields) {
    const auto* structure = caps ? gst_caps_get_structure(caps, 0) : nullptr;
    while (structure && !fields.empty()) {
        if (!gst_structure_has_field(structure, std::string(take(fields, ',')).c_str()))
            return false;
    }
    return structure != nullptr;
}

// Their streams tell themselves what changes.
constexpr std::string_view in_band_codecs = "video/x-h264,video/x-h265,video/x-vp8,video/x-vp9";

int field(const GstStructure* structure, const char* name, int otherwise) {
    int value = otherwise;
    gst_structure_get_int(structure, name, &value);
    return value;
}

} // namespace

const Container matroska = table[0];

std::span<const Container> containers() {
    return table;
}

const Container* find_container(std::string_view ending) {
    for (const auto& container : table)
        if (ending == container.ending)
            return &container;
    return nullptr;
}

const Container& part_container(const Container& container) {
    return takes_parts_as_they_are(container) ? container : matroska;
}

bool takes_parts_as_they_are(const Container& container) {
    return !g_str_equal(container.muxer, "mp4mux");
}

std::optional<Fit> find_fit(const Container& container, const Codec& codec, const GstCaps* caps) {
    for (const auto& row : rows) {
        if (!codec.is(row.codec) || !has_word(row.endings, container.ending, ' '))
            continue;
        bool as_it_comes = row.needed && has_fields(caps, row.needed);
        return Fit{&codec, as_it_comes ? nullptr : row.parser, row.form};
    }
    return std::nullopt;
}

Ref<GstCaps> complete_for_muxer(GstCaps* caps) {
    auto result = retain(caps);
    const auto* structure = gst_caps_get_structure(caps, 0);
    if (!gst_structure_has_name(structure, "video/x-vp9") ||
        gst_structure_has_field(structure, "chroma-site"))
        return result;
    result = adopt(gst_caps_make_writable(result.release()));
    gst_caps_set_simple(result.get(), "chroma-site", G_TYPE_STRING, "mpeg2", nullptr);
    return result;
}

bool goes_on(const Codec& codec, const GstCaps* before, const GstCaps* after) {
    if (find_codec_for_caps(after) != &codec)
        return false;
    if (gst_caps_is_equal(before, after))
        return true;
    const auto* old_one = gst_caps_get_structure(before, 0);
    const auto* new_one = gst_caps_get_structure(after, 0);
    // An Opus packet says itself whether it is mono or stereo (RFC 6716, 3.1).
    if (codec.is("opus"))
        return field(old_one, "channel-mapping-family", 0) == 0 &&
               field(new_one, "channel-mapping-family", 0) == 0;
    if (codec.kind == Kind::audio)
        return field(old_one, "rate", 8000) == field(new_one, "rate", 8000) &&
               field(old_one, "channels", 1) == field(new_one, "channels", 1);
    if (!has_word(in_band_codecs, codec.encoded_caps, ','))
        return false;
    // The parser was told what it gets; another packaging needs another parser.
    for (const char* name : {"stream-format", "alignment"})
        if (g_strcmp0(gst_structure_get_string(old_one, name),
                      gst_structure_get_string(new_one, name)) != 0)
            return false;
    return true;
}

bool set_matroska_duration(std::span<guint8, matroska_duration_size> element, guint64 nanoseconds) {
    static constexpr guint8 head[] = {0x44, 0x89, 0x88};
    if (memcmp(element.data(), head, sizeof head) != 0)
        return false;
    double milliseconds = double(nanoseconds) / GST_MSECOND;
    guint64 bits;
    memcpy(&bits, &milliseconds, sizeof bits);
    bits = GUINT64_TO_BE(bits);
    memcpy(element.data() + sizeof head, &bits, sizeof bits);
    return true;
}

guint repair_opus_boxes(std::span<guint8> moov) {
    // dOps: version 8 bits, channels 8, pre-skip 16, input rate 32, gain 16, mapping family 8.
    constexpr size_t box_bytes = 11;
    constexpr guint32 highest_rate = 768000;
    guint changed = 0;
    for (size_t i = 4; i + 4 + box_bytes <= moov.size(); i++) {
        if (memcmp(&moov[i], "dOps", 4) != 0)
            continue;
        auto* box = &moov[i + 4];
        guint32 rate;
        memcpy(&rate, box + 4, sizeof rate);
        if (GUINT32_FROM_BE(rate) <= highest_rate || GUINT32_FROM_LE(rate) > highest_rate)
            continue;
        std::reverse(box + 2, box + 4);
        std::reverse(box + 4, box + 8);
        std::reverse(box + 8, box + 10);
        changed++;
    }
    return changed;
}

} // namespace rtc
