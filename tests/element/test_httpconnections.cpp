// The HTTP server and the bytes of its connections: hostile heads and bodies, connections that go
// on and that end.
#include "tests/element/serving.hpp"
#include "tests/support/httpclient.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

std::string repeat(size_t count, const std::string& text) {
    std::string result;
    for (size_t i = 0; i < count; i++)
        result += text;
    return result;
}

const std::string get = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";

// What a new client gets for these bytes, up to the end of the connection.
std::string ask(const std::string& base, const std::string& bytes) {
    RawClient client(base);
    client.try_send(bytes);
    return client.read_all(30s);
}

void hostile_requests_are_refused() {
    Serving s;
    const struct {
        const char* what;
        std::string bytes, status;
    } rows[] = {
        {"9500 fields and 300 chunks",
         post + repeat(9500, "abc:\r\n") + "Transfer-Encoding: chunked\r\n\r\n" +
             repeat(300, "1\r\nx\r\n") + "0\r\n\r\n",
         "431 Request Header Fields Too Large"},
        {"many fields in a small head", post + repeat(200, "a:\r\n") + "\r\n", "431 "},
        {"a long URL", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
         "414 URI Too Long"},
        {"many parameters", "GET /?" + repeat(4000, "&a") + " HTTP/1.1\r\nHost: x\r\n\r\n", "414 "},
        {"bare LF", "GET /echo HTTP/1.1\nHost: x\n\n", "400 "},
        {"bare LF in a field", "GET /echo HTTP/1.1\r\nHost: x\r\na: b\nc: d\r\n\r\n", "400 "},
        {"two Hosts", "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 "},
        {"no Host", "GET /echo HTTP/1.1\r\n\r\n", "400 "},
        {"a folded field", "GET /echo HTTP/1.1\r\nHost: x\r\na: b\r\n c\r\n\r\n", "400 "},
        {"chunks and a length",
         post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 "},
        {"chunks with bare LF", post + "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n", "400 "},
        {"no chunks", post + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", "400 "},
    };
    for (const auto& row : rows) {
        g_test_message("%s", row.what);
        auto answer = ask(s.base, row.bytes);
        g_assert_true(answer.starts_with("HTTP/1.1 " + row.status));
        g_assert_true(answer.find("Connection: close\r\n") != std::string::npos);
        g_assert_true(answer.find("application/problem+json") != std::string::npos);
        g_assert_true(answer.find("HTTP/1.1 ", 1) == std::string::npos); // one answer
    }
    g_assert_cmpuint(fetch({"GET", s.base + "/echo"}).status, ==, 200);
}

// The refusal is of the second request, not of the first.
void what_came_before_is_answered() {
    std::promise<std::shared_ptr<http::Exchange>> got;
    auto endpoint = echo();
    endpoint.handle = [&](auto exchange) { got.set_value(std::move(exchange)); };
    Serving s(std::move(endpoint));
    RawClient client(s.base);
    client.send(get + "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    got.get_future().get()->respond(http::text_response(200, "text/plain", "first"));
    auto answers = client.read_all();
    g_assert_true(answers.starts_with("HTTP/1.1 200 OK\r\n"));
    auto second = answers.find("\r\n\r\nfirst") + 9;
    g_assert_true(std::string_view(answers).substr(second).starts_with("HTTP/1.1 400 "));
}

void many_small_chunks_are_a_body() {
    auto endpoint = echo();
    endpoint.max_body = 200'000;
    Serving s(std::move(endpoint));
    RawClient client(s.base);
    client.send(post + repeat(90, "abc:\r\n") + "Transfer-Encoding: chunked\r\n\r\n");
    client.send(repeat(100'000, "1\r\nx\r\n"));
    client.send("0\r\n\r\n" + get);
    auto head = client.read_head();
    g_assert_true(head.starts_with("HTTP/1.1 200 OK\r\n"));
    g_assert_true(head.find("Content-Length: 100005\r\n") != std::string::npos);
    client.read_until("x" + std::string("HTTP/1.1 200 OK\r\n"));
}

// Its body wasn't waited for: it could come or not.
void a_refused_expectation_ends_the_connection() {
    Serving s;
    auto answer = ask(s.base, post + "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
    g_assert_true(answer.starts_with("HTTP/1.1 413 "));
    g_assert_true(answer.find("Connection: close\r\n") != std::string::npos);
}

void a_connection_goes_on_after_204() {
    auto endpoint = echo();
    endpoint.handle = [](auto exchange) { exchange->respond({.status = 204}); };
    Serving s(std::move(endpoint));
    RawClient client(s.base);
    for (int i = 0; i < 3; i++) {
        client.send(get);
        auto head = client.read_head();
        g_assert_true(head.starts_with("HTTP/1.1 204 No Content\r\n"));
        g_assert_true(head.find("Content-Length") == std::string::npos);
    }
    client.send("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\n"
                "Access-Control-Request-Method: POST\r\n\r\n");
    g_assert_true(client.read_head().starts_with("HTTP/1.1 204 "));
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_true(client.read_head().starts_with("HTTP/1.1 200 OK\r\n"));
}

// One after the other, more than an address may have at once where descriptors are few; far sooner
// than an idle connection is closed.
void clients_that_leave_leave_nothing() {
    Serving s;
    fetch({"GET", s.base + "/echo"});
    auto before = settled_descriptors();
    for (int i = 0; i < 200; i++) {
        RawClient client(s.base);
        client.send(i % 2 ? get : "DELETE /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
        client.read_head();
        client.close();
    }
    auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (open_descriptors() > before) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10'000);
    }
}

// In whichever way they leave, nothing comes after the answer.
void a_client_that_stops_sending_gets_its_answer_alone() {
    auto endpoint = echo();
    endpoint.refuse = [](const auto&) { return http::problem(403, "no"); };
    Serving s(std::move(endpoint));
    RawClient client(s.base);
    client.send(get);
    client.stop_sending();
    auto answer = client.read_all();
    g_assert_true(answer.starts_with("HTTP/1.1 403 "));
    g_assert_true(answer.find("HTTP/1.1 ", 1) == std::string::npos);
}

// Whatever they ask for.
void requests_are_limited_for_each_address() {
    constexpr int at_once = 20;
    constexpr double none_more = 1e-6; // as long as this takes
    Serving s(echo(), anywhere, {}, {.per_second = none_more, .at_once = at_once});
    RawClient client(s.base);
    auto ask = [&](int i) {
        client.send(i % 2 ? "HEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                          : "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
        return client.read_head();
    };
    for (int i = 0; i < at_once; i++)
        g_assert_true(ask(i).starts_with(i % 2 ? "HTTP/1.1 404 " : "HTTP/1.1 200 "));
    auto head = ask(0);
    g_assert_true(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    g_assert_true(head.find("Retry-After: 1\r\n") != std::string::npos);
}

// libsoup would send each of them.
void ranges_of_pages_are_passed_over() {
    Serving s;
    std::string ranges = "bytes=0-0";
    for (int i = 2; i < 2000; i += 2)
        ranges += "," + std::to_string(i) + "-" + std::to_string(i);
    auto page = fetch({"GET", s.base + "/", {{"Range", ranges}}});
    g_assert_cmpuint(page.status, ==, 200);
    g_assert_true(page.header("Content-Type") == "text/html; charset=utf-8");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/httpconnections/hostile", hostile_requests_are_refused);
    g_test_add_func("/httpconnections/pipelined", what_came_before_is_answered);
    g_test_add_func("/httpconnections/small-chunks", many_small_chunks_are_a_body);
    g_test_add_func("/httpconnections/expectation", a_refused_expectation_ends_the_connection);
    g_test_add_func("/httpconnections/204", a_connection_goes_on_after_204);
    g_test_add_func("/httpconnections/leaving", clients_that_leave_leave_nothing);
    g_test_add_func("/httpconnections/half-closed",
                    a_client_that_stops_sending_gets_its_answer_alone);
    g_test_add_func("/httpconnections/rate", requests_are_limited_for_each_address);
    g_test_add_func("/httpconnections/ranges", ranges_of_pages_are_passed_over);
    return g_test_run();
}
