// Checks of two elements that meet.
#pragma once

#include "signaling/check/checks.hpp"

namespace rtc::check {

Result<void> carries_descriptions(const Subject& subject);
Result<void> carries_candidates_in_order(const Subject& subject);
Result<void> tells_an_end_once(const Subject& subject);
Result<void> tells_of_a_peer_that_stops(const Subject& subject);
Result<void> meets_again(const Subject& subject);

} // namespace rtc::check
