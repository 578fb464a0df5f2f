// Which pictures of a stream with temporal layers one viewer gets. Pure.
//
// A picture of a temporal layer refers to pictures of its own layer and of those below, so the
// pictures above any layer can be left out at any time. A layer that was left out comes back with a
// picture that needs the base layer only, where a picture below says that nothing above goes back
// beyond it, or with a keyframe.
#pragma once

#include "plugins/rtc/descriptor.hpp"

#include <array>

namespace rtc {

// TID of VP8 has two bits (RFC 7741 section 4.2); of VP9, where it has three, more count as one.
constexpr guint8 all_layers = 3;

class Thinner {
public:
    // Pictures up to this layer, 0 the base, as soon as they can be had.
    void want(guint8 highest) { wanted_ = MIN(highest, all_layers); }
    guint8 wanted() const { return wanted_; }
    // The next picture; whether it goes out.
    bool take(const PictureLayer& picture, bool keyframe);
    // The highest that goes out, of those that there are.
    guint8 layer() const { return MIN(wanted_, highest_); }

private:
    void take_keyframe();

    guint8 wanted_ = all_layers;
    guint8 highest_ = 0;                       // seen since the last keyframe but one
    guint8 lately_ = 0;                        // seen since the last keyframe
    std::array<bool, all_layers + 1> whole_{}; // none of what its pictures may need was left out
};

} // namespace rtc
