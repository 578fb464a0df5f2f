// Requests' heads, and the forms that answers share.
#include "signaling/http/message.hpp"
#include "tests/support/sametext.hpp"

#include <json-glib/json-glib.h>

using namespace rtc;
using namespace rtc::http;

namespace {

std::string member(const Response& response, const char* name) {
    auto parser = adopt(json_parser_new());
    auto text = response.text();
    g_assert_true(
        json_parser_load_from_data(parser.get(), text.data(), gssize(text.size()), nullptr));
    auto* object = json_node_get_object(json_parser_get_root(parser.get()));
    auto* node = json_object_get_member(object, name);
    if (json_node_get_value_type(node) == G_TYPE_INT64)
        return std::to_string(json_node_get_int(node));
    return json_node_get_string(node);
}

void headers_compare_without_case() {
    Head head;
    head.headers = {{"content-TYPE", " Application/SDP ; charset=utf-8"}, {"Host", "x"}};
    g_assert_true(head.header("Content-Type") == " Application/SDP ; charset=utf-8");
    RTC_ASSERT_TEXT(head.content_type(), "application/sdp");
    g_assert_true(head.header("Hos").empty());
    RTC_ASSERT_TEXT(Head().content_type(), "");
}

void parameters_are_exact() {
    Head head;
    head.query = {{"name", "Bob"}};
    g_assert_true(head.parameter("name") == "Bob");
    g_assert_true(head.parameter("Name").empty());
}

// RFC 9457 section 3.
void problems_are_json() {
    auto response = problem(422, "say \"sendonly\"");
    g_assert_cmpuint(response.status, ==, 422);
    RTC_ASSERT_TEXT(response.content_type, "application/problem+json");
    RTC_ASSERT_TEXT(member(response, "type"), "about:blank");
    RTC_ASSERT_TEXT(member(response, "title"), "Unprocessable Content");
    RTC_ASSERT_TEXT(member(response, "status"), "422");
    RTC_ASSERT_TEXT(member(response, "detail"), "say \"sendonly\"");
}

void problems_quote_what_is_not_text() {
    auto response = problem(400, "got \xff\xfe and \x01");
    g_assert_true(g_utf8_validate(response.text().data(), gssize(response.text().size()), nullptr));
    g_assert_true(member(response, "detail").starts_with("got "));
}

void a_wrong_method_says_which_are_right() {
    auto response = method_not_allowed("PUT", "GET, POST");
    g_assert_cmpuint(response.status, ==, 405);
    g_assert_true(response.header("allow") == "GET, POST");
}

void lists_have_whole_items() {
    g_assert_true(lists("GET, POST", "GET"));
    g_assert_true(lists(" a,b\tc ", "c"));
    for (const char* other : {"", "GE", "ET", "get", "GET, POST", "GET,", "POST "})
        g_assert_false(lists("GET, POST", other));
    g_assert_false(lists("", ""));
    g_assert_false(lists(" , ", ""));
}

void every_used_status_has_a_phrase() {
    for (guint status :
         {200, 201, 204, 304, 400, 401, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503, 504})
        g_assert_cmpstr(reason_phrase(status), !=, "");
    g_assert_cmpstr(reason_phrase(299), ==, "");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/message/headers", headers_compare_without_case);
    g_test_add_func("/http/message/parameters", parameters_are_exact);
    g_test_add_func("/http/message/problem", problems_are_json);
    g_test_add_func("/http/message/problem-bytes", problems_quote_what_is_not_text);
    g_test_add_func("/http/message/method", a_wrong_method_says_which_are_right);
    g_test_add_func("/http/message/lists", lists_have_whole_items);
    g_test_add_func("/http/message/phrases", every_used_status_has_a_phrase);
    return g_test_run();
}
