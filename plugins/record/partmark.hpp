// The mark by which a recorder knows a part as one of its own: what the Matroska header calls the
// writing application (RFC 9559, 5.1.2.14). It is in the file itself, so it goes along to any file
// system, and it is taken off the file that is whole: no copy of a recording is taken for a part.
// Pure.
#pragma once

#include <glib.h>

#include <optional>
#include <span>
#include <string_view>

namespace rtc {

// The writing application of a part, and what of it stays in a file that is whole.
constexpr std::string_view part_mark = "gst-rtc part";
constexpr std::string_view whole_mark = "gst-rtc";

// How much of a file has to be looked at: muxers write the element among the first.
constexpr size_t marked_head = 4096;

// Where in the head of a file the mark begins; nullopt for a file that isn't a part.
std::optional<size_t> find_part_mark(std::span<const guint8> head);

} // namespace rtc
