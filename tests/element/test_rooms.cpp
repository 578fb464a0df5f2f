// roomserver and roomclient, each with a host without media, and peers that speak the protocol.
#include "signaling/room/roomclient.hpp"
#include "signaling/room/roomserver.hpp"
#include "tests/element/serving.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/roomtalker.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

#include <tuple>

using namespace rtc;
using namespace rtc::room;
using namespace rtc::test;

namespace {

constexpr const char* sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

std::string server(const std::string& more = "") {
    return "roomserver port=0 address=127.0.0.1 " + more;
}

std::string client(const std::string& url, const std::string& more = "") {
    return "roomclient uri=" + url + " " + more;
}

void set_role(FakeHost& host, GstRtcRole role) {
    gst_rtc_signaling_set_host(host.signaling(), role, nullptr);
}

void offer(FakeHost& host, const std::string& session) {
    gst_rtc_signaling_send_description(host.signaling(), session.c_str(), GST_WEBRTC_SDP_TYPE_OFFER,
                                       sdp);
}

template <typename Content>
Content content_of(const PeerMessage& message) {
    return std::get<Content>(message.content);
}

// What gstwebrtc-api does to watch.
void a_browser_watches_the_host() {
    FakeHost host(server("peer-id=live meta=\"{\\\"name\\\":\\\"hall\\\"}\""));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    g_assert_true(url.starts_with("ws://127.0.0.1:"));
    RoomTalker viewer(url);
    viewer.send(SetPeerStatus{{.listener = true}, ""});
    g_assert_true(viewer.wait<PeerStatusChanged>().peer == viewer.id());
    viewer.send(List{});
    auto listed = viewer.wait<Producers>();
    g_assert_true((listed == Producers{{{"live", R"({"name":"hall"})"}}}));
    viewer.send(AskSession{"live", std::nullopt});
    auto started = viewer.wait<SessionStarted>();
    RTC_ASSERT_TEXT(started.peer, "live");

    auto requested = host.wait(Report::requested);
    RTC_ASSERT_TEXT(requested.session, started.session);
    RTC_ASSERT_TEXT(requested.text, viewer.id());
    g_assert_true(requested.host_offers);
    g_assert_cmpint(requested.value, ==, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    offer(host, requested.session);
    auto description = content_of<Description>(viewer.wait<PeerMessage>());
    g_assert_true(description == (Description{true, sdp}));
    gst_rtc_signaling_send_candidate(host.signaling(), requested.session.c_str(), 1, "candidate:1");
    gst_rtc_signaling_send_candidate(host.signaling(), requested.session.c_str(), 1, nullptr);
    g_assert_true(content_of<Candidate>(viewer.wait<PeerMessage>()) ==
                  (Candidate{1, "candidate:1"}));
    g_assert_true(content_of<Candidate>(viewer.wait<PeerMessage>()) == (Candidate{1, ""}));

    viewer.send(PeerMessage{started.session, Description{false, sdp}});
    auto answer = host.wait(Report::description);
    g_assert_cmpint(answer.value, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    RTC_ASSERT_TEXT(answer.text, sdp);
    viewer.send(PeerMessage{started.session, Candidate{0, "candidate:2"}});
    RTC_ASSERT_TEXT(host.wait(Report::candidate).text, "candidate:2");
    viewer.send(PeerMessage{started.session, Candidate{0, ""}});
    g_assert_true(host.wait(Report::candidate).no_more);
    viewer.send(EndSession{started.session});
    g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_HANGUP);
}

void the_host_ends_and_says_why() {
    FakeHost host(server("peer-id=live"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    RoomTalker viewer(host.start());
    viewer.send(SetProtocolVersion{Version::v1_1});
    viewer.send(AskSession{"live", "the viewer's offer"});
    auto requested = host.wait(Report::requested);
    g_assert_false(requested.host_offers);
    RTC_ASSERT_TEXT(host.wait(Report::description).text, "the viewer's offer");
    host.end(requested.session, GST_RTC_END_REASON_REJECTED, "no codec in common");
    g_assert_true(viewer.wait<EndSession>() ==
                  (EndSession{requested.session, Version::v1_1, "no codec in common"}));
    g_assert_cmpuint(host.count(Report::closed), ==, 0);
}

// A producer with nothing to send is none.
void only_a_live_host_is_a_producer() {
    FakeHost host(server("peer-id=live"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    gst_rtc_signaling_set_live(host.signaling(), FALSE);
    RoomTalker viewer(host.start());
    viewer.enter({.listener = true});
    viewer.send(List{});
    g_assert_true(viewer.wait<Producers>().peers.empty());
    viewer.send(AskSession{"live", std::nullopt});
    viewer.wait<Complaint>();
    gst_rtc_signaling_set_live(host.signaling(), TRUE);
    g_assert_true(viewer.wait<PeerStatusChanged>() ==
                  (PeerStatusChanged{"live", {.producer = true}, ""}));
    viewer.send(AskSession{"live", std::nullopt});
    auto session = viewer.wait<SessionStarted>().session;
    gst_rtc_signaling_set_live(host.signaling(), FALSE);
    RTC_ASSERT_TEXT(viewer.wait<EndSession>().session, session);
}

// What gstwebrtc-api does to publish.
void a_browser_publishes_to_the_host() {
    FakeHost host(server());
    set_role(host, GST_RTC_ROLE_CONSUMER);
    RoomTalker producer(host.start());
    producer.enter({.producer = true, .listener = true}, R"({"name":"Böb"})");
    auto start = producer.wait<StartSession>();
    auto requested = host.wait(Report::requested);
    RTC_ASSERT_TEXT(requested.text, "Böb");
    g_assert_false(requested.host_offers);
    g_assert_cmpint(requested.value, ==, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    producer.send(PeerMessage{start.session, Description{true, sdp}});
    host.answer(host.wait(Report::description).session, sdp);
    g_assert_true(content_of<Description>(producer.wait<PeerMessage>()) ==
                  (Description{false, sdp}));
    // The session may be over, and a new one comes while there is a producer.
    producer.send(EndSession{start.session});
    g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_HANGUP);
    auto again = producer.wait<StartSession>();
    g_assert_true(again.session != start.session);
    producer.send(SetPeerStatus{{.listener = true}, ""});
    RTC_ASSERT_TEXT(host.wait(Report::closed).session, again.session);
}

// One producer, two consumers, and a server whose host takes no part.
void clients_meet_on_a_server() {
    FakeHost host(server("wait-for-call=true"));
    set_role(host, GST_RTC_ROLE_CONSUMER);
    auto url = host.start();
    FakeHost producer(client(url, "meta=\"{\\\"name\\\":\\\"cam\\\"}\""));
    set_role(producer, GST_RTC_ROLE_PRODUCER);
    RTC_ASSERT_TEXT(producer.start(), url);
    FakeHost first(client(url)), second(client(url));
    for (auto* consumer : {&first, &second}) {
        set_role(*consumer, GST_RTC_ROLE_CONSUMER);
        consumer->start();
        auto requested = consumer->wait(Report::requested);
        RTC_ASSERT_TEXT(requested.text, "cam");
        auto asked = producer.wait(Report::requested);
        RTC_ASSERT_TEXT(asked.session, requested.session);
        g_assert_true(asked.host_offers);
        offer(producer, asked.session);
        consumer->answer(consumer->wait(Report::description).session, sdp);
        g_assert_cmpint(producer.wait(Report::description).value, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    }
    first.stop();
    g_assert_cmpint(producer.wait(Report::closed).value, ==, GST_RTC_END_REASON_HANGUP);
    producer.stop();
    g_assert_cmpint(second.wait(Report::closed).value, ==, GST_RTC_END_REASON_HANGUP);
    g_assert_cmpuint(host.count(Report::requested), ==, 0);
}

void a_producer_calls_who_waits() {
    FakeHost host(server("wait-for-call=true peer-id=recorder"));
    set_role(host, GST_RTC_ROLE_CONSUMER);
    auto url = host.start();
    FakeHost producer(client(url, "consumer-peer-id=recorder"));
    set_role(producer, GST_RTC_ROLE_PRODUCER);
    producer.start();
    auto asked = producer.wait(Report::requested);
    RTC_ASSERT_TEXT(asked.text, "recorder");
    RTC_ASSERT_TEXT(host.wait(Report::requested).session, asked.session);
}

void one_producer_of_many() {
    FakeHost host(server("producer-peer-id=nobody-yet"));
    set_role(host, GST_RTC_ROLE_CONSUMER);
    RoomTalker other(host.start());
    other.enter({.producer = true, .consumer = false});
    other.send(List{});
    g_assert_cmpuint(other.wait<Producers>().peers.size(), ==, 1);
    g_assert_cmpuint(host.count(Report::requested), ==, 0);
}

// The server ends and comes back on its port.
void a_client_comes_back() {
    FakeHost host(server("peer-id=live"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    auto port = url.substr(url.rfind(':') + 1);
    g_object_set(host.signaling(), "port", guint(std::stoul(port)), nullptr);
    FakeHost consumer(client(url, "retry-limit=500"));
    set_role(consumer, GST_RTC_ROLE_CONSUMER);
    consumer.start();
    auto before = consumer.wait(Report::requested);
    host.stop();
    auto closed = consumer.wait(Report::closed);
    RTC_ASSERT_TEXT(closed.session, before.session);
    host.start();
    RTC_ASSERT_TEXT(consumer.next_url(), url);
    g_assert_true(consumer.wait(Report::requested).session != before.session);
}

void tokens() {
    FakeHost host(server("token=s3cret"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    g_assert_true(RoomTalker(url).failure().find("token") != std::string::npos);
    g_assert_true(RoomTalker(url, "wrong").failure().find("token") != std::string::npos);
    g_assert_true(RoomTalker(url + "?access_token=wrong").failure().find("token") !=
                  std::string::npos);
    RTC_ASSERT_TEXT(RoomTalker(url, "s3cret").failure(), "");
    RTC_ASSERT_TEXT(RoomTalker(url + "?access_token=s3cret").failure(), "");
    FakeHost good(client(url, "token=s3cret"));
    set_role(good, GST_RTC_ROLE_CONSUMER);
    RTC_ASSERT_TEXT(good.start(), url);
    good.wait(Report::requested);
}

// Where it is set, a peer goes with its token; who else is there, only those learn that may enter.
void tokens_that_are_taken_back() {
    char* name = nullptr;
    g_close(g_file_open_tmp("tokens-XXXXXX", &name, nullptr), nullptr);
    Owned<char> path{name};
    auto write = [&](const char* text) {
        g_assert_true(g_file_set_contents(path.get(), text, -1, nullptr));
    };
    write("first\nsecond\n");
    FakeHost host(server("end-with-token=true token-file=" + std::string(path.get())));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    RoomTalker first(url, "first"), second(url, "second");
    first.send(List{});
    first.wait<Producers>();
    auto http_url = "http" + url.substr(2);
    auto status = [&](const http::Fields& headers) {
        auto at = http_url.substr(0, http_url.rfind('/')) + "/status";
        return std::string(fetch({"GET", at, headers}).text());
    };
    auto nobody = [](const std::string& text) {
        return text.find("\"peers\":[]") != std::string::npos;
    };
    g_assert_true(nobody(status({})));
    g_assert_false(nobody(status({{"Authorization", "Bearer second"}})));
    write("second\n");
    first.wait_closed();
    second.send(List{});
    second.wait<Producers>();
    g_unlink(path.get());
}

// A service of one's own decides, and takes its time: what the peer says meanwhile is kept.
void another_service_decides() {
    auto judge = echo("/may");
    judge.handle = [](std::shared_ptr<http::Exchange> exchange) {
        bool granted = exchange->body().find("s3cret") != std::string::npos &&
                       exchange->body().find("join") != std::string::npos;
        exchange->respond(http::text_response(granted ? 200 : 403, "application/json", "{}"));
    };
    Serving serving(judge);
    FakeHost host(server("auth-url=" + serving.base + "/may"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    RoomTalker(url, "", false).wait_closed();
    RoomTalker good(url, "s3cret");
    good.send(List{});
    g_assert_cmpuint(good.wait<Producers>().peers.size(), ==, 1);
    RoomTalker(url, "wrong", false).wait_closed();
    // Nobody hears of those who were not let in.
    g_assert_cmpuint(host.count(Report::requested), ==, 0);
}

void hostile_peers() {
    FakeHost host(server("rate-limit=5 max-message-size=2000 peer-id=live"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    RoomTalker bystander(url);
    {
        RoomTalker peer(url);
        for (auto* text : {"nonsense", "{\"type\":\"fly\"}", "[[[[[[[["}) {
            peer.send(text);
            g_assert_false(peer.wait<Complaint>().details.empty());
        }
        peer.send("{\"type\":\"" + std::string(3000, 'x') + "\"}");
        peer.wait_closed();
    }
    {
        RoomTalker peer(url);
        for (int i = 0; i < 30; i++)
            peer.send(List{});
        peer.wait_closed();
    }
    // Others are served as before, and pages and /status are there.
    bystander.send(List{});
    g_assert_cmpuint(bystander.wait<Producers>().peers.size(), ==, 1);
    auto http_url = "http" + url.substr(2);
    auto status = fetch({"GET", http_url.substr(0, http_url.rfind('/')) + "/status"});
    g_assert_cmpuint(status.status, ==, 200);
    g_assert_true(status.text().find("\"kind\":\"room\"") != std::string_view::npos);
}

void limits() {
    FakeHost host(server("max-peers=2 peer-id=live")); // itself and another one
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    RoomTalker first(url);
    g_assert_true(RoomTalker(url).failure().find("503") != std::string::npos);
    FakeHost narrow(server("max-peers-per-address=1 max-sessions=1 peer-id=live"));
    set_role(narrow, GST_RTC_ROLE_PRODUCER);
    auto other = narrow.start();
    RoomTalker peer(other);
    g_assert_true(RoomTalker(other).failure().find("503") != std::string::npos);
    peer.send(AskSession{"live", std::nullopt});
    peer.wait<SessionStarted>();
    peer.send(AskSession{"live", std::nullopt});
    g_assert_true(peer.wait<Complaint>().details.find("too many") != std::string::npos);
}

// One client may have all of a /64.
void peers_are_counted_by_network() {
    FakeHost host(server("max-peers-per-address=1 trusted-proxies=127.0.0.0/8 peer-id=live"));
    set_role(host, GST_RTC_ROLE_PRODUCER);
    auto url = host.start();
    auto start = url.find("://") + 3;
    auto path = url.substr(url.find('/', start));
    std::vector<std::unique_ptr<RawClient>> peers;
    auto enter = [&](const char* address) {
        peers.push_back(std::make_unique<RawClient>("http://" + url.substr(start)));
        peers.back()->send("GET " + path +
                           " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           "X-Forwarded-For: " +
                           address + "\r\n\r\n");
        return peers.back()->read_head().substr(9, 3);
    };
    RTC_ASSERT_TEXT(enter("2001:db8:0:1::1"), "101");
    peers.back()->read_until("\"welcome\"");
    RTC_ASSERT_TEXT(enter("2001:db8:0:1::2"), "503");
    RTC_ASSERT_TEXT(enter("2001:db8:0:2::1"), "101");
}

void settings_that_make_no_sense() {
    const std::tuple<const char*, GstRtcRole, const char*> rows[] = {
        {"roomserver port=0 meta=hall", GST_RTC_ROLE_PRODUCER, "meta"},
        {"roomserver port=0 token=a token-file=b", GST_RTC_ROLE_PRODUCER, "set one of them"},
        {"roomserver port=0 path=room", GST_RTC_ROLE_PRODUCER, "\"room\""},
        {"roomserver port=0", GST_RTC_ROLE_BOTH, "one element for each"},
        {"roomserver port=0 wait-for-call=true", GST_RTC_ROLE_PRODUCER, "consumers"},
        {"roomserver port=0 consumer-peer-id=x", GST_RTC_ROLE_CONSUMER, "producers"},
        {"roomclient uri=http://127.0.0.1", GST_RTC_ROLE_CONSUMER, "ws://"},
        {"roomclient uri=nonsense", GST_RTC_ROLE_CONSUMER, "URL"},
        {"roomclient uri=ws://user:secret@127.0.0.1", GST_RTC_ROLE_CONSUMER, "token"},
        {"roomclient tls-ca-file=/nonexistent.pem", GST_RTC_ROLE_CONSUMER, "/nonexistent.pem"},
    };
    for (const auto& [element, role, words] : rows) {
        FakeHost host(element);
        set_role(host, role);
        host.start();
        g_test_message("%s: %s", element, host.error().c_str());
        g_assert_true(host.error().find(words) != std::string::npos);
        g_assert_true(host.error().find("secret") == std::string::npos);
    }
}

// A room on the port of another element, at its own path.
void rooms_share_a_server() {
    FakeHost one(server("path=/one peer-id=a"));
    set_role(one, GST_RTC_ROLE_PRODUCER);
    auto url = one.start();
    g_assert_true(url.ends_with("/one"));
    g_assert_cmpuint(fetch({"GET", "http" + url.substr(2)}).status, ==, 426);
    RoomTalker peer(url + "/below");
    peer.send(List{});
    g_assert_cmpuint(peer.wait<Producers>().peers.size(), ==, 1);
    auto nowhere = url.substr(0, url.rfind('/')) + "/two";
    g_assert_false(RoomTalker(nowhere).failure().empty());
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(roomserver, nullptr);
    GST_ELEMENT_REGISTER(roomclient, nullptr);
    g_test_add_func("/rooms/watch", a_browser_watches_the_host);
    g_test_add_func("/rooms/end", the_host_ends_and_says_why);
    g_test_add_func("/rooms/live", only_a_live_host_is_a_producer);
    g_test_add_func("/rooms/publish", a_browser_publishes_to_the_host);
    g_test_add_func("/rooms/clients", clients_meet_on_a_server);
    g_test_add_func("/rooms/call", a_producer_calls_who_waits);
    g_test_add_func("/rooms/one-producer", one_producer_of_many);
    g_test_add_func("/rooms/reconnect", a_client_comes_back);
    g_test_add_func("/rooms/tokens", tokens);
    g_test_add_func("/rooms/tokens-taken-back", tokens_that_are_taken_back);
    g_test_add_func("/rooms/auth-url", another_service_decides);
    g_test_add_func("/rooms/hostile", hostile_peers);
    g_test_add_func("/rooms/limits", limits);
    g_test_add_func("/rooms/limits-by-network", peers_are_counted_by_network);
    g_test_add_func("/rooms/settings", settings_that_make_no_sense);
    g_test_add_func("/rooms/paths", rooms_share_a_server);
    return g_test_run();
}
