#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <charconv>

namespace rtc::sdp::text {

std::optional<guint64> number(std::string_view text, guint64 maximum) {
    guint64 value = 0;
    if (text.empty() ||
        !std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isdigit(c); }))
        return std::nullopt;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > maximum)
        return std::nullopt;
    return value;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), g_ascii_tolower);
    return result;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), g_ascii_toupper);
    return result;
}

std::vector<std::string_view> words(std::string_view text, char separator) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        auto word = take(text, separator);
        if (!word.empty())
            result.push_back(word);
    }
    return result;
}

bool is_ice_chars(std::string_view text, size_t minimum, size_t maximum) {
    return text.size() >= minimum && text.size() <= maximum &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return g_ascii_isalnum(c) || c == '+' || c == '/'; });
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return g_ascii_iscntrl(c); });
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string result;
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        if (i + 2 >= text.size() || !g_ascii_isxdigit(text[i + 1]) ||
            !g_ascii_isxdigit(text[i + 2]))
            return std::nullopt;
        result += char(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]));
        i += 2;
    }
    return result;
}

std::string percent_encode(std::string_view text) {
    std::string result;
    for (char c : text) {
        if (g_ascii_isalnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        constexpr char digits[] = "0123456789ABCDEF";
        result += '%';
        result += digits[guchar(c) >> 4];
        result += digits[guchar(c) & 15];
    }
    return result;
}

std::string quote(std::string_view text) {
    constexpr size_t longest = 60;
    if (text.size() <= longest)
        return "'" + std::string(text) + "'";
    auto end = longest;
    while (end > 0 && (guchar(text[end]) & 0xC0) == 0x80) // not within a character
        end--;
    return "'" + std::string(text.substr(0, end)) + "…'";
}

} // namespace rtc::sdp::text
