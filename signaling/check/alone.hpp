// Checks of an element by itself.
#pragma once

#include "signaling/check/checks.hpp"

#include <atomic>
#include <cstring>

namespace rtc::check {

Result<void> describes_itself(const Subject& subject);
Result<void> keeps_secrets(const Subject& subject);
Result<void> comes_and_goes(const Subject& subject);
Result<void> starts_and_stops(const Subject& subject);
Result<void> starts_again(const Subject& subject);
Result<void> takes_each_role_or_says_why(const Subject& subject);
Result<void> ignores_strangers(const Subject& subject);
Result<void> stands_threads(const Subject& subject);

} // namespace rtc::check
