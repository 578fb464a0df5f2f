// The server's side of WHIP and WHEP: rooms, several publishers, a server that is full.
#include "tests/support/sametext.hpp"
#include "tests/unit/resource_fixture.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

Config rooms(Takeover takeover = Takeover::many) {
    Config config;
    config.path = "/whip/{room}";
    config.takeover = takeover;
    return config;
}

void paths() {
    Path plain("/live/whip"), with_rooms("/whip/{room}");
    RTC_ASSERT_TEXT(plain.base(), "/live/whip");
    RTC_ASSERT_TEXT(with_rooms.base(), "/whip");
    RTC_ASSERT_TEXT(with_rooms.endpoint("hall"), "/whip/hall");
    g_assert_true(plain.find("/live/whip")->secret.empty());
    auto place = with_rooms.find("/whip/hall/5ec/events/1");
    g_assert_true(place && place->room == "hall" && place->secret == "5ec" &&
                  place->part == "events/1");
    for (const char* bad : {"/whip", "/whip/", "/whip//", "/whip/.h", "/whip/a b", "/whip/hall/",
                            "/whip/hall//events", "/whipx/hall", "/whip/h\xc3\xb6rsaal"})
        g_assert_false(with_rooms.find(bad).has_value());
    g_assert_false(plain.find("/live/whipper").has_value());
    g_assert_true(is_room_name(std::string(64, 'r')));
    g_assert_false(is_room_name(std::string(65, 'r')));
}

void each_room_has_its_endpoint() {
    Fixture f(rooms());
    auto commands = f.ask(post("/whip/hall"), make_offer("sendonly"));
    auto& started = std::get<StartSession>(commands[0]);
    RTC_ASSERT_TEXT(started.room, "hall");
    RTC_ASSERT_TEXT(started.peer, "hall");
    auto path = f.answered(started.session);
    g_assert_true(path.starts_with("/whip/hall/"));
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
    // The same secret in another room is nothing.
    auto elsewhere = path;
    elsewhere.replace(6, 4, "yard");
    g_assert_cmpuint(f.reply(head("DELETE", elsewhere)).status, ==, 404);
    g_assert_cmpuint(f.reply(post("/whip"), make_offer("sendonly")).status, ==, 404);
    g_assert_cmpuint(f.reply(post("/whip/.."), make_offer("sendonly")).status, ==, 404);
    RTC_ASSERT_TEXT(f.resource.peers()[0].room, "hall");
    RTC_ASSERT_TEXT(f.resource.endpoint_of(path), "/whip/hall");
}

void a_second_publisher_is_refused() {
    Fixture f(rooms(Takeover::reject));
    auto first = std::get<StartSession>(f.ask(post("/whip/a"), make_offer("sendonly"))[0]);
    auto refused = f.reply(post("/whip/a"), make_offer("sendonly"));
    g_assert_cmpuint(refused.status, ==, 409);
    g_assert_false(refused.header("Retry-After").empty());
    g_assert_nonnull(find<StartSession>(f.ask(post("/whip/b"), make_offer("sendonly"))));
    f.resource.end(first.session, GST_RTC_END_REASON_LOST, "");
    g_assert_nonnull(find<StartSession>(f.ask(post("/whip/a"), make_offer("sendonly"))));
}

void a_second_publisher_takes_over() {
    auto config = rooms(Takeover::replace);
    config.max_sessions = 2;
    config.max_sessions_per_address = 2;
    Fixture f(config);
    auto first = std::get<StartSession>(f.ask(post("/whip/a"), make_offer("sendonly"))[0]);
    auto path = f.answered(first.session);
    auto other = std::get<StartSession>(f.ask(post("/whip/b"), make_offer("sendonly"))[0]);
    // What can't be used takes nothing over.
    g_assert_cmpuint(f.reply(post("/whip/a"), "garbage").status, ==, 400);
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 200);
    auto commands = f.ask(post("/whip/a"), make_offer("sendonly"));
    g_assert_cmpuint(commands.size(), ==, 2);
    RTC_ASSERT_TEXT(std::get<CloseSession>(commands[0]).session, first.session);
    g_assert_nonnull(find<StartSession>(commands));
    g_assert_cmpuint(f.reply(head("GET", path)).status, ==, 404);
    // The one that waits still is told.
    auto third = f.ask(post("/whip/a"), make_offer("sendonly"));
    g_assert_cmpuint(third.size(), ==, 3);
    g_assert_cmpuint(std::get<Reply>(third[1]).response.status, ==, 409);
    g_assert_false(f.resource.answer(other.session, make_answer()).empty());
}

// RFC 9725 section 4.5.
void full_servers_send_elsewhere() {
    auto config = rooms();
    config.max_sessions = 1;
    config.overflow_url = "https://second.example";
    Fixture f(config);
    f.ask(post("/whip/a"), make_offer("sendonly"));
    auto request = post("/whip/a");
    request.query = {{"name", "B&b"}};
    auto response = f.reply(request, make_offer("sendonly"));
    g_assert_cmpuint(response.status, ==, 307);
    g_assert_true(response.header("Location") == "https://second.example/whip/a?name=B%26b");
}

void who_began_it_goes_on() {
    Fixture f;
    auto commands = f.ask(post(), make_offer("sendonly"), {}, start, {"Bob", "t0ken"});
    auto& started = std::get<StartSession>(commands[0]);
    RTC_ASSERT_TEXT(started.peer, "Bob");
    auto path = f.answered(started.session);
    g_assert_true(f.resource.is_own(path, "t0ken"));
    g_assert_false(f.resource.is_own(path, "other"));
    g_assert_false(f.resource.is_own("/whip", "t0ken"));
    auto open = f.open();
    g_assert_false(f.resource.is_own(open, ""));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/resource-rooms/paths", paths);
    g_test_add_func("/resource-rooms/endpoints", each_room_has_its_endpoint);
    g_test_add_func("/resource-rooms/reject", a_second_publisher_is_refused);
    g_test_add_func("/resource-rooms/replace", a_second_publisher_takes_over);
    g_test_add_func("/resource-rooms/overflow", full_servers_send_elsewhere);
    g_test_add_func("/resource-rooms/own", who_began_it_goes_on);
    return g_test_run();
}
