#include "plugins/receive/payloadcheck.hpp"

#include "plugins/rtc/descriptor.hpp"

namespace rtc {
namespace {

using Payload = std::span<const guint8>;

// A slice is looked at beyond its header.
bool is_h264_unit(Payload unit) {
    auto type = unit.empty() ? 0 : unit[0] & 0x1f;
    return type >= 1 && type <= 23 && (type > 5 || unit.size() > 1);
}
bool is_h265_unit(Payload unit) {
    auto type = unit.empty() ? 0 : (unit[0] >> 1) & 0x3f;
    return unit.size() > 1 && type < 48 && (type > 31 || unit.size() > 2);
}

// Of an aggregation packet: 16 bits of size before each, and nothing behind the last.
bool are_units(Payload units, bool (*is_unit)(Payload)) {
    if (units.empty())
        return false;
    while (!units.empty()) {
        if (units.size() < 2)
            return false;
        size_t size = size_t(units[0]) << 8 | units[1];
        if (size > units.size() - 2 || !is_unit(units.subspan(2, size)))
            return false;
        units = units.subspan(2 + size);
    }
    return true;
}

} // namespace

PayloadCheck::PayloadCheck(const Codec& codec)
    : codec_(codec)
    , check_(codec.is("H264")                     ? &PayloadCheck::h264
             : codec.is("H265")                   ? &PayloadCheck::h265
             : codec.is("VP8") || codec.is("VP9") ? &PayloadCheck::described
                                                  : nullptr) {}

bool PayloadCheck::pass(Payload payload, bool lost) {
    in_fragment_ = in_fragment_ && !lost;
    return !payload.empty() && (!check_ || (this->*check_)(payload));
}

// Start and end bit stand at the same place in both formats. Both in one packet are against the
// rule, but do no harm.
bool PayloadCheck::fragment(guint8 header) {
    bool start = header & 0x80, end = header & 0x40;
    bool fits = start || in_fragment_;
    in_fragment_ = fits && !end;
    return fits;
}

// RFC 6184 sections 5.4 to 5.8, packetization modes 0 and 1.
bool PayloadCheck::h264(Payload payload) {
    auto type = payload[0] & 0x1f;
    if (type == 28) // FU-A
        return payload.size() > 2 && fragment(payload[1]);
    in_fragment_ = false;
    return type == 24 ? are_units(payload.subspan(1), is_h264_unit) // STAP-A
                      : is_h264_unit(payload);
}

// RFC 7798 section 4.4, without decoding order numbers.
bool PayloadCheck::h265(Payload payload) {
    auto type = (payload[0] >> 1) & 0x3f;
    if (type == 49) // fragmentation unit
        return payload.size() > 3 && fragment(payload[2]);
    in_fragment_ = false;
    if (type == 48) // aggregation packet
        return payload.size() > 2 && are_units(payload.subspan(2), is_h265_unit);
    return is_h265_unit(payload);
}

// RFC 7741 section 4.2, RFC 9628 section 4.2: something follows the descriptor.
bool PayloadCheck::described(Payload payload) {
    auto descriptor = read_descriptor(codec_, payload);
    return descriptor && descriptor->size < payload.size();
}

} // namespace rtc
