#include "plugins/publish/keyframestart.hpp"

#include "plugins/publish/nalunits.hpp"
#include "plugins/rtc/descriptor.hpp"

namespace rtc {
namespace {

using Payload = std::span<const guint8>;

// RFC 7741 section 4.2 (payload descriptor) and 4.3 (payload header).
bool vp8(Payload payload) {
    if (payload.empty())
        return false;
    bool starts_partition = payload[0] & 0x10;
    auto partition = payload[0] & 0x07;
    auto descriptor = read_vp8_descriptor(payload);
    if (!descriptor || !starts_partition || partition != 0)
        return false;
    auto at = descriptor->size;
    return at < payload.size() && (payload[at] & 0x01) == 0; // P: inverse key frame flag
}

// RFC 9628 section 4.2.
bool vp9(Payload payload) {
    if (payload.empty())
        return false;
    auto first = payload[0];
    bool has_picture_id = first & 0x80, predicted = first & 0x40, layered = first & 0x20;
    bool starts_frame = first & 0x08;
    if (predicted || !starts_frame)
        return false;
    if (!layered)
        return true;
    size_t at = 1;
    if (has_picture_id) {
        if (payload.size() < 2)
            return false;
        at += payload[at] & 0x80 ? 2 : 1;
    }
    // A higher spatial layer of the same picture is no start.
    return at < payload.size() && ((payload[at] >> 1) & 0x07) == 0;
}

// RFC 6184 sections 5.4, 5.7.1, 5.8.
bool h264(Payload payload) {
    auto starts = [](guint8 nal_header) {
        auto type = nal_header & 0x1f;
        return type == 7 || type == 5; // SPS, IDR slice
    };
    if (payload.empty())
        return false;
    switch (payload[0] & 0x1f) {
    case 24: // STAP-A
        return any_aggregated(payload.subspan(1), starts);
    case 28: // FU-A: the start bit, then the type of the unit
        return payload.size() > 1 && (payload[1] & 0x80) && starts(payload[1]);
    default:
        return starts(payload[0]);
    }
}

// RFC 7798 section 4.4.
bool h265(Payload payload) {
    auto starts_type = [](guint type) {
        return type == 32 || type == 33 || (type >= 16 && type <= 23); // VPS, SPS, IRAP
    };
    if (payload.size() < 2)
        return false;
    auto type = (payload[0] >> 1) & 0x3f;
    if (type == 48) // aggregation packet
        return any_aggregated(payload.subspan(2), [&](guint8 nal_header) {
            return starts_type((nal_header >> 1) & 0x3f);
        });
    if (type == 49) // fragmentation unit
        return payload.size() > 2 && (payload[2] & 0x80) && starts_type(payload[2] & 0x3f);
    return starts_type(type);
}

// RTP payload format for AV1, section 4.4: N, the first packet of a coded video sequence.
bool av1(Payload payload) {
    return !payload.empty() && (payload[0] & 0x08);
}

struct Row {
    const char* codec;
    KeyframeTest test;
};
constexpr Row table[] = {
    {"VP8", vp8}, {"VP9", vp9}, {"H264", h264}, {"H265", h265}, {"AV1", av1},
};

} // namespace

KeyframeTest keyframe_test(const Codec& codec) {
    for (const auto& row : table)
        if (codec.is(row.codec))
            return row.test;
    return nullptr;
}

} // namespace rtc
