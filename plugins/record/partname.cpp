#include "plugins/record/partname.hpp"

#include "plugins/record/container.hpp"
#include "plugins/record/filename.hpp"

#include <charconv>
#include <string_view>

namespace rtc {
namespace {

constexpr std::string_view part_suffix = ".part";
constexpr std::string_view composing_suffix = ".composing";

// "3+2500000" or "3-20".
bool parse_side(std::string_view text, PartName& name) {
    const auto* end = text.data() + text.size();
    auto track = std::from_chars(text.data(), end, name.track);
    if (track.ec != std::errc() || name.track == 0 || track.ptr == end)
        return false;
    const char* number = *track.ptr == '+' ? track.ptr + 1 : track.ptr;
    if (*track.ptr != '+' && *track.ptr != '-')
        return false;
    auto offset = std::from_chars(number, end, name.offset);
    return offset.ec == std::errc() && offset.ptr == end;
}

bool has_container(const std::string& location) {
    return find_container(path_ending(location)) != nullptr;
}

} // namespace

std::string part_path(const PartName& name) {
    auto path = name.location;
    if (name.track > 0) {
        path += "." + std::to_string(name.track) + (name.offset < 0 ? "" : "+") +
                std::to_string(name.offset);
    }
    return path.append(part_suffix);
}

std::optional<PartName> parse_part_path(const std::string& path) {
    if (!path.ends_with(part_suffix))
        return std::nullopt;
    PartName name;
    name.location = path.substr(0, path.size() - part_suffix.size());
    if (has_container(name.location))
        return name;
    auto dot = name.location.rfind('.');
    if (dot == std::string::npos ||
        !parse_side(std::string_view(name.location).substr(dot + 1), name))
        return std::nullopt;
    name.location.resize(dot);
    if (!has_container(name.location))
        return std::nullopt;
    return name;
}

std::string composing_path(const std::string& location) {
    return std::string(location).append(composing_suffix);
}

} // namespace rtc
