// RTCP of a peer: any bytes are read without harm, and a message never holds more than they can
// say.
#include "plugins/transport/rtcp.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    for (const auto& message : rtcp::parse({data, size})) {
        if (const auto* nack = std::get_if<rtcp::Nack>(&message))
            check(nack->sequences.size() <= 17 * size / 4, "a long nack");
        if (const auto* feedback = std::get_if<rtcp::Feedback>(&message))
            check(feedback->packets.size() <= 65535, "a long feedback");
    }
    return 0;
}
