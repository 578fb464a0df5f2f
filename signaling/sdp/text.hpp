// Pieces of text that the parsers of this folder share. Bytes, not locales.
#pragma once

#include "signaling/base/text.hpp"

#include <glib.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::sdp::text {

// Decimal digits alone, up to maximum.
std::optional<guint64> number(std::string_view text, guint64 maximum);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
// The words between runs of the separator.
std::vector<std::string_view> words(std::string_view text, char separator = ' ');
// Letters, digits, "+" and "/" (RFC 8839 section 5.1), between these lengths.
bool is_ice_chars(std::string_view text, size_t minimum, size_t maximum);
bool has_control_characters(std::string_view text);
// Nothing for a "%" without two hexadecimal digits behind it.
std::optional<std::string> percent_decode(std::string_view text);
// All but the unreserved characters of RFC 3986 section 2.3.
std::string percent_encode(std::string_view text);
// In quotes and cut short, for an error message; the text is UTF-8.
std::string quote(std::string_view text);

} // namespace rtc::sdp::text
