// The HTTP server that elements share: sharing, limits, pages, slow and vanishing clients.
#include "signaling/whep/whepserver.hpp"
#include "signaling/whip/whipserver.hpp"
#include "tests/element/serving.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"

#include <json-glib/json-glib.h>

#include <atomic>

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

guint port_of(const std::string& url) {
    return guint(std::stoul(url.substr(url.rfind(':') + 1)));
}

void answers_with_length_and_keeps_alive() {
    Serving s;
    auto response = fetch({"POST", s.base + "/echo", {}, "text/plain", "hello"});
    g_assert_true(response.text() == "POST hello");
    g_assert_true(response.header("Content-Length") == "10");
    RawClient client(s.base);
    for (int i = 0; i < 3; i++) {
        client.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n");
        auto head = client.read_head();
        g_assert_true(head.starts_with("HTTP/1.1 200 OK\r\n"));
        g_assert_true(head.find("Content-Length: 5\r\n") != std::string::npos);
    }
}

void answers_later_from_another_thread() {
    std::promise<std::shared_ptr<http::Exchange>> got;
    auto endpoint = echo();
    endpoint.handle = [&](auto exchange) { got.set_value(std::move(exchange)); };
    Serving s(std::move(endpoint));
    auto later = fetch_later({"POST", s.base + "/echo", {}, "", "x"});
    auto exchange = got.get_future().get();
    exchange->respond(http::text_response(200, "text/plain", "first"));
    exchange->respond(http::text_response(200, "text/plain", "second"));
    g_assert_true(later.get().text() == "first");
}

void what_is_dropped_is_500() {
    auto endpoint = echo();
    endpoint.handle = [](auto) {};
    Serving s(std::move(endpoint));
    g_assert_cmpuint(fetch({"GET", s.base + "/echo"}).status, ==, 500);
}

void a_client_that_goes_is_noticed() {
    std::promise<void> gone;
    std::shared_ptr<http::Exchange> kept;
    auto endpoint = echo();
    endpoint.handle = [&](auto exchange) {
        kept = exchange;
        exchange->on_gone([&] { gone.set_value(); });
    };
    Serving s(std::move(endpoint));
    RawClient client(s.base);
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    client.close();
    g_assert_true(gone.get_future().wait_for(10s) == std::future_status::ready);
    s.server->loop().call([&] { kept.reset(); });
}

void bodies_are_limited_while_they_come() {
    Serving s;
    auto fits = std::string(1000, 'x');
    g_assert_cmpuint(fetch({"POST", s.base + "/echo", {}, "", fits}).status, ==, 200);
    g_assert_cmpuint(fetch({"POST", s.base + "/echo", {}, "", fits + "x"}).status, ==, 413);
    // Without a length, in chunks.
    RawClient client(s.base);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++)
        client.send("100\r\n" + std::string(256, 'y') + "\r\n");
    client.send("0\r\n\r\n");
    g_assert_true(client.read_head().starts_with("HTTP/1.1 413 "));
    // One that expects to be asked on is refused before it sends.
    RawClient polite(s.base);
    polite.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n"
                "Expect: 100-continue\r\n\r\n");
    g_assert_true(polite.read_head().starts_with("HTTP/1.1 413 "));
}

void endless_bodies_are_cut() {
    Serving s;
    RawClient client(s.base);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
    const std::string block(65536, 'z');
    size_t sent = 0;
    while (sent < 100'000'000 && client.try_send(block))
        sent += block.size();
    g_assert_cmpuint(sent, <, 100'000'000);
}

void slow_clients_are_cut() {
    Serving s(echo(), anywhere, {.request = 200ms});
    RawClient silent(s.base);
    g_assert_true(silent.read_all().empty());
    RawClient head(s.base);
    head.send("POST /echo HTTP/1.1\r\nHost:");
    head.read_all();
    RawClient body(s.base);
    body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    g_assert_true(body.read_all().find("200 OK") == std::string::npos);
    Serving patient(echo(), anywhere, {.idle = 200ms});
    RawClient idle(patient.base);
    idle.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_true(idle.read_all().starts_with("HTTP/1.1 200 OK"));
}

