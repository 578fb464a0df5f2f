// RTCP of a peer: any bytes are read without harm, and no message, nor all together, holds more
// than they can say of what was sent.
#include "plugins/transport/rtcp.hpp"
#include "plugins/transport/rtcpguard.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    for (size_t sent : {size_t(0), size_t(100), rtcp::most_reported}) {
        size_t reported = 0;
        for (const auto& message : rtcp::parse({data, size}, sent)) {
            if (const auto* nack = std::get_if<rtcp::Nack>(&message))
                check(nack->sequences.size() <= MIN(17 * size / 4, rtcp::most_missed),
                      "a long nack");
            if (const auto* feedback = std::get_if<rtcp::Feedback>(&message))
                reported += feedback->packets.size();
        }
        check(reported <= sent, "feedback about more than was sent");
    }
    RtcpGuard guard;
    for (GstClockTime now = 0; now < 3; now++)
        if (guard.admit({data, size}, now))
            check(size <= RtcpGuard::longest, "a long packet");
    return 0;
}
