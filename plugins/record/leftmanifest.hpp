// The manifest of a recording whose process was killed.
#pragma once

#include <glib.h>

#include <string>

namespace rtc {

// Sets in the manifest beside `location`, where there is one and it is still "recording", what is
// known now: its state, the reason "interrupted", and the name and size of the file. The other
// members stay.
void finish_manifest(const std::string& location, const std::string& whole, guint64 bytes);

} // namespace rtc
