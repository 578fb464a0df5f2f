// ICE candidates: what is read is written so that it is read the same.
#include "signaling/sdp/candidate.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    auto candidate = sdp::parse_candidate({reinterpret_cast<const char*>(data), size});
    if (!candidate)
        return 0;
    auto text = candidate->to_string();
    auto again = sdp::parse_candidate(text);
    check(again && again->to_string() == text && again->is_usable() == candidate->is_usable() &&
              again->is_mdns() == candidate->is_mdns(),
          text);
    check(candidate->is_ip_literal() || !sdp::is_local_address(candidate->address), text);
    return 0;
}
