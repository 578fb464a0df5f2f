// The server's side of WHIP and WHEP: ICE restarts, offers of the host, events, layers.
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/offer.hpp"
#include "tests/support/sametext.hpp"
#include "tests/unit/resource_fixture.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

const std::string restart_body = "a=ice-ufrag:other\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
                                 "m=audio 9 x 0\r\na=mid:0\r\na=" +
                                 candidate + "\r\n";

Config whep(bool host_offers = false) {
    Config config;
    config.kind = Kind::whep;
    config.path = "/whep";
    config.host_offers = host_offers;
    return config;
}

http::Head patch(const std::string& path, const char* if_match) {
    auto request = head("PATCH", path, fragment_type);
    request.headers.emplace_back("If-Match", if_match);
    return request;
}

// RFC 9725 section 4.3.3.
void ice_restarts() {
    Fixture f;
    auto path = f.open();
    auto commands = f.ask(patch(path, "*"), restart_body);
    g_assert_cmpuint(commands.size(), ==, 1);
    auto& given = std::get<GiveDescription>(commands[0]);
    g_assert_cmpint(given.type, ==, GST_WEBRTC_SDP_TYPE_OFFER);
    auto offer = std::get<Offer>(read_offer(Kind::whip, given.sdp));
    g_assert_true(offer.ufrags == std::set<std::string>{"other"});
    g_assert_true(given.sdp.find(candidate.substr(10)) != std::string::npos);
    // One at a time.
    auto ticket = f.ticket;
    g_assert_cmpuint(f.reply(patch(path, "*"), "a=ice-ufrag:third\r\na=ice-pwd:"
                                               "abcdefghijklmnopqrstuvwx\r\na=mid:0\r\n")
                         .status,
                     ==, 409);
    auto answered = f.resource.answer(f.session, make_offer("recvonly"));
    auto& reply = std::get<Reply>(answered[0]);
    g_assert_cmpuint(reply.ticket, ==, ticket);
    g_assert_cmpuint(reply.response.status, ==, 200);
    RTC_ASSERT_TEXT(reply.response.content_type, fragment_type);
    auto fragment = parse_fragment(reply.response.text());
    g_assert_true(fragment && fragment->ufrag == offer_ufrag && !fragment->password.empty());
    g_assert_true(reply.response.header("ETag") != f.etag);
    g_assert_cmpuint(f.reply(patch(path, f.etag.c_str()), "a=mid:0\r\n").status, ==, 412);
    // Candidates of the new generation are taken, without an ETag.
    auto more = f.reply(head("PATCH", path, fragment_type),
                        "a=ice-ufrag:other\r\na=mid:0\r\na=" + candidate + "\r\n");
    g_assert_cmpuint(more.status, ==, 204);
    g_assert_true(more.header("ETag").empty());
}

void restarts_that_come_to_nothing() {
    Fixture f;
    auto path = f.open();
    g_assert_cmpuint(f.reply(patch(path, "*"), "a=ice-ufrag:other\r\na=mid:0\r\n").status, ==, 422);
    f.ask(patch(path, "*"), restart_body, {}, start);
    auto commands = f.resource.advance(start + 1h);
    g_assert_cmpuint(commands.size(), ==, 1);
    g_assert_cmpuint(f.reply_in(commands).status, ==, 504);
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
    // The client that asked is gone: the session isn't.
    f.ask(patch(path, "*"),
          "a=ice-ufrag:more\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=mid:0\r\n");
    g_assert_true(f.resource.disconnected(f.ticket).empty());
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
}

