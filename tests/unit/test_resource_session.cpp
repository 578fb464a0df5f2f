// The server's side of WHIP and WHEP: what becomes of a session.
#include "signaling/whip/fragment.hpp"
#include "tests/support/sametext.hpp"
#include "tests/unit/resource_fixture.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

void the_client_goes_away() {
    Fixture f;
    auto id = f.offer();
    auto commands = f.resource.disconnected(f.ticket);
    g_assert_cmpuint(commands.size(), ==, 1);
    RTC_ASSERT_TEXT(std::get<CloseSession>(commands[0]).session, id);
    g_assert_true(f.resource.answer(id, make_answer()).empty());
    g_assert_true(f.resource.disconnected(f.ticket).empty());
    // After the answer the connection means nothing.
    f.open();
    g_assert_true(f.resource.disconnected(f.ticket).empty());
    g_assert_cmpuint(f.resource.peers().size(), ==, 1);
}

void delete_hangs_up() {
    Fixture f;
    auto path = f.open();
    auto commands = f.ask(head("DELETE", path));
    g_assert_cmpuint(f.reply_in(commands).status, ==, 200);
    auto* closed = find<CloseSession>(commands);
    RTC_ASSERT_TEXT(closed->session, f.session);
    g_assert_cmpint(closed->reason, ==, GST_RTC_END_REASON_HANGUP);
    g_assert_cmpuint(f.reply(head("DELETE", path)).status, ==, 404);
    g_assert_true(f.resource.end(f.session, GST_RTC_END_REASON_ERROR, "").empty());
}

void an_ended_session_is_not_found() {
    Fixture f;
    auto path = f.open();
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
    g_assert_true(f.resource.end(f.session, GST_RTC_END_REASON_LOST, "silent").empty());
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 404);
}

void patch_gives_candidates() {
    Fixture f;
    auto path = f.open();
    auto commands = f.ask(head("PATCH", path, fragment_type),
                          "a=ice-ufrag:abcd\r\nm=video 9 x 0\r\na=mid:1\r\na=" + candidate +
                              "\r\na=candidate:rubbish\r\na=end-of-candidates\r\n");
    g_assert_cmpuint(commands.size(), ==, 3);
    auto& given = std::get<GiveCandidate>(commands[0]);
    RTC_ASSERT_TEXT(given.session, f.session);
    g_assert_cmpuint(given.mline, ==, 1);
    RTC_ASSERT_TEXT(*given.candidate, candidate);
    g_assert_false(std::get<GiveCandidate>(commands[1]).candidate.has_value());
    auto response = f.reply_in(commands);
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(response.header("ETag").empty());
}

void patches_that_are_refused() {
    Fixture f;
    auto path = f.open();
    auto good = "a=ice-ufrag:abcd\r\na=mid:0\r\na=" + candidate + "\r\n";
    g_assert_cmpuint(f.reply(head("PATCH", path, "application/sdp"), good).status, ==, 415);
    g_assert_cmpuint(f.reply(head("PATCH", path, fragment_type), "garbage").status, ==, 400);
    // RFC 9725 section 4.3.1: a restart must say so; the session lives on.
    auto restart = f.ask(
        head("PATCH", path, fragment_type),
        "a=ice-ufrag:other\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=mid:0\r\na=" + candidate +
            "\r\n");
    g_assert_cmpuint(restart.size(), ==, 1);
    g_assert_cmpuint(f.reply_in(restart).status, ==, 428);
    g_assert_cmpuint(f.reply(head("PATCH", path, fragment_type), good).status, ==, 204);
}

void if_match_must_match() {
    Fixture f;
    auto path = f.open();
    auto bare = f.etag.substr(1, f.etag.size() - 2);
    auto body = "a=mid:0\r\na=" + candidate + "\r\n";
    for (const auto& [value, status] : std::vector<std::pair<std::string, guint>>{
             {f.etag, 204},
             {bare, 204},
             {"*", 204},
             {"\"*\"", 204},
             {"\"x\", " + f.etag, 204},
             {"\"x\"", 412},
             {"W/" + f.etag, 412},
         }) {
        auto request = head("PATCH", path, fragment_type);
        request.headers.emplace_back("If-Match", value);
        g_assert_cmpuint(f.reply(request, body).status, ==, status);
    }
}

void candidates_are_counted() {
    Config config;
    config.max_candidates = 3;
    Fixture f(config);
    auto path = f.open();
    std::string body = "a=mid:0\r\na=" + candidate + "\r\na=" + candidate + "\r\n";
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 3);
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 2);
    g_assert_cmpuint(f.ask(head("PATCH", path, fragment_type), body).size(), ==, 1);
}

void stop_ends_all() {
    Fixture f;
    f.open();
    auto waiting = f.offer();
    auto commands = f.resource.stop();
    int closed = 0;
    for (const auto& command : commands)
        if (auto* close = std::get_if<CloseSession>(&command)) {
            g_assert_cmpint(close->reason, ==, GST_RTC_END_REASON_SHUTDOWN);
            closed++;
        }
    g_assert_cmpint(closed, ==, 2);
    g_assert_cmpuint(f.reply_in(commands).status, ==, 503);
    g_assert_cmpuint(f.resource.peers().size(), ==, 0);
    g_assert_true(f.resource.answer(waiting, make_answer()).empty());
}

void names_are_made_safe() {
    RTC_ASSERT_TEXT(clean_name(""), "");
    RTC_ASSERT_TEXT(clean_name({}), "");
    RTC_ASSERT_TEXT(clean_name(" \t\n"), "");
    RTC_ASSERT_TEXT(clean_name("  Zoë\x7f \x1b[31m "), "Zoë [31m");
    RTC_ASSERT_TEXT(clean_name("a\xff"), "a\xef\xbf\xbd");
    std::string snowmen;
    for (int i = 0; i < 100; i++)
        snowmen += "☃";
    g_assert_cmpint(g_utf8_strlen(clean_name(snowmen).c_str(), -1), ==, 64);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/resource-session/disconnected", the_client_goes_away);
    g_test_add_func("/resource-session/delete", delete_hangs_up);
    g_test_add_func("/resource-session/ended", an_ended_session_is_not_found);
    g_test_add_func("/resource-session/patch", patch_gives_candidates);
    g_test_add_func("/resource-session/patch-refused", patches_that_are_refused);
    g_test_add_func("/resource-session/if-match", if_match_must_match);
    g_test_add_func("/resource-session/max-candidates", candidates_are_counted);
    g_test_add_func("/resource-session/stop", stop_ends_all);
    g_test_add_func("/resource-session/names", names_are_made_safe);
    return g_test_run();
}
