// Secrets: as a person gives them, as text or in a file, and as they are compared. Never logged.
#pragma once

#include "signaling/base/result.hpp"

#include <string_view>

namespace rtc::http {

// From a text, or from a file that holds nothing else (white space around it is dropped); "" where
// neither is given. Refused: both at once, a file that can't be read or is empty, and what has
// characters that a header can't carry. The errors speak of "token" and "token-file".
Result<std::string> read_secret(const std::string& text, const std::string& file);

// Whether what somebody shows is the secret. How long that takes tells only how long `shown` is.
bool equal_secrets(std::string_view secret, std::string_view shown);
// Tells nothing of the secret, and has one length: for a text that is compared with many.
std::string secret_digest(std::string_view secret);

} // namespace rtc::http