void the_host_offers() {
    Fixture f(whep(true));
    auto commands = f.ask(post("/whep"), make_offer("recvonly"));
    auto& started = std::get<StartSession>(commands[0]);
    g_assert_true(started.offer.empty());
    auto id = started.session;
    auto response = f.reply_in(f.resource.offer(id, make_offer("sendonly"), start));
    g_assert_cmpuint(response.status, ==, 406);
    RTC_ASSERT_TEXT(response.content_type, "application/sdp");
    g_assert_true(response.text() == make_offer("sendonly"));
    g_assert_true(response.header("Cache-Control") == "max-age=10");
    auto path = Fixture::path_in(response);
    g_assert_cmpuint(f.reply(head("PATCH", path, "application/json"), "{}").status, ==, 415);
    g_assert_cmpuint(f.reply(head("PATCH", path, "application/sdp"), "garbage").status, ==, 400);
    auto answer = make_offer("recvonly");
    for (size_t at; (at = answer.find("actpass")) != answer.npos;)
        answer.replace(at, 7, "active");
    auto patched = f.ask(head("PATCH", path, "application/sdp"), answer);
    g_assert_cmpuint(f.reply_in(patched).status, ==, 204);
    auto& given = *find<GiveDescription>(patched);
    g_assert_cmpint(given.type, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    RTC_ASSERT_TEXT(given.sdp, answer);
    // Once.
    g_assert_cmpuint(f.reply(head("PATCH", path, "application/sdp"), answer).status, ==, 415);
    auto trickled = f.ask(head("PATCH", path, fragment_type), "a=mid:0\r\na=" + candidate + "\r\n");
    g_assert_nonnull(find<GiveCandidate>(trickled));
}

void an_offer_that_nobody_answers() {
    Fixture f(whep(true));
    auto id = std::get<StartSession>(f.ask(post("/whep"), make_offer("recvonly"))[0]).session;
    auto path = Fixture::path_in(f.reply_in(f.resource.offer(id, make_offer("sendonly"), start)));
    g_assert_true(f.resource.deadline() == start + 10s);
    auto commands = f.resource.advance(start + 10s);
    RTC_ASSERT_TEXT(find<CloseSession>(commands)->session, id);
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 404);
}

// The stream of a subscription to these events.
std::string subscribe(Fixture& f, const std::string& path, const char* events, Commands* first) {
    auto response = f.reply(head("POST", path + "/events", "application/json"), events);
    g_assert_cmpuint(response.status, ==, 201);
    auto commands = f.ask(head("GET", Fixture::path_in(response)));
    if (first)
        *first = commands;
    return std::get<OpenStream>(commands[0]).stream;
}

void events_are_announced() {
    Fixture f(whep());
    f.view();
    std::string links;
    for (const auto& [name, value] : f.opened.headers)
        links += name == "Link" ? value : "";
    g_assert_true(links.find("/events>; rel=\"urn:ietf:params:whep:ext:core:server-sent-events\"; "
                             "events=\"active,inactive,layers,viewercount,reconnect\"") !=
                  links.npos);
    Fixture other;
    auto path = other.open();
    g_assert_cmpuint(other.reply(head("POST", path + "/events"), "").status, ==, 404);
}

void a_viewer_hears_of_others() {
    Fixture f(whep());
    auto path = f.view();
    auto first_session = f.session;
    Commands first;
    auto stream = subscribe(f, path, R"(["viewercount","active"])", &first);
    g_assert_cmpuint(first.size(), ==, 3);
    RTC_ASSERT_TEXT(std::get<Emit>(first[1]).event, "active");
    RTC_ASSERT_TEXT(std::get<Emit>(first[2]).data, "{\"viewercount\":1}");
    f.view();
    g_assert_true(f.resource.deadline().has_value());
    auto told = f.resource.advance(start + 500ms);
    g_assert_cmpuint(told.size(), ==, 1);
    RTC_ASSERT_TEXT(std::get<Emit>(told[0]).stream, stream);
    RTC_ASSERT_TEXT(std::get<Emit>(told[0]).data, "{\"viewercount\":2}");
    f.resource.end(f.session, GST_RTC_END_REASON_LOST, "");
    told = f.resource.advance(start + 5s);
    RTC_ASSERT_TEXT(std::get<Emit>(told[0]).data, "{\"viewercount\":1}");
    g_assert_true(f.resource.live_changed(false).empty()); // it didn't ask for that
    told = f.resource.live_changed(true);
    RTC_ASSERT_TEXT(std::get<Emit>(told[0]).event, "active");
    g_assert_true(f.resource.live_changed(true).empty());
    // All streams end with the session.
    auto ended = f.resource.end(first_session, GST_RTC_END_REASON_LOST, "");
    RTC_ASSERT_TEXT(std::get<CloseStream>(ended[0]).stream, stream);
}

