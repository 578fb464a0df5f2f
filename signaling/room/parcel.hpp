// What instances of a server say to each other, as JSON. Pure.
#pragma once

#include "signaling/room/room.hpp"

namespace rtc::room {

struct Hello { // tell me of your peers
    bool operator==(const Hello&) const = default;
};
struct Bye { // my peers are gone
    bool operator==(const Bye&) const = default;
};

struct Parcel {
    std::string from; // the instance
    std::string room; // "" for Hello and Bye
    std::variant<InstanceMessage, Hello, Bye> content;
    bool operator==(const Parcel&) const = default;
};

Result<Parcel> parse_parcel(std::string_view text);
std::string to_json(const Parcel& parcel);

} // namespace rtc::room
