// Sizes and times in words, for a terminal of any locale.
#pragma once

#include "signaling/base/refs.hpp"

#include <gst/gst.h>

#include <string>
#include <string_view>

namespace rtc {

/** 318.0 kB: powers of 1000, with a space that every locale has. */
inline std::string size_text(guint64 bytes) {
    Owned<char> text{g_format_size(bytes)};
    std::string said = text.get();
    constexpr std::string_view no_break_space = "\u00a0";
    if (auto at = said.find(no_break_space); at != said.npos)
        said.replace(at, no_break_space.size(), " ");
    return said;
}

/** Minutes and seconds, 1:05; a time is rounded to the nearest second. */
inline std::string time_text(GstClockTime time) {
    auto seconds = guint((time + GST_SECOND / 2) / GST_SECOND);
    Owned<char> text{g_strdup_printf("%u:%02u", seconds / 60, seconds % 60)};
    return text.get();
}

} // namespace rtc
