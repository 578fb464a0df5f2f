#include "plugins/record/opuslength.hpp"

namespace rtc {
namespace {

constexpr gint64 us = 1000;
constexpr gint64 longest = 120000 * us;

// RFC 6716, 3.1, table 2: the frame size by the configuration.
gint64 frame_length(guint config) {
    static constexpr gint64 silk[] = {10000 * us, 20000 * us, 40000 * us, 60000 * us};
    static constexpr gint64 hybrid[] = {10000 * us, 20000 * us};
    static constexpr gint64 celt[] = {2500 * us, 5000 * us, 10000 * us, 20000 * us};
    if (config < 12)
        return silk[config % 4];
    return config < 16 ? hybrid[config % 2] : celt[config % 4];
}

} // namespace

gint64 opus_length(std::span<const guint8> packet) {
    if (packet.empty())
        return 0;
    auto code = packet[0] & 3;
    if (code == 3 && packet.size() < 2)
        return 0;
    gint64 frames = code == 0 ? 1 : code < 3 ? 2 : packet[1] & 63;
    auto length = frames * frame_length(packet[0] >> 3);
    return length <= longest ? length : 0;
}

} // namespace rtc