void event_streams_begin_and_end() {
    Fixture f(whep());
    auto path = f.view();
    for (const char* bad : {"{}", "[", "[1]", "[\"nonsense\"]", "[]"})
        g_assert_cmpuint(f.reply(head("POST", path + "/events"), bad).status, ==, 400);
    auto stream = subscribe(f, path, "", nullptr);
    auto url = path + "/events/1";
    g_assert_cmpuint(f.reply(head("GET", url)).status, ==, 409); // it is read already
    f.resource.stream_gone(stream);
    g_assert_nonnull(find<OpenStream>(f.ask(head("GET", url))));
    auto removed = f.ask(head("DELETE", url));
    g_assert_cmpuint(f.reply_in(removed).status, ==, 200);
    RTC_ASSERT_TEXT(find<CloseStream>(removed)->stream, stream);
    g_assert_cmpuint(f.reply(head("GET", url)).status, ==, 404);
    for (int i = 0; i < 4; i++)
        subscribe(f, path, "", nullptr);
    g_assert_cmpuint(f.reply(head("POST", path + "/events"), "").status, ==, 503);
    g_assert_cmpuint(f.reply(head("PATCH", path + "/events"), "").status, ==, 405);
    auto stopped = f.resource.stop();
    RTC_ASSERT_TEXT(find<Emit>(stopped)->event, "reconnect");
}

void layers_are_chosen() {
    Fixture f(whep());
    auto commands = f.ask(post("/whep"), make_offer("recvonly"));
    auto id = std::get<StartSession>(commands.back()).session;
    std::vector<Layer> layers{{"hd", 1280, 720, 2500000}, {"sd", 0, 0, 600000}};
    g_assert_true(f.resource.layers_changed(id, 1, layers).empty());
    auto path = f.answered(id);
    bool announced = false;
    for (const auto& [name, value] : f.opened.headers)
        announced = announced || value.find("whep:ext:core:layer\"") != value.npos;
    g_assert_true(announced);
    Commands first;
    subscribe(f, path, R"(["layers"])", &first);
    RTC_ASSERT_TEXT(std::get<Emit>(first[1]).data,
                    R"({"1":{"active":[{"id":"hd","bitrate":2500000,"width":1280,"height":720},)"
                    R"({"id":"sd","bitrate":600000}],)"
                    R"("layers":[{"encodingId":"hd","bitrate":2500000,"width":1280,"height":720},)"
                    R"({"encodingId":"sd","bitrate":600000}]}})");
    auto url = path + "/layer";
    for (const char* body : {R"({"mediaId":"1","encodingId":"sd"})", R"({"rid":"sd"})"}) {
        auto chosen = f.ask(head("POST", url), body);
        g_assert_cmpuint(f.reply_in(chosen).status, ==, 200);
        auto& select = *find<SelectLayer>(chosen);
        g_assert_true(select.session == id && select.wish.mline == 1 && select.wish.layer == "sd");
    }
    g_assert_true(find<SelectLayer>(f.ask(head("POST", url), "{}"))->wish.layer.empty());
    for (const char* body : {R"({"encodingId":"uhd"})", R"({"mediaId":"0","encodingId":"sd"})",
                             R"({"mediaId":"7"})", "garbage", "[]"})
        g_assert_cmpuint(f.reply(head("POST", url), body).status, ==, 422);
    // Said once; and a choice of one is none.
    g_assert_true(f.resource.layers_changed(id, 1, layers).empty());
    auto changed = f.resource.layers_changed(id, 1, {{"hd", 0, 0, 1}});
    RTC_ASSERT_TEXT(std::get<Emit>(changed.at(0)).data, "{}");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/resource-extensions/restart", ice_restarts);
    g_test_add_func("/resource-extensions/no-restart", restarts_that_come_to_nothing);
    g_test_add_func("/resource-extensions/offer", the_host_offers);
    g_test_add_func("/resource-extensions/offer-timeout", an_offer_that_nobody_answers);
    g_test_add_func("/resource-extensions/events", events_are_announced);
    g_test_add_func("/resource-extensions/viewers", a_viewer_hears_of_others);
    g_test_add_func("/resource-extensions/streams", event_streams_begin_and_end);
    g_test_add_func("/resource-extensions/layers", layers_are_chosen);
    return g_test_run();
}
