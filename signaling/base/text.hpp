// Pieces of text. Bytes, not locales.
#pragma once

#include <glib.h>

#include <string_view>

namespace rtc {

// Without white space at both ends.
inline std::string_view trim(std::string_view text) {
    constexpr const char* white_space = " \t\r\n";
    auto first = text.find_first_not_of(white_space);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

// Cuts off and returns what stands before the first separator; all of it where there is none.
inline std::string_view take(std::string_view& text, char separator) {
    auto end = text.find(separator);
    auto head = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    return head;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace rtc
