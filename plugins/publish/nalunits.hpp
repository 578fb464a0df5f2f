// The units in an aggregation packet of H264 (RFC 6184 section 5.7) and H265 (RFC 7798 section
// 4.4.2). Pure.
#pragma once

#include <glib.h>

#include <span>

namespace rtc {

// NAL units of an aggregation packet: a 16-bit size before each. The last may be cut short.
// test: of a unit's first byte.
template <typename Test>
bool any_aggregated(std::span<const guint8> units, Test test) {
    while (units.size() > 2) {
        auto size = size_t(units[0]) << 8 | units[1];
        units = units.subspan(2);
        if (size > 0 && test(units[0]))
            return true;
        units = units.subspan(MIN(size, units.size()));
    }
    return false;
}

} // namespace rtc
