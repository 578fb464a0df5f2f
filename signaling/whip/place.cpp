#include "signaling/whip/place.hpp"

#include <glib.h>

#include <algorithm>

namespace rtc::whip {
namespace {

constexpr std::string_view room_segment = "/{room}";

// The first segment of a path like "/a/b", taken off it.
std::string take_segment(std::string_view& path) {
    path.remove_prefix(1);
    auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return std::string(segment);
}

} // namespace

bool is_room_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return g_ascii_isalnum(c) ||
                      std::string_view("-._~").find(c) != std::string_view::npos;
           });
}

Path::Path(std::string pattern)
    : base_(std::move(pattern))
    , has_rooms_(base_.ends_with(room_segment)) {
    if (has_rooms_)
        base_.resize(base_.size() - room_segment.size());
}

std::string Path::endpoint(const std::string& room) const {
    return has_rooms_ ? base_ + "/" + room : base_;
}

std::optional<Path::Place> Path::find(std::string_view path) const {
    if (!path.starts_with(base_))
        return std::nullopt;
    path.remove_prefix(base_.size());
    Place place;
    if (has_rooms_) {
        if (!path.starts_with('/'))
            return std::nullopt;
        place.room = take_segment(path);
        if (!is_room_name(place.room))
            return std::nullopt;
    }
    if (path.empty())
        return place;
    if (!path.starts_with('/') || path.size() == 1)
        return std::nullopt;
    place.secret = take_segment(path);
    if (place.secret.empty())
        return std::nullopt;
    if (!path.empty())
        place.part = path.substr(1);
    return place;
}

} // namespace rtc::whip
