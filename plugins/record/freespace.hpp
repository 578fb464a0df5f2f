// How much room there is for a file.
#pragma once

#include <glib.h>

#include <optional>
#include <string>

namespace rtc {

// Bytes that an ordinary user may still write where the path is, or, where nothing is there yet,
// where it is to be made. Nothing where the system doesn't tell.
std::optional<guint64> free_space_at(const std::string& path);

} // namespace rtc
