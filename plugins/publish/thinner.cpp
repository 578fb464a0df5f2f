#include "plugins/publish/thinner.hpp"

#include <algorithm>
#include <functional>
#include <span>

namespace rtc {

// Nothing after it needs anything before it.
void Thinner::take_keyframe() {
    whole_.fill(true);
    highest_ = lately_;
    lately_ = 0;
}

bool Thinner::take(const PictureLayer& picture, bool keyframe) {
    auto layer = MIN(picture.number, all_layers);
    if (keyframe)
        take_keyframe();
    lately_ = MAX(lately_, layer);
    highest_ = MAX(highest_, lately_);
    if (keyframe)
        return true;
    auto needed = std::span(whole_).subspan(1, layer);
    bool decodable = picture.sync || std::ranges::all_of(needed, std::identity());
    bool passes = layer == 0 || (decodable && layer <= wanted_);
    if (layer > 0)
        whole_[layer] = passes;
    if (passes && picture.opens)
        std::ranges::fill(std::span(whole_).subspan(layer + 1u), true);
    return passes;
}

} // namespace rtc
