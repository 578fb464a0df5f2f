// draft-ietf-wish-whep, requirement by requirement, against a whepserver: what it has on top of
// WHIP.
#include "signaling/whip/fragment.hpp"
#include "tests/element/conformance.hpp"

#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

const std::string whepserver = "whepserver address=127.0.0.1 port=0 ";

struct Watched {
    explicit Watched(const std::string& properties = "")
        : host(whepserver + properties)
        , url(host.start()) {
        answer_all(host);
    }
    http::Response view() {
        auto response = fetch(post_offer(url, "recvonly"));
        g_assert_cmpuint(response.status, ==, 201);
        return response;
    }
    FakeHost host;
    std::string url;
};

struct Publisher : Live {
    Publisher()
        : Live("videotestsrc is-live=true ! rtcsink signaling=\"" + whepserver + "\"") {}
    http::Response view() {
        http::Response response;
        // 409 until the first frame is there.
        auto deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
        do {
            g_assert_cmpint(g_get_monotonic_time(), <, deadline);
            response =
                fetch({"POST", url, {}, "application/sdp", recorded_offer("chromium-recvonly")});
        } while (response.status == 409);
        return response;
    }
};

void sendonly_answer() {
    Publisher publisher;
    auto response = publisher.view();
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_true(has(response.text(), "a=sendonly"));
    g_assert_false(has(response.text(), "a=sendrecv") || has(response.text(), "a=recvonly"));
}

void early_restart() {
    Publisher publisher;
    check_restart(publisher.view());
}

void wrong_direction() {
    Watched w;
    g_assert_cmpuint(fetch(post_offer(w.url, "sendonly")).status, ==, 422);
    g_assert_cmpuint(fetch(post_offer(w.url, "sendrecv")).status, ==, 201);
}

void nothing_live() {
    Watched w;
    gst_rtc_signaling_set_live(w.host.signaling(), FALSE);
    auto response = fetch(post_offer(w.url, "recvonly"));
    g_assert_cmpuint(response.status, ==, 409);
    g_assert_cmpuint(std::stoul(std::string(response.header("Retry-After"))), >, 0);
    g_assert_cmpuint(fetch({"HEAD", w.url}).status, ==, 200);
}

