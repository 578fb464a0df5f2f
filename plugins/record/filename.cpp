#include "plugins/record/filename.hpp"

#include "signaling/base/refs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <functional>

namespace rtc {
namespace {

// ext4 and its kin allow 255 bytes; numbering, ".part" and ".json" need room.
constexpr size_t max_component_bytes = 200;
constexpr std::string_view default_time_format = "%Y%m%d-%H%M%S";
constexpr std::array<std::string_view, 7> names{"session", "peer",  "room", "time",
                                                "seq",     "track", "ext"};
constexpr const char* known = "{session} {peer} {room} {time} {time:FORMAT} {seq} {track} {ext}";

struct Placeholder {
    std::string_view name;
    std::string_view format; // what follows the colon
};

// Walks through a template: literal text to one function, placeholders to the other.
Result<void> walk(std::string_view text, const std::function<void(std::string_view)>& literal,
                  const std::function<Result<void>(const Placeholder&)>& placeholder) {
    while (!text.empty()) {
        auto brace = text.find_first_of("{}");
        literal(text.substr(0, brace));
        if (brace == text.npos)
            break;
        if (brace + 1 < text.size() && text[brace + 1] == text[brace]) {
            literal(text.substr(brace, 1));
            text.remove_prefix(brace + 2);
            continue;
        }
        auto close = text.find('}', brace);
        if (text[brace] == '}' || close == text.npos)
            return Error{"a brace in the file name is not closed or not opened; write {{ or }} "
                         "for a brace itself"};
        auto inside = text.substr(brace + 1, close - brace - 1);
        auto colon = inside.find(':');
        Placeholder found{inside.substr(0, colon), {}};
        if (colon != inside.npos)
            found.format = inside.substr(colon + 1);
        if (auto result = placeholder(found); !result)
            return result;
        text.remove_prefix(close + 1);
    }
    return {};
}

std::string format_time(GDateTime* time, std::string_view format) {
    if (!time)
        return "";
    Owned<char> text{g_date_time_format(time, std::string(format).c_str())};
    return text ? text.get() : "";
}

// The format is the operator's, so a slash in it makes directories; each piece is made safe.
std::string time_text(const NameValues& values, std::string_view format) {
    auto text = format_time(values.time, format.empty() ? default_time_format : format);
    std::string result;
    for (size_t from = 0; from <= text.size();) {
        auto slash = std::min(text.find('/', from), text.size());
        result += (from ? "/" : "") + sanitize_name(text.substr(from, slash - from));
        from = slash + 1;
    }
    return result;
}

std::string value_of(const Placeholder& placeholder, const NameValues& values) {
    if (placeholder.name == "session")
        return sanitize_name(values.session.empty() ? "call" : values.session);
    if (placeholder.name == "peer")
        return sanitize_name(values.peer.empty() ? "unknown" : values.peer);
    if (placeholder.name == "room")
        return sanitize_name(values.room.empty() ? "none" : values.room);
    if (placeholder.name == "track")
        return sanitize_name(values.track.empty() ? "all" : values.track);
    if (placeholder.name == "time")
        return time_text(values, placeholder.format);
    if (placeholder.name == "seq")
        return std::to_string(values.part);
    return values.extension;
}

bool is_plain(gunichar c) {
    return g_unichar_isalnum(c) || g_unichar_ismark(c) || (c < 128 && strchr("-_.@+", int(c)));
}

size_t ending_position(std::string_view path) {
    auto name = path.rfind('/');
    name = name == path.npos ? 0 : name + 1;
    auto dot = path.rfind('.');
    return dot == path.npos || dot <= name ? path.size() : dot;
}

// Cuts at a character, not within one.
void truncate_utf8(std::string& text, size_t max_bytes) {
    if (text.size() <= max_bytes)
        return;
    while (max_bytes > 0 && (guchar(text[max_bytes]) & 0xc0) == 0x80)
        max_bytes--;
    text.resize(max_bytes);
}

std::string shorten_components(const std::string& path) {
    std::string result;
    for (size_t from = 0; from <= path.size();) {
        auto slash = std::min(path.find('/', from), path.size());
        auto component = path.substr(from, slash - from);
        if (component.size() > max_component_bytes) {
            auto dot = slash == path.size() ? ending_position(component) : component.size();
            auto ending = component.substr(dot);
            component.resize(dot);
            truncate_utf8(component, max_component_bytes - std::min(ending.size(), size_t(20)));
            component += ending;
        }
        result += (from ? "/" : "") + component;
        from = slash + 1;
    }
    return result;
}

} // namespace

Result<void> check_name_template(std::string_view name_template) {
    if (name_template.empty() || name_template.ends_with('/'))
        return Error{"the location names no file; write for example calls/{session}.mkv"};
    auto now = adopt(g_date_time_new_now_utc());
    auto check = [&](const Placeholder& placeholder) -> Result<void> {
        const auto& name = placeholder.name;
        bool is_time = name == "time";
        if (std::find(names.begin(), names.end(), name) == names.end())
            return Error{"{" + std::string(name) + "} is not known in a file name; known are " +
                         known};
        if (!is_time && !placeholder.format.empty())
            return Error{"only {time} takes a format, {" + std::string(name) + "} does not"};
        if (!placeholder.format.empty() && format_time(now.get(), placeholder.format).empty())
            return Error{"the format of {time:" + std::string(placeholder.format) +
                         "} is not one that strftime understands"};
        return {};
    };
    return walk(
        name_template, [](std::string_view) {}, check);
}

bool has_placeholder(std::string_view name_template, std::string_view name) {
    bool found = false;
    auto look = [&](const Placeholder& placeholder) -> Result<void> {
        found = found || placeholder.name == name;
        return {};
    };
    return walk(
               name_template, [](std::string_view) {}, look) &&
           found;
}

std::string expand_name_template(std::string_view name_template, const NameValues& values) {
    std::string path;
    auto ignored = walk(
        name_template, [&](std::string_view text) { path += text; },
        [&](const Placeholder& placeholder) -> Result<void> {
            path += value_of(placeholder, values);
            return {};
        });
    return shorten_components(path);
}

std::string sanitize_name(std::string_view value, size_t max_bytes) {
    Owned<char> valid{g_utf8_make_valid(value.data(), gssize(value.size()))};
    Owned<char> composed{g_utf8_normalize(valid.get(), -1, G_NORMALIZE_DEFAULT_COMPOSE)};
    std::string result;
    for (const char* at = composed ? composed.get() : ""; *at; at = g_utf8_next_char(at)) {
        auto c = g_utf8_get_char(at);
        if (is_plain(c))
            result.append(at, size_t(g_utf8_next_char(at) - at));
        else
            result += '_';
    }
    truncate_utf8(result, max_bytes);
    if (result.empty())
        return "_";
    if (result.front() == '.' || result.front() == '-')
        result.front() = '_';
    if (result.back() == '.')
        result.back() = '_';
    return result;
}

std::string numbered_path(const std::string& path, guint number) {
    if (number <= 1)
        return path;
    auto dot = ending_position(path);
    return path.substr(0, dot) + "-" + std::to_string(number) + path.substr(dot);
}

std::string path_ending(std::string_view path) {
    auto dot = ending_position(path);
    if (dot == path.size())
        return "";
    auto ending = std::string(path.substr(dot + 1));
    for (auto& c : ending)
        c = g_ascii_tolower(c);
    return ending;
}

std::string replace_ending(const std::string& path, const std::string& ending) {
    return path.substr(0, ending_position(path)) + "." + ending;
}

std::string fixed_directory(std::string_view name_template) {
    auto fixed = name_template.substr(0, name_template.find('{'));
    auto slash = fixed.rfind('/');
    if (slash == fixed.npos)
        return ".";
    return slash == 0 ? "/" : std::string(fixed.substr(0, slash));
}

Result<std::optional<guint>> parse_file_mode(std::string_view text) {
    if (text.empty())
        return std::optional<guint>();
    guint mode = 0;
    auto read = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (!whole || mode > 0777 || (mode & 0600) != 0600)
        return Error{"file-mode takes octal permissions with which the owner can read and write, "
                     "such as 0600 or 0640"};
    return std::optional(mode);
}

guint placeholder_depth(std::string_view name_template) {
    auto open = std::min(name_template.find('{'), name_template.size());
    return guint(std::count(name_template.begin() + ptrdiff_t(open), name_template.end(), '/'));
}

} // namespace rtc
