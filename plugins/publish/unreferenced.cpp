#include "plugins/publish/unreferenced.hpp"

#include "plugins/publish/nalunits.hpp"
#include "plugins/rtc/descriptor.hpp"

namespace rtc {
namespace {

using Payload = std::span<const guint8>;

// By the uncompressed header (VP9 bitstream specification, sections 6.2 and 7.2): a shown picture
// between keyframes that refreshes none of the reference frames, in an error resilient stream.
// Elsewhere a picture leaves more to those after it: probabilities, and the motion vectors that the
// next one predicts its own from (sections 6.1.2 and 7.2, UsePrevFrameMvs).
bool vp9(Payload payload) {
    auto descriptor = read_vp9_descriptor(payload);
    if (!descriptor || !descriptor->begins || payload.size() < descriptor->size + 2)
        return false;
    bool predicted = payload[0] & 0x40; // P (RFC 9628 section 4.2)
    auto header = payload.subspan(descriptor->size);
    // In bits: frame_marker 10, profile (two), show_existing_frame 0, frame_type 1, show_frame 1,
    // error_resilient_mode 1; then refresh_frame_flags. Profile 3 has a bit in between.
    bool profile_3 = (header[0] & 0x30) == 0x30;
    return predicted && !profile_3 && (header[0] & 0xcf) == 0x87 && header[1] == 0;
}

// By nal_ref_idc (H.264 section 7.4.1): 0 in all slices of a picture that no other needs. What goes
// before the slices has it 0, too, and tells nothing (types 6, 9: SEI, access unit delimiter).
bool h264(Payload payload) {
    auto unreferenced = [](guint8 nal_header) { return (nal_header & 0x7f) == 0x01; };
    auto tells = [](guint8 nal_header) {
        auto header = nal_header & 0x7f;
        return header != 0x06 && header != 0x09;
    };
    if (payload.empty())
        return false;
    switch (payload[0] & 0x1f) {
    case 24: { // STAP-A
        auto units = payload.subspan(1);
        return any_aggregated(units, unreferenced) && !any_aggregated(units, [&](guint8 unit) {
                   return tells(unit) && !unreferenced(unit);
               });
    }
    case 28: // FU-A: nal_ref_idc, then the type of the unit
        return payload.size() > 1 &&
               unreferenced(guint8((payload[0] & 0x60) | (payload[1] & 0x1f)));
    default:
        return unreferenced(payload[0]);
    }
}

struct Row {
    const char* codec;
    UnreferencedTest test;
};
constexpr Row table[] = {{"VP9", vp9}, {"H264", h264}};

} // namespace

UnreferencedTest unreferenced_test(const Codec& codec) {
    for (const auto& row : table)
        if (codec.is(row.codec))
            return row.test;
    return nullptr;
}

} // namespace rtc
