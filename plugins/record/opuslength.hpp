// How long an Opus packet plays, by its first two bytes. Pure.
#pragma once

#include <glib.h>

#include <span>

namespace rtc {

// In nanoseconds; 0 where it is no Opus packet (RFC 6716, 3.1 and 3.2).
gint64 opus_length(std::span<const guint8> packet);

} // namespace rtc
