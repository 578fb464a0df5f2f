// Fragments of trickle ICE: what is read is written so that it is read the same; and the lists of
// events that WHEP players send.
#include "signaling/whip/events.hpp"
#include "signaling/whip/fragment.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto names = whip::read_event_names(text))
        check(!names->empty(), "no name of an event");
    auto fragment = whip::parse_fragment(text);
    if (!fragment)
        return 0;
    auto written = whip::to_string(*fragment);
    auto again = whip::parse_fragment(written);
    check(bool(again), written);
    check(whip::to_string(*again) == written, written);
    check(whip::ufrags(*again) == whip::ufrags(*fragment), written);
    const std::string mids[] = {"0", "audio", ""};
    check(whip::candidates(*again, mids).size() <= whip::candidates(*fragment, mids).size() + 3,
          written);
    return 0;
}
