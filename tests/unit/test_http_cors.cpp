// Who may use an endpoint from another origin.
#include "signaling/http/cors.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc::http;

namespace {

constexpr const char* methods = "GET, POST";

Head asking(const char* origin) {
    Head head;
    head.method = "OPTIONS";
    head.headers = {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}};
    return head;
}

std::string allowed(const char* origins, const char* origin) {
    return std::string(
        preflight(asking(origin), origins, methods).header("Access-Control-Allow-Origin"));
}

void preflights_are_told_from_options() {
    g_assert_true(is_preflight(asking("https://a.example")));
    auto head = asking("https://a.example");
    head.headers.pop_back();
    g_assert_false(is_preflight(head));
    head = asking("https://a.example");
    head.method = "POST";
    g_assert_false(is_preflight(head));
    g_assert_false(is_preflight(Head{.method = "OPTIONS"}));
}

void preflight_allows_what_clients_send() {
    auto response = preflight(asking("https://a.example"), "*", methods);
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(response.header("Access-Control-Allow-Methods") == methods);
    g_assert_true(response.header("Access-Control-Allow-Headers") ==
                  "Authorization, Content-Type, If-Match");
    // Servers with credentials are for those who are let in.
    g_assert_true(response.header("Link").empty());
}

void origins_are_those_of_the_list() {
    const char* list = "https://a.example, https://b.example:8443\thttps://c.example";
    RTC_ASSERT_TEXT(allowed("*", "https://x.example"), "*");
    RTC_ASSERT_TEXT(allowed(list, "https://a.example"), "https://a.example");
    RTC_ASSERT_TEXT(allowed(list, "https://b.example:8443"), "https://b.example:8443");
    RTC_ASSERT_TEXT(allowed(list, "https://c.example"), "https://c.example");
    for (const char* other :
         {"https://b.example", "http://a.example", "https://a.example.evil", "null", "https://a"})
        RTC_ASSERT_TEXT(allowed(list, other), "");
    RTC_ASSERT_TEXT(allowed("", "https://a.example"), "");
}

void a_refused_origin_learns_nothing() {
    auto response = preflight(asking("https://x.example"), "https://a.example", methods);
    g_assert_true(response.header("Access-Control-Allow-Methods").empty());
    g_assert_true(response.header("Vary") == "Origin");
}

void responses_show_what_clients_need() {
    Response response;
    allow_origin(response, asking("https://a.example"), "*");
    auto exposed = response.header("Access-Control-Expose-Headers");
    for (const char* name : {"Location", "Link", "ETag"})
        g_assert_true(exposed.find(name) != exposed.npos);
    Response other;
    allow_origin(other, asking("https://x.example"), "https://a.example");
    g_assert_true(other.header("Access-Control-Expose-Headers").empty());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/cors/is-preflight", preflights_are_told_from_options);
    g_test_add_func("/http/cors/preflight", preflight_allows_what_clients_send);
    g_test_add_func("/http/cors/origins", origins_are_those_of_the_list);
    g_test_add_func("/http/cors/refused", a_refused_origin_learns_nothing);
    g_test_add_func("/http/cors/expose", responses_show_what_clients_need);
    return g_test_run();
}
