// Requests out of a client's bytes: limits and rules of heads, bodies, and where they end.
#include "signaling/http/framing.hpp"
#include "tests/support/sametext.hpp"

#include <glib.h>

using namespace rtc::http;

namespace {

std::string take_all(Framing& framing) {
    std::string text;
    char block[1000];
    while (auto size = framing.take(block, sizeof block))
        text.append(block, size);
    return text;
}

std::string repeat(size_t count, const std::string& text) {
    std::string result;
    for (size_t i = 0; i < count; i++)
        result += text;
    return result;
}

const std::string get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string post = "POST /x HTTP/1.1\r\nHost: h\r\n";

void heads_are_judged() {
    const std::string first = "GET / HTTP/1.1\r\n", host = "Host: h\r\n";
    const struct {
        const char* what;
        std::string head;
        guint status; // 0: it is taken
    } rows[] = {
        {"plain", first + host, 0},
        {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n", 0},
        {"the most fields", first + host + repeat(max_fields - 1, "a:\r\n"), 0},
        {"a field too many", first + host + repeat(max_fields, "a:\r\n"), 431},
        {"no Host", first, 400},
        {"two", first + host + "hOST: other\r\n", 400},
        {"two in HTTP/1.0", "GET / HTTP/1.0\r\n" + host + host, 400},
        {"a folded field", first + host + "a: b\r\n c\r\n", 400},
        {"a blank in a name", first + host + "a : b\r\n", 400},
        {"no colon", first + host + "abc\r\n", 400},
        {"CR in a value", first + host + "a: b\rc: d\r\n", 400},
        {"NUL in a value", first + host + std::string("a: b\0c\r\n", 9), 400},
        {"bytes of UTF-8 in a value", first + host + "a: \xc3\xa4\r\n", 0},
        {"no URL", "GET HTTP/1.1\r\n" + host, 400},
        {"two blanks", "GET  / HTTP/1.1\r\n" + host, 400},
        {"another protocol", "GET / RTSP/1.0\r\n" + host, 400},
        {"another version", "PRI * HTTP/2.0\r\n", 505},
        {"a long URL", "GET /" + std::string(max_target, 'a') + " HTTP/1.1\r\n" + host, 414},
        {"many parameters", "GET /?" + repeat(100, "&a") + " HTTP/1.1\r\n" + host, 414},
        {"a length", first + host + "Content-Length: 5\r\n", 0},
        {"two lengths", first + host + repeat(2, "Content-Length: 5\r\n"), 400},
        {"a negative length", first + host + "Content-Length: -5\r\n", 400},
        {"an endless length", first + host + "Content-Length: 99999999999999999999\r\n", 400},
        {"chunks", first + host + "Transfer-Encoding: chunked\r\n", 0},
        {"another coding", first + host + "Transfer-Encoding: gzip, chunked\r\n", 501},
        {"chunks and a length",
         first + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
        {"chunks in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 400},
    };
    for (const auto& row : rows) {
        g_test_message("%s", row.what);
        auto checked = check_head(row.head);
        auto* refusal = std::get_if<Refusal>(&checked);
        g_assert_cmpuint(refusal ? refusal->status : 0, ==, row.status);
        if (refusal)
            g_assert_false(refusal->words.empty());
    }
}

void one_request_after_the_other() {
    Framing framing;
    framing.put("\r\n" + get + post + "Content-Length: 3\r\n\r\nabc" + get.substr(0, 5));
    RTC_ASSERT_TEXT(take_all(framing), get);
    g_assert_false(framing.wants_bytes());
    framing.next();
    RTC_ASSERT_TEXT(take_all(framing), post + "Content-Length: 3\r\n\r\nabc");
    framing.next();
    RTC_ASSERT_TEXT(take_all(framing), "");
    g_assert_true(framing.wants_bytes());
    framing.put(get.substr(5));
    RTC_ASSERT_TEXT(take_all(framing), get);
    framing.next();
    g_assert_true(framing.is_between());
}

void byte_by_byte() {
    Framing framing;
    auto request =
        post + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: t\r\n\r\n";
    std::string text;
    for (char c : request) {
        framing.put({&c, 1});
        text += take_all(framing);
    }
    RTC_ASSERT_TEXT(text, post + "Transfer-Encoding: chunked\r\n\r\n" +
                              "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n");
    g_assert_false(framing.wants_bytes());
}

// However many there are, those that come together are one.
void chunks_are_joined() {
    Framing framing;
    auto head = post + "Transfer-Encoding: chunked\r\n\r\n";
    framing.put(head + repeat(3000, "1\r\nx\r\n") + "0\r\n\r\n" + get);
    RTC_ASSERT_TEXT(take_all(framing), head + "bb8\r\n" + std::string(3000, 'x') + "\r\n0\r\n\r\n");
    framing.next();
    RTC_ASSERT_TEXT(take_all(framing), get);
}

void what_is_refused_comes_out_empty() {
    const struct {
        std::string bytes;
        guint status;
    } rows[] = {
        {"GET / HTTP/1.1\nHost: h\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" + repeat(max_head, "a:\r\n"), 431},
        {"GET /" + std::string(max_head, 'a'), 414},
    };
    for (const auto& row : rows) {
        Framing framing;
        framing.put(row.bytes);
        g_assert_true(framing.refusal().has_value());
        g_assert_cmpuint(framing.refusal()->status, ==, row.status);
        framing.put("more of it");
        RTC_ASSERT_TEXT(take_all(framing), "");
        framing.pause(); // the client has no more to send
        auto text = take_all(framing);
        g_assert_true(text.starts_with("GET / HTTP/1.1\r\n") && text.ends_with("\r\n\r\n"));
        g_assert_cmpuint(framing.refusal()->status, ==, row.status);
        framing.next();
        g_assert_true(framing.is_over());
    }
}

void bad_chunks_end_the_body() {
    auto head = post + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    for (std::string bad : {"x\r\n", "-1\r\n", "\r\n", "1\nx\r\n", "1\r\nxy\r\n", "fffffffff\r\n",
                            "0\r\nT: t\n\r\n"}) {
        Framing framing;
        framing.put(head + bad);
        framing.pause();
        g_assert_true(framing.refusal().has_value());
        g_assert_cmpuint(framing.refusal()->status, ==, 400);
        auto text = take_all(framing);
        g_assert_true(text.starts_with(head.substr(0, head.size() - 6)));
        g_assert_true(text.ends_with("\r\n0\r\n\r\n"));
    }
    for (const auto& line : {std::string(1000, '1'), "1;" + std::string(1000, 'x')}) {
        Framing framing;
        framing.put(head + line);
        g_assert_true(framing.refusal().has_value());
    }
}

void ends() {
    Framing idle;
    g_assert_true(idle.end() == Framing::End::between);
    RTC_ASSERT_TEXT(take_all(idle), "\r\n"); // for libsoup to see the end of it
    g_assert_true(idle.is_over());
    Framing half;
    half.put(post + "Content-Length: 3\r\n\r\na");
    g_assert_true(half.end() == Framing::End::within);
    RTC_ASSERT_TEXT(take_all(half), post + "Content-Length: 3\r\n\r\na");
    g_assert_true(half.is_over());
    // A request that is answered before its end is the last.
    Framing early;
    early.put(post + "Content-Length: 3\r\n\r\na");
    take_all(early);
    early.next();
    g_assert_true(early.is_over());
}

void websockets_pass() {
    Framing framing;
    framing.put(get);
    take_all(framing);
    framing.next();
    framing.pass_all();
    framing.put("\x81\n\n\r\n");
    RTC_ASSERT_TEXT(take_all(framing), "\x81\n\n\r\n");
}

void whole_urls_are_of_one_scheme() {
    Framing framing;
    framing.put("GET https://h/x HTTP/1.1\r\nHost: h\r\n\r\n");
    RTC_ASSERT_TEXT(take_all(framing), "GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/http/framing/heads", heads_are_judged);
    g_test_add_func("/http/framing/requests", one_request_after_the_other);
    g_test_add_func("/http/framing/bytes", byte_by_byte);
    g_test_add_func("/http/framing/chunks", chunks_are_joined);
    g_test_add_func("/http/framing/refused", what_is_refused_comes_out_empty);
    g_test_add_func("/http/framing/bad-chunks", bad_chunks_end_the_body);
    g_test_add_func("/http/framing/ends", ends);
    g_test_add_func("/http/framing/websocket", websockets_pass);
    g_test_add_func("/http/framing/scheme", whole_urls_are_of_one_scheme);
    return g_test_run();
}
