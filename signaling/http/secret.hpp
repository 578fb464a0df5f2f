// A secret as a person gives it: as text, or in a file. Never logged.
#pragma once

#include "signaling/base/result.hpp"

namespace rtc::http {

// From a text, or from a file that holds nothing else (white space around it is dropped); "" where
// neither is given. Refused: both at once, a file that can't be read or is empty, and what has
// characters that a header can't carry. The errors speak of "token" and "token-file".
Result<std::string> read_secret(const std::string& text, const std::string& file);

} // namespace rtc::http
