// The names of files that are still being written. Pure.
//
//   NAME.mkv.part            the file's first part: its first tracks
//   NAME.mkv.3+2500000.part  its track number 3, which came later: its zero lies 2.5 s (in
//                            microseconds) behind the first part's
//   NAME.mkv.composing       the whole, being made of the parts
//
// So a directory tells by itself how what a killed process left belongs together.
#pragma once

#include <glib.h>

#include <optional>
#include <string>

namespace rtc {

struct PartName {
    std::string location; // the name that the whole file will have
    guint track = 0;      // 0: the first part
    gint64 offset = 0;    // microseconds
    bool operator==(const PartName&) const = default;
};

std::string part_path(const PartName& name);
// nullopt for what is no part of a container that is known.
std::optional<PartName> parse_part_path(const std::string& path);

std::string composing_path(const std::string& location);

} // namespace rtc
