// What a URL's path names at a WHIP or WHEP server: an endpoint, or something of a session. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtc::whip {

// The paths of an endpoint: "/whip", or one for each room, "/whip/{room}".
class Path {
public:
    explicit Path(std::string pattern);

    bool has_rooms() const { return has_rooms_; }
    // All that is served is at or below this: "/whip".
    const std::string& base() const { return base_; }
    // Of the room's endpoint; "" is the only room of a path without rooms.
    std::string endpoint(const std::string& room) const;

    struct Place {
        std::string room;
        std::string secret = {}; // of a session; "" for the endpoint
        std::string part = {};   // of the session, below it: "events", "events/1", "layer"
    };
    // Nothing for a path that isn't one of these.
    std::optional<Place> find(std::string_view path) const;

private:
    std::string base_;
    bool has_rooms_;
};

// 1 to 64 letters, digits and "-._~", not beginning with ".": fit for URLs and file names.
bool is_room_name(std::string_view name);

} // namespace rtc::whip
