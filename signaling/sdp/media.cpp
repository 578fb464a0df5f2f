#include "signaling/sdp/sdp.hpp"

namespace rtc::sdp {

const char* to_string(Direction direction) {
    switch (direction) {
    case Direction::inactive:
        return "inactive";
    case Direction::sendonly:
        return "sendonly";
    case Direction::recvonly:
        return "recvonly";
    case Direction::sendrecv:
        break;
    }
    return "sendrecv";
}

Direction reversed(Direction direction) {
    return Direction((sends(direction) ? 2 : 0) | (receives(direction) ? 1 : 0));
}

Direction intersect(Direction a, Direction b) {
    return Direction(int(a) & int(b));
}

} // namespace rtc::sdp
