#include "signaling/http/requesthead.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <optional>

namespace rtc::http {
namespace {

using Checked = std::optional<Refusal>; // nothing: it is good

Refusal malformed(std::string words) {
    return {400, std::move(words)};
}

bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return g_ascii_isalnum(c) || others.find(c) != others.npos;
    });
}

// Text with blanks and tabs, of whatever encoding.
bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// The next line, cut off without its CRLF.
std::string_view take_line(std::string_view& text) {
    auto line = take(text, '\n');
    return line.substr(0, line.size() - std::min<size_t>(line.size(), 1));
}

class HeadCheck {
public:
    Checked request_line(std::string_view line) {
        auto method = take(line, ' ');
        auto target = take(line, ' ');
        if (!is_token(method) || target.empty() || !line.starts_with("HTTP/"))
            return malformed("the first line is no request");
        if (target.size() > max_target)
            return Refusal{414, "the URL is longer than " + std::to_string(max_target) + " bytes"};
        if (size_t(std::count(target.begin(), target.end(), '&')) >= max_query_parameters)
            return Refusal{414, "the URL has more than " + std::to_string(max_query_parameters) +
                                    " parameters"};
        if (std::any_of(target.begin(), target.end(),
                        [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
            return malformed("the URL has control characters in it");
        if (line != "HTTP/1.1" && line != "HTTP/1.0")
            return Refusal{505, "this server speaks HTTP/1.1"};
        is_1_0_ = line == "HTTP/1.0";
        return std::nullopt;
    }

    Checked field(std::string_view line) {
        if (++fields_ > max_fields)
            return Refusal{431, "the request has more than " + std::to_string(max_fields) +
                                    " header fields"};
        if (line.starts_with(' ') || line.starts_with('\t'))
            return malformed("a header field is folded over several lines");
        auto colon = line.find(':');
        auto name = line.substr(0, colon);
        auto value = colon == line.npos ? line : trim(line.substr(colon + 1));
        if (colon == line.npos || !is_token(name) || !is_field_value(value))
            return malformed("a line of the head is no header field");
        if (equal_ignoring_case(name, "Host"))
            hosts_++;
        else if (equal_ignoring_case(name, "Content-Length"))
            return length(value);
        else if (equal_ignoring_case(name, "Transfer-Encoding"))
            return encoding(value);
        return std::nullopt;
    }

    Checked whole() const {
        if (hosts_ > 1)
            return malformed("the request has more than one Host");
        if (!hosts_ && !is_1_0_)
            return malformed("the request has no Host");
        if (form_.chunked && (lengths_ || is_1_0_))
            return malformed("the length of the body is told in two ways");
        return std::nullopt;
    }

    BodyForm form() const { return form_; }

private:
    Checked length(std::string_view value) {
        constexpr size_t most_digits = 15;
        bool digits = std::all_of(value.begin(), value.end(), is_digit);
        if (++lengths_ > 1 || value.empty() || value.size() > most_digits || !digits)
            return malformed("the Content-Length is no length");
        form_.length = g_ascii_strtoull(std::string(value).c_str(), nullptr, 10);
        return std::nullopt;
    }

    Checked encoding(std::string_view value) {
        if (form_.chunked || !equal_ignoring_case(value, "chunked"))
            return Refusal{501, "of transfer codings, this server knows chunked"};
        form_.chunked = true;
        return std::nullopt;
    }

    static bool is_digit(char c) { return g_ascii_isdigit(c); }

    BodyForm form_;
    size_t fields_ = 0, hosts_ = 0, lengths_ = 0;
    bool is_1_0_ = false;
};

} // namespace

std::variant<BodyForm, Refusal> check_head(std::string_view head) {
    HeadCheck check;
    auto objection = check.request_line(take_line(head));
    while (!objection && !head.empty())
        objection = check.field(take_line(head));
    if (!objection)
        objection = check.whole();
    if (objection)
        return std::move(*objection);
    return check.form();
}

Refusal head_too_large(std::string_view head) {
    if (head.find('\n') == head.npos)
        return {414, "the URL is longer than " + std::to_string(max_target) + " bytes"};
    return {431, "the head of the request is larger than " + std::to_string(max_head) + " bytes"};
}

} // namespace rtc::http