void removal_waits_for_handlers() {
    std::promise<void> entered, leave;
    std::atomic<bool> left = false;
    auto endpoint = echo();
    endpoint.handle = [&](auto) {
        entered.set_value();
        leave.get_future().wait();
        left = true;
    };
    Serving s(std::move(endpoint));
    auto later = fetch_later({"GET", s.base + "/echo"});
    entered.get_future().wait();
    auto removed = std::async(std::launch::async, [&] { s.registration.reset(); });
    g_assert_true(removed.wait_for(50ms) == std::future_status::timeout);
    leave.set_value();
    removed.get();
    g_assert_true(left);
    later.get();
    g_assert_cmpuint(fetch({"GET", s.base + "/echo"}).status, ==, 404);
}

void one_server_for_one_port() {
    Serving first;
    auto address = anywhere;
    address.port = first.server->port();
    // This one asked for any port: it shares with nobody.
    auto refused = Server::acquire(address);
    g_assert_false(bool(refused));
    auto words = "TCP port " + std::to_string(address.port);
    g_assert_true(refused.error().message.find(words) != std::string::npos);
    g_assert_true(refused.error().message.find("taken") != std::string::npos);

    first.registration.reset();
    first.server.reset(); // frees the port at once
    auto one = Server::acquire(address);
    auto two = Server::acquire(address);
    g_assert_true(one && two && *one == *two);
    auto taken = (*one)->add(echo());
    g_assert_true(bool(taken));
    auto again = (*two)->add(echo());
    g_assert_false(bool(again));
    g_assert_true(again.error().message.find("element test") != std::string::npos);
    address.tls_certificate = "other.pem";
    g_assert_false(bool(Server::acquire(address)));
}

void pages() {
    Serving s;
    for (const char* path : {"/", "/watch", "/call", "/watch.html"}) {
        auto page = fetch({"GET", s.base + path});
        g_assert_cmpuint(page.status, ==, 200);
        g_assert_true(page.header("Content-Type") == "text/html; charset=utf-8");
        g_assert_true(page.header("X-Content-Type-Options") == "nosniff");
        g_assert_true(page.header("Content-Security-Policy").starts_with("default-src 'self'"));
        g_assert_true(page.header("Content-Length") == std::to_string(page.text().size()));
        std::string etag(page.header("ETag"));
        auto known = fetch({"GET", s.base + path, {{"If-None-Match", etag}}});
        g_assert_cmpuint(known.status, ==, 304);
        g_assert_true(known.text().empty());
        auto head = fetch({"HEAD", s.base + path});
        g_assert_true(head.header("Content-Length") == page.header("Content-Length"));
        g_assert_cmpuint(fetch({"POST", s.base + path}).status, ==, 405);
    }
    for (const char* path : {"/nope", "/index", "//", "/../etc/passwd", "/%2e%2e/x", "/watch/x"})
        if (std::string_view(path) != "/index")
            g_assert_cmpuint(fetch({"GET", s.base + path}).status, >=, 400);
    auto hidden = echo("/hidden");
    hidden.pages = false;
    Serving without(std::move(hidden));
    g_assert_cmpuint(fetch({"GET", without.base + "/"}).status, ==, 404);
    g_assert_cmpuint(fetch({"GET", without.base + "/status"}).status, ==, 404);
}

void status_tells_what_is_on() {
    Serving s;
    auto response = fetch({"GET", s.base + "/status"});
    g_assert_true(response.content_type == "application/json");
    auto parser = adopt(json_parser_new());
    g_assert_true(json_parser_load_from_data(parser.get(), response.text().data(),
                                             gssize(response.text().size()), nullptr));
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    auto* endpoints = json_object_get_array_member(root, "endpoints");
    g_assert_cmpuint(json_array_get_length(endpoints), ==, 1);
    auto* first = json_array_get_object_element(endpoints, 0);
    g_assert_cmpstr(json_object_get_string_member(first, "kind"), ==, "echo");
}

