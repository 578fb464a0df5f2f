#include "signaling/http/reply.hpp"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include <algorithm>

namespace rtc::http {
namespace {

constexpr size_t longest_problem = 8 * 1024;
constexpr long longest_words = 200; // characters

std::string problem_words(std::string_view body) {
    auto parser = adopt(json_parser_new());
    if (!json_parser_load_from_data(parser.get(), body.data(), gssize(body.size()), nullptr))
        return "";
    auto* root = json_parser_get_root(parser.get());
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return "";
    for (const char* member : {"detail", "error", "message", "title"}) {
        auto* node = json_object_get_member(json_node_get_object(root), member);
        if (node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
            return json_node_get_string(node);
    }
    return "";
}

// One line without control characters, not too long.
std::string clean(std::string_view text) {
    auto valid = valid_text(trim(text));
    std::string result;
    long length = 0;
    for (const char* p = valid.c_str(); *p && length < longest_words; p = g_utf8_next_char(p)) {
        auto c = g_utf8_get_char(p);
        if (g_unichar_isprint(c))
            result.append(p, size_t(g_utf8_next_char(p) - p));
        else
            result += ' ';
        length++;
    }
    return result;
}

} // namespace

std::optional<std::chrono::seconds> retry_after(const Response& response, gint64 now) {
    std::string text(trim(response.header("Retry-After")));
    if (text.empty())
        return std::nullopt;
    guint64 seconds = 0;
    if (g_ascii_string_to_unsigned(text.c_str(), 10, 0, G_MAXINT, &seconds, nullptr))
        return std::chrono::seconds(seconds);
    auto date = adopt(soup_date_time_new_from_http_string(text.c_str()));
    if (!date)
        return std::nullopt;
    return std::chrono::seconds(std::max<gint64>(g_date_time_to_unix(date.get()) - now, 0));
}

std::string explain(const Response& response) {
    std::string text = std::to_string(response.status);
    if (std::string_view name = reason_phrase(response.status); !name.empty())
        text += " " + std::string(name);
    auto body = response.text();
    if (body.empty() || body.size() > longest_problem)
        return text;
    auto type = media_type(response);
    std::string words;
    if (type == "application/problem+json" || type == "application/json")
        words = clean(problem_words(body));
    else if (type == "text/plain")
        words = clean(body);
    return words.empty() ? text : text + " (\"" + words + "\")";
}

std::string media_type(const Response& response) {
    std::string_view type = response.content_type;
    std::string result(trim(type.substr(0, type.find(';'))));
    for (auto& c : result)
        c = g_ascii_tolower(c);
    return result;
}

} // namespace rtc::http
