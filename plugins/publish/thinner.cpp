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

bool Thinner::take(guint8 layer, bool sync, bool keyframe) {
    layer = MIN(layer, all_layers);
    if (keyframe)
        take_keyframe();
    lately_ = MAX(lately_, layer);
    highest_ = MAX(highest_, lately_);
    if (layer == 0 || keyframe)
        return true;
    auto needed = std::span(whole_).subspan(1, layer);
    bool decodable = sync || std::ranges::all_of(needed, std::identity());
    return whole_[layer] = decodable && layer <= wanted_;
}

} // namespace rtc
