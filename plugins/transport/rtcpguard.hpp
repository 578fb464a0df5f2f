// What of a peer's RTCP may be read at all: the rest is hostile, and would cost more than it took
// to send. Pure; time is an argument. For one thread.
//
// Reading costs by what a packet claims: the packets that feedback is about, those that a NACK
// asks for, the packets of the compound. A peer has a budget of that, which fills with time and is
// many times what feedback about our media takes. A source of RTCP makes a place for itself for
// good: a peer has so many and no more.
#pragma once

#include "plugins/transport/rtcp.hpp"

#include <gst/gst.h>

#include <set>

namespace rtc {

class RtcpGuard {
public:
    // A link carries no longer one (RFC 3550 section 6.1).
    static constexpr size_t longest = 1500;
    // A session's tracks have two or three each.
    static constexpr size_t most_sources = 256;
    static constexpr double budget_per_second = 50'000;
    static constexpr double part_cost = 16; // times a packet that feedback is about

    // Whether the compound may be read.
    bool admit(rtcp::Bytes compound, GstClockTime now);

private:
    bool knows_sources(const rtcp::Part& part);
    bool take(double cost, GstClockTime now);

    std::set<guint32> sources_;
    double budget_ = budget_per_second;
    GstClockTime filled_ = 0;
};

} // namespace rtc
