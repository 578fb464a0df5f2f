// When two payloads carry the same form of a codec.
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

namespace rtc::sdp {
namespace {

enum class H264Profile { unknown, constrained_baseline, baseline, main, extended, high, other };

// RFC 6184 section 8.1, table 5: profile_idc and the bits of profile_iop that matter.
H264Profile h264_profile(std::string_view profile_level_id) {
    auto text = std::string(profile_level_id);
    if (text.size() != 6 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos)
        return H264Profile::unknown;
    auto value = std::stoul(text, nullptr, 16);
    struct Row {
        guint8 idc, mask, bits;
        H264Profile profile;
    };
    static constexpr Row table[] = {
        {0x42, 0x4F, 0x40, H264Profile::constrained_baseline}, // x1xx0000
        {0x4D, 0x8F, 0x80, H264Profile::constrained_baseline}, // 1xxx0000
        {0x58, 0xCF, 0xC0, H264Profile::constrained_baseline}, // 11xx0000
        {0x42, 0x4F, 0x00, H264Profile::baseline},             // x0xx0000
        {0x58, 0xCF, 0x80, H264Profile::baseline},             // 10xx0000
        {0x4D, 0xAF, 0x00, H264Profile::main},                 // 0x0x0000
        {0x58, 0xCF, 0x00, H264Profile::extended},             // 00xx0000
        {0x64, 0xFF, 0x00, H264Profile::high},                 // 00000000
    };
    auto idc = guint8(value >> 16);
    auto iop = guint8(value >> 8);
    for (const auto& row : table)
        if (row.idc == idc && (iop & row.mask) == row.bits)
            return row.profile;
    return H264Profile::other;
}

bool same_h264_profile(std::string_view a, std::string_view b) {
    auto profile = h264_profile(a);
    if (profile == H264Profile::other)
        return equal_ignoring_case(a.substr(0, 4), b.substr(0, 4));
    return profile != H264Profile::unknown && profile == h264_profile(b);
}

// A parameter that must be the same on both sides, and what its absence means.
struct Parameter {
    std::string_view codec, key, standard;
};
constexpr Parameter parameters[] = {
    {"H264", "packetization-mode", "0"},    // RFC 6184 section 8.1
    {"H264", "profile-level-id", "42000A"}, // likewise: Baseline at level 1
    {"VP9", "profile-id", "0"},             // RFC 9628 section 6
    {"AV1", "profile", "0"},                // RTP payload format for AV1, section 7.2
    {"H265", "profile-id", "1"},            // RFC 7798 section 7.1
    {"H265", "tier-flag", "0"},             // likewise
};

} // namespace

std::string fmtp_value(std::string_view fmtp, std::string_view key) {
    while (!fmtp.empty()) {
        auto value = take(fmtp, ';');
        auto name = trim(take(value, '='));
        if (equal_ignoring_case(name, key))
            return std::string(trim(value));
    }
    return {};
}

bool same_codec(const Payload& offered, std::string_view name, guint clock_rate, guint channels,
                std::string_view fmtp) {
    if (!offered.is(name) || offered.clock_rate != clock_rate ||
        MAX(offered.channels, 1) != MAX(channels, 1))
        return false;
    for (const auto& parameter : parameters) {
        auto wanted = fmtp_value(fmtp, parameter.key);
        if (!offered.is(parameter.codec) || wanted.empty())
            continue;
        auto given = fmtp_value(offered.fmtp, parameter.key);
        if (given.empty())
            given = parameter.standard;
        bool same = parameter.key == "profile-level-id" ? same_h264_profile(given, wanted)
                                                        : given == wanted;
        if (!same)
            return false;
    }
    return true;
}

} // namespace rtc::sdp
