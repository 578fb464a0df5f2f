// The temporal layer of each picture of a stream. Pure.
//
// Where packets carry it, by them. Elsewhere a picture that no other needs is of a layer
// above the base. Where several follow one another, as in
//
//   base  2  1  2  base  2  1  2  base
//
// every other one makes a layer of its own, so that half of the pictures go evenly.
#pragma once

#include "plugins/publish/packet.hpp"
#include "plugins/publish/unreferenced.hpp"

#include <optional>

namespace rtc {

class LayerFinder {
public:
    explicit LayerFinder(const Codec& codec)
        : unreferenced_(unreferenced_test(codec)) {}

    // Whether pictures of a codec may be of layers above the base.
    static bool can_find(const Codec& codec) { return codec.is("VP8") || unreferenced_test(codec); }
    // The layer of the picture that the next packet belongs to. Its first packet decides.
    PictureLayer take(const Packet& packet);

private:
    PictureLayer count(bool unreferenced);

    UnreferencedTest unreferenced_;
    std::optional<guint32> picture_; // timestamp
    PictureLayer layer_;
    // Pictures in a row that no other needs: now, and in the last two rows of them.
    guint row_ = 0, last_ = 0, before_ = 0;
};

} // namespace rtc
