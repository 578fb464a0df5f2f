// Which of a peer's candidates are tried. A peer can name any address as its own, and ICE sends
// checks there before anybody has answered: without a bound that is a way to have others scanned,
// or flooded by more than one sends. A peer that is left out a candidate is still found by its own
// checks (RFC 8445 section 7.3.1.3).
//
// Pure; time is an argument. For one thread.
#pragma once

#include "signaling/sdp/candidate.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace rtc {

class CandidateBudget {
public:
    // A few checks of a hundred bytes go to each, so that to one address goes less than the peer's
    // description takes. A browser has a port or two on each of its own, and on its relay's.
    static constexpr size_t most_of_address = 4;
    static constexpr double most_at_once = 32;
    static constexpr double per_second = 1; // in the long run

    // Whether a candidate may be tried. One that came before, in another section, costs nothing.
    // now: µs, of any clock that doesn't step.
    bool admit(const sdp::Candidate& candidate, gint64 now);
    // ICE begins anew: what came before is tried again, and costs again.
    void restart();

private:
    bool take(gint64 now);

    std::set<std::tuple<std::string, std::string, guint>> admitted_; // transport, address, port
    std::map<std::string, size_t> of_address_;
    double left_ = most_at_once;
    gint64 filled_ = 0;
};

} // namespace rtc
