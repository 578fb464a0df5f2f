// Fragments of trickle ICE: what is read is written so that it is read the same; and what WHEP
// players choose: events, layers.
#include "signaling/whip/events.hpp"
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/layers.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto names = whip::read_event_names(text))
        check(!names->empty(), "no name of an event");
    const whip::Layers layers{{1, {{"0"}, {"1"}}}};
    const std::string sections[] = {"0", "1"};
    if (auto wish = whip::read_layer_wish(text, layers, sections))
        check(wish->mline == 1 && wish->layer.size() <= 1, "a layer that there isn't");
    auto fragment = whip::parse_fragment(text);
    if (!fragment)
        return 0;
    auto written = whip::to_string(*fragment);
    if (written.empty()) // nothing in it was known
        return 0;
    check(bool(whip::parse_fragment(written)), written);
    // What names its sections by m-lines, as peers do, comes back as it was.
    bool named = true;
    for (const auto& section : fragment->sections)
        named = named && !section.media.empty();
    if (named)
        check(whip::to_string(*whip::parse_fragment(written)) == written, written);
    const std::string mids[] = {"0", "audio", ""};
    for (const auto& candidate : whip::candidates(*fragment, mids))
        check(candidate.mline < std::size(mids), written);
    return 0;
}