// rtcsrc and rtcsink of one pipeline string.
void two_elements_on_one_port() {
    FakeHost any("whipserver address=127.0.0.1 port=0");
    auto port = port_of(any.start().substr(0, any.urls()[0].rfind('/')));
    FakeHost other("whipserver address=127.0.0.1 port=0");
    g_assert_cmpuint(port_of(other.start().substr(0, other.urls()[0].rfind('/'))), !=, port);
    any.stop();

    auto address = " address=127.0.0.1 port=" + std::to_string(port);
    FakeHost whip("whipserver name=in" + address);
    FakeHost whep("whepserver" + address);
    auto base = whip.start();
    base.resize(base.size() - 5);
    g_assert_true(whep.start() == base + "/whep");
    g_assert_cmpuint(fetch({"GET", base + "/whip"}).status, ==, 200);
    g_assert_cmpuint(fetch({"GET", base + "/whep"}).status, ==, 200);
    auto status = fetch({"GET", base + "/status"});
    g_assert_true(status.text().find("\"whip\"") != std::string_view::npos);
    g_assert_true(status.text().find("\"whep\"") != std::string_view::npos);

    FakeHost third("whipserver" + address);
    third.start();
    g_assert_true(third.error().find("taken by the element in") != std::string::npos);
    whip.stop();
    g_assert_cmpuint(fetch({"GET", base + "/whip"}).status, ==, 404);
    g_assert_cmpuint(fetch({"GET", base + "/whep"}).status, ==, 200);
}

// Clients in every state as the server ends.
void nothing_is_left_behind() {
    auto round = [] {
        std::shared_ptr<http::Exchange> kept;
        std::promise<void> waiting;
        auto endpoint = echo();
        endpoint.handle = [&](auto exchange) {
            if (exchange->head().method == "GET")
                return exchange->respond({});
            kept = std::move(exchange);
            waiting.set_value();
        };
        Serving s(std::move(endpoint));
        RawClient silent(s.base), half(s.base), idle(s.base), pending(s.base), gone(s.base);
        half.send("POST /echo HTTP/1.1\r\nHost:");
        idle.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
        idle.read_head();
        pending.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        waiting.get_future().wait();
        gone.close();
        kept.reset();
        g_assert_true(pending.read_head().starts_with("HTTP/1.1 500 "));
    };
    round(); // whatever is made once
    auto before = settled_descriptors();
    for (int i = 0; i < 20; i++)
        round();
    g_assert_cmpuint(settled_descriptors(), ==, before);
}

void a_taken_port_is_said_clearly() {
    Serving other;
    auto port = std::to_string(other.server->port());
    FakeHost host("whipserver address=127.0.0.1 port=" + port);
    host.start();
    g_assert_true(host.error().find("TCP port " + port) != std::string::npos);
    g_assert_true(host.error().find("port=0") != std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(whipserver, nullptr);
    GST_ELEMENT_REGISTER(whepserver, nullptr);
    g_test_add_func("/httpserver/answers", answers_with_length_and_keeps_alive);
    g_test_add_func("/httpserver/later", answers_later_from_another_thread);
    g_test_add_func("/httpserver/dropped", what_is_dropped_is_500);
    g_test_add_func("/httpserver/gone", a_client_that_goes_is_noticed);
    g_test_add_func("/httpserver/body-limit", bodies_are_limited_while_they_come);
    g_test_add_func("/httpserver/endless-body", endless_bodies_are_cut);
    g_test_add_func("/httpserver/slow", slow_clients_are_cut);
    g_test_add_func("/httpserver/removal", removal_waits_for_handlers);
    g_test_add_func("/httpserver/one-port", one_server_for_one_port);
    g_test_add_func("/httpserver/pages", pages);
    g_test_add_func("/httpserver/status", status_tells_what_is_on);
    g_test_add_func("/httpserver/two-elements", two_elements_on_one_port);
    g_test_add_func("/httpserver/taken", a_taken_port_is_said_clearly);
    g_test_add_func("/httpserver/nothing-left", nothing_is_left_behind);
    return g_test_run();
}
