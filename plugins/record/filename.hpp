// File names from templates. Pure: the time is an argument, no file is touched.
//
// A template is a path with placeholders: {session} {peer} {room} {time} {time:FORMAT} {seq}
// {track} {ext}; "{{" and "}}" stand for braces. What the operator writes is taken as it is; what a
// placeholder brings in is somebody else's text and is made safe: it can neither leave its path
// component nor hide, nor look like an option to a command.
#pragma once

#include "signaling/base/result.hpp"

#include <gst/gst.h>

#include <optional>
#include <string>
#include <string_view>

namespace rtc {

struct NameValues {
    std::string session;
    std::string peer;
    GDateTime* time = nullptr; // when the recording began, in the zone the name is to show
    guint part = 1;            // {seq}: number of the file within its recording, from 1
    std::string extension;     // {ext}: "mkv", without the dot
    std::string room;
    std::string track; // {track}: of a file of one track its name; "" for a file of all
};

// Whether every placeholder is known, closed, and has a format that works.
Result<void> check_name_template(std::string_view name_template);
// Whether a template has that placeholder: has_placeholder(…, "track").
bool has_placeholder(std::string_view name_template, std::string_view name);
// The path for these values. The template has passed check_name_template().
std::string expand_name_template(std::string_view name_template, const NameValues& values);

// Letters, digits and "-_.@+" of any script stay, the rest becomes "_"; no dot or dash in front,
// no dot at the end, never empty, at most max_bytes of UTF-8.
std::string sanitize_name(std::string_view value, size_t max_bytes = 80);
// "calls/a.mkv", 2 → "calls/a-2.mkv"; 1 leaves the path as it is.
std::string numbered_path(const std::string& path, guint number);
// "calls/a.MKV" → "mkv"; "" where the last component has no ending.
std::string path_ending(std::string_view path);
// "calls/a.webm", "mkv" → "calls/a.mkv".
std::string replace_ending(const std::string& path, const std::string& ending);
// The directory of a template up to the first placeholder: "calls/{peer}/x.mkv" → "calls".
std::string fixed_directory(std::string_view name_template);
// How many directories deep below that one its files may stand.
guint placeholder_depth(std::string_view name_template);

// "0600" → 0600; nothing for "". Refused: what is no octal number of permissions, or would keep the
// owner from reading and writing.
Result<std::optional<guint>> parse_file_mode(std::string_view text);

} // namespace rtc
