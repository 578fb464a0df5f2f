#include "signaling/http/message.hpp"

#include <json-glib/json-glib.h>

#include <algorithm>

namespace rtc::http {
namespace {

std::string_view find(const Fields& fields, std::string_view name) {
    for (const auto& [key, value] : fields)
        if (equal_ignoring_case(key, name))
            return value;
    return {};
}

} // namespace

std::string valid_text(std::string_view text) {
    if (text.empty())
        return "";
    Owned<char> valid{g_utf8_make_valid(text.data(), gssize(text.size()))};
    return valid.get();
}

bool lists(std::string_view list, std::string_view item) {
    constexpr std::string_view separators = ", \t\r\n";
    while (true) {
        list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
        if (list.empty())
            return false;
        auto entry = list.substr(0, list.find_first_of(separators));
        if (entry == item)
            return true;
        list.remove_prefix(entry.size());
    }
}

std::string_view Head::header(std::string_view name) const {
    return find(headers, name);
}

std::string_view Head::parameter(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name)
            return value;
    return {};
}

std::string Head::content_type() const {
    auto type = header("Content-Type");
    std::string result(trim(type.substr(0, type.find(';'))));
    for (auto& c : result)
        c = g_ascii_tolower(c);
    return result;
}

std::string_view Response::header(std::string_view name) const {
    return find(headers, name);
}

std::string_view Response::text() const {
    if (!body)
        return {};
    gsize size = 0;
    auto* data = static_cast<const char*>(g_bytes_get_data(body.get(), &size));
    return {data, size};
}

Response text_response(guint status, std::string content_type, std::string_view body) {
    Response response{.status = status};
    response.content_type = std::move(content_type);
    response.body = adopt(g_bytes_new(body.data(), body.size()));
    return response;
}

Response problem(guint status, std::string_view detail) {
    auto builder = adopt(json_builder_new());
    auto* b = builder.get();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "type");
    json_builder_add_string_value(b, "about:blank");
    json_builder_set_member_name(b, "title");
    json_builder_add_string_value(b, reason_phrase(status));
    json_builder_set_member_name(b, "status");
    json_builder_add_int_value(b, status);
    json_builder_set_member_name(b, "detail");
    // What a peer sent may be quoted in the detail: JSON takes UTF-8 alone.
    json_builder_add_string_value(b, valid_text(detail).c_str());
    json_builder_end_object(b);
    auto* root = json_builder_get_root(b);
    Owned<char> json{json_to_string(root, FALSE)};
    json_node_unref(root);
    return text_response(status, "application/problem+json", json.get());
}

Response method_not_allowed(std::string_view method, std::string_view allow) {
    return problem(405, std::string(method) + " is not possible here; use " + std::string(allow))
        .with("Allow", std::string(allow));
}

const char* reason_phrase(guint status) {
    static constexpr struct {
        guint status;
        const char* phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (const auto& row : phrases)
        if (row.status == status)
            return row.phrase;
    return "";
}

} // namespace rtc::http
