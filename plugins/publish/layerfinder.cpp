#include "plugins/publish/layerfinder.hpp"

#include <algorithm>

namespace rtc {

PictureLayer LayerFinder::take(const Packet& packet) {
    if (picture_ == packet.fields.timestamp)
        return layer_;
    picture_ = packet.fields.timestamp;
    if (packet.told)
        return layer_ = *packet.told;
    return layer_ = count(unreferenced_ && unreferenced_(packet.bytes()));
}

PictureLayer LayerFinder::count(bool unreferenced) {
    if (!unreferenced) {
        if (row_ > 0) {
            before_ = last_;
            last_ = row_;
        }
        row_ = 0;
        return {};
    }
    row_++;
    bool two_layers = std::max({row_, last_, before_}) > 1;
    return {.number = guint8(two_layers && row_ % 2 == 1 ? 2 : 1), .sync = true};
}

} // namespace rtc