void counter_offer() {
    FakeHost host(whepserver + "offer=true");
    auto url = host.start();
    auto later = fetch_later(post_offer(url, "recvonly"));
    auto session = host.wait(Report::requested).session;
    gst_rtc_signaling_send_description(host.signaling(), session.c_str(), GST_WEBRTC_SDP_TYPE_OFFER,
                                       make_offer("sendonly").c_str());
    auto response = later.get();
    g_assert_cmpuint(response.status, ==, 406);
    g_assert_true(response.content_type == "application/sdp");
    g_assert_true(response.text() == make_offer("sendonly"));
    std::string location(response.header("Location"));
    g_assert_cmpuint(host.count(Report::description), ==, 0);
    auto answer = make_offer("recvonly");
    for (size_t at; (at = answer.find("actpass")) != answer.npos;)
        answer.replace(at, 7, "active");
    g_assert_cmpuint(fetch({"PATCH", location, {}, "application/sdp", answer}).status, ==, 204);
    g_assert_cmpint(host.wait(Report::description).value, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    auto trickle = "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n";
    g_assert_cmpuint(fetch({"PATCH", location, {}, whip::fragment_type, trickle}).status, ==, 204);
}

void counter_offer_expires() {
    FakeHost host(whepserver + "offer=true offer-timeout=50");
    auto url = host.start();
    auto later = fetch_later(post_offer(url, "recvonly"));
    auto session = host.wait(Report::requested).session;
    gst_rtc_signaling_send_description(host.signaling(), session.c_str(), GST_WEBRTC_SDP_TYPE_OFFER,
                                       make_offer("sendonly").c_str());
    std::string location(later.get().header("Location"));
    g_assert_cmpint(host.wait(Report::closed).value, ==, GST_RTC_END_REASON_TIMEOUT);
    g_assert_cmpuint(fetch({"GET", location}).status, ==, 404);
}

// A player that can't take offers asks again and again.
void counter_offers_do_not_pile_up() {
    FakeHost host(whepserver + "offer=true max-sessions=6");
    auto url = host.start();
    std::vector<std::string> locations;
    for (int i = 0; i < 20; i++) {
        auto later = fetch_later(post_offer(url, "recvonly"));
        host.offer(host.wait(Report::requested).session, make_offer("sendonly"));
        auto response = later.get();
        g_assert_cmpuint(response.status, ==, 406);
        locations.emplace_back(response.header("Location"));
    }
    g_assert_cmpuint(host.count(Report::closed), ==, 16);
    for (size_t i = 0; i < locations.size(); i++)
        g_assert_cmpuint(fetch({"GET", locations[i]}).status, ==, i < 16 ? 404 : 200);
}

// The URL of the 201's Link with that relation, "" where there is none.
std::string linked(const http::Response& opened, const std::string& relation) {
    for (const auto& link : links_of(opened))
        if (has(link, ("rel=\"" + relation + "\"").c_str()))
            return link.substr(1, link.find('>') - 1);
    return "";
}

std::string events_url(const http::Response& opened) {
    auto url = linked(opened, "urn:ietf:params:whep:ext:core:server-sent-events");
    g_assert_cmpstr(url.c_str(), !=, "");
    return url;
}

void events_announced() {
    Watched w;
    auto opened = w.view();
    g_assert_true(events_url(opened).starts_with(w.url + "/"));
    bool named = false;
    for (const auto& link : links_of(opened))
        named = named || has(link, "events=\"active,inactive,layers,viewercount,reconnect\"");
    g_assert_true(named);
}

struct Listening {
    Listening(Watched& w, const std::string& names)
        : opened(w.view()) {
        auto created = fetch({"POST", events_url(opened), {}, "application/json", names});
        g_assert_cmpuint(created.status, ==, 201);
        location = created.header("Location");
        client.emplace(location);
        auto path = location.substr(location.find('/', 8));
        client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        head = client->read_head();
    }
    http::Response opened;
    std::string location, head;
    std::optional<RawClient> client;
};

void event_stream() {
    Watched w;
    Listening l(w, R"(["active","inactive","viewercount","reconnect"])");
    g_assert_true(l.head.starts_with("HTTP/1.1 200 "));
    g_assert_true(has(l.head, "Content-Type: text/event-stream"));
    l.client->read_until("event: active\ndata: {}\n\n");
    l.client->read_until("event: viewercount\ndata: {\"viewercount\":1}\n\n");
    auto second = w.view();
    l.client->read_until("data: {\"viewercount\":2}\n\n");
    fetch({"DELETE", std::string(second.header("Location"))});
    l.client->read_until("data: {\"viewercount\":1}\n\n");
    gst_rtc_signaling_set_live(w.host.signaling(), FALSE);
    l.client->read_until("event: inactive\n");
    gst_rtc_signaling_set_live(w.host.signaling(), TRUE);
    l.client->read_until("event: active\n");
    w.host.stop();
    l.client->read_until("event: reconnect\n");
    l.client->read_all();
}

void event_stream_ends() {
    Watched w;
    Listening l(w, "");
    g_assert_cmpuint(fetch({"DELETE", l.location}).status, ==, 200);
    l.client->read_until("0\r\n\r\n");
    g_assert_cmpuint(fetch({"GET", l.location}).status, ==, 404);
    Listening other(w, "");
    fetch({"DELETE", std::string(other.opened.header("Location"))});
    other.client->read_until("0\r\n\r\n");
    g_assert_cmpuint(fetch({"GET", other.location}).status, ==, 404);
}

void layers() {
    FakeHost host(whepserver);
    auto url = host.start();
    host.on_offer([&](const std::string& session) {
        Owned<GstStructure> choice(gst_structure_from_string(
            "layers, 0=(structure)[layer, bitrate=(uint)2500000, height=(uint)720], "
            "1=(structure)[layer, bitrate=(uint)600000, height=(uint)360]",
            nullptr));
        gst_rtc_signaling_set_layers(host.signaling(), session.c_str(), 0, choice.get());
        host.answer(session, make_offer("sendonly"));
    });
    auto opened = fetch(post_offer(url, "recvonly"));
    g_assert_cmpuint(opened.status, ==, 201);
    auto at = linked(opened, "urn:ietf:params:whep:ext:core:layer");
    g_assert_true(at.starts_with(std::string(opened.header("Location")) + "/"));
    auto choose = [&](const std::string& body) {
        return fetch({"POST", at, {}, "application/json", body}).status;
    };
    g_assert_cmpuint(choose(R"({"mediaId":"0","encodingId":"1"})"), ==, 200);
    auto chosen = host.wait(Report::layer);
    g_assert_cmpint(chosen.value, ==, 0);
    g_assert_cmpstr(chosen.text.c_str(), ==, "1");
    g_assert_cmpuint(choose("{}"), ==, 200);
    g_assert_true(host.wait(Report::layer).no_more);
    g_assert_cmpuint(choose(R"({"encodingId":"2"})"), ==, 422);
    // An encoding alone is no choice, and says nothing of one.
    Watched w;
    RTC_ASSERT_TEXT(linked(w.view(), "urn:ietf:params:whep:ext:core:layer"), "");
}

void layer_events() {
    Watched w;
    Listening l(w, R"(["layers"])");
    Owned<GstStructure> choice(gst_structure_from_string(
        "layers, 0=(structure)[layer, bitrate=(uint)9], 1=(structure)[layer, bitrate=(uint)7]",
        nullptr));
    auto session = w.host.wait(Report::requested).session;
    gst_rtc_signaling_set_layers(w.host.signaling(), session.c_str(), 0, choice.get());
    l.client->read_until("event: layers\ndata: {\"0\":{\"active\":[{\"id\":\"0\",\"bitrate\":9},"
                         "{\"id\":\"1\",\"bitrate\":7}],\"layers\":[{\"encodingId\":\"0\"");
}

void rooms() {
    Watched w("path=/whep/{room}");
    g_assert_true(w.url.ends_with("/whep/{room}"));
    auto base = w.url.substr(0, w.url.rfind('/'));
    auto opened = fetch(post_offer(base + "/hall", "recvonly"));
    g_assert_cmpuint(opened.status, ==, 201);
    g_assert_true(opened.header("Location").starts_with(base + "/hall/"));
    g_assert_cmpuint(fetch(post_offer(base, "recvonly")).status, ==, 404);
}

const Row rows[] = {
    {"sendonly", "draft-ietf-wish-whep 4.2", "the answer is sendonly", sendonly_answer},
    {"early-restart", "RFC 9725 4.3.3", "an ICE restart before there is a network path: 200",
     early_restart},
    {"direction", "draft-ietf-wish-whep 4.2", "offers are recvonly or sendrecv, else 4xx",
     wrong_direction},
    {"not-live", "draft-ietf-wish-whep 4.2",
     "no publisher: 409 with Retry-After; HEAD is 200 still", nothing_live},
    {"counter-offer", "draft-ietf-wish-whep 4.2",
     "a counter-offer: 406, application/sdp, Location; PATCH of the answer: 204", counter_offer},
    {"counter-offer-expires", "draft-ietf-wish-whep 4.2",
     "a counter-offer that nobody answers ends", counter_offer_expires},
    {"counter-offers-pile-up", "real peers",
     "counter-offers that a player does not take up: four of an address at most, the latest",
     counter_offers_do_not_pile_up},
    {"events-link", "events extension", "announced in the 201, with the names of the events",
     events_announced},
    {"events", "events extension",
     "POST of a list: 201, Location; GET: active, inactive, viewercount, reconnect", event_stream},
    {"events-end", "events extension",
     "DELETE, and the end of the session, end the stream; 404 from then on", event_stream_ends},
    {"layers-event", "layer extension", "the event layers tells what there is to choose from",
     layer_events},
    {"layers", "layer extension",
     "announced in the 201 where there is a choice; POST of one: 200, of none that is there: 422",
     layers},
    {"rooms", "beside it", "a path with rooms has an endpoint for each", rooms},
};

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    return run_rows(argc, argv, "whep", rows);
}
