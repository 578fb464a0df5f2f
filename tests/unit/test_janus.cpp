// The client of Janus, message by message.
#include "signaling/janus/janus.hpp"
#include "tests/support/sametext.hpp"

#include <algorithm>

using namespace rtc;
using namespace rtc::janus;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    explicit Fixture(Config config = {})
        : janus(
              config, [] { return 1.0; }, [this] { return "t" + std::to_string(++ids); }) {}

    template <typename T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& command : last)
            if (auto* one = std::get_if<T>(&command))
                found.push_back(*one);
        return found;
    }
    template <typename T>
    T the() const {
        auto found = all<T>();
        g_assert_cmpuint(found.size(), ==, 1);
        return found[0];
    }
    // The one request of this kind among the last commands.
    JsonValue sent(const std::string& what) const {
        for (const auto& send : all<command::Send>()) {
            auto json = JsonValue::parse(send.json);
            g_assert_true(bool(json));
            if (json->text("janus") == what)
                return *json;
        }
        g_error("there is no %s among what was sent", what.c_str());
    }
    static std::string transaction(const JsonValue& json) { return *json.text("transaction"); }
    void receive(const std::string& json) { last = janus.received(json, now); }
    void succeed(const JsonValue& request, int id) {
        receive("{\"janus\":\"success\",\"transaction\":\"" + transaction(request) +
                "\",\"data\":{\"id\":" + std::to_string(id) + "}}");
    }
    void event(int sender, const std::string& data, const std::string& jsep = "") {
        receive("{\"janus\":\"event\",\"sender\":" + std::to_string(sender) +
                ",\"plugindata\":{\"plugin\":\"p\",\"data\":" + data + "}" +
                (jsep.empty() ? "" : ",\"jsep\":" + jsep) + "}");
    }
    // With a session of Janus, 10, and the first handle, 20.
    void attach() {
        janus.set_live(true, now);
        last = janus.start();
        the<command::Connect>();
        last = janus.connected(now);
        succeed(sent("create"), 10);
        auto request = sent("attach");
        g_assert_cmpint(*request.integer("session_id"), ==, 10);
        plugin = *request.text("plugin");
        succeed(request, 20);
    }

    int ids = 0;
    Time now{};
    std::string plugin;
    Commands last;
    Janus janus;
};

std::string body_of(const JsonValue& json) {
    return json.object("body")->to_string();
}

void publishes() {
    Fixture f({.display = "me", .pin = "p", .token = "t", .api_secret = "s"});
    g_assert_true(f.janus.set_live(true, f.now).empty());
    f.attach();
    RTC_ASSERT_TEXT(f.plugin, "janus.plugin.videoroom");
    auto start = f.the<command::StartSession>();
    g_assert_cmpint(start.offerer, ==, GST_RTC_OFFERER_HOST);
    f.last = f.janus.describe(start.session, GST_WEBRTC_SDP_TYPE_OFFER, "v=0", f.now);
    auto join = f.sent("message");
    g_assert_cmpint(*join.integer("handle_id"), ==, 20);
    RTC_ASSERT_TEXT(*join.text("token"), "t");
    RTC_ASSERT_TEXT(*join.text("apisecret"), "s");
    RTC_ASSERT_TEXT(body_of(join), "{\"request\":\"joinandconfigure\",\"ptype\":\"publisher\","
                                   "\"room\":1234,\"display\":\"me\",\"pin\":\"p\"}");
    RTC_ASSERT_TEXT(*join.object("jsep")->text("sdp"), "v=0");
    f.receive("{\"janus\":\"ack\",\"transaction\":\"" + Fixture::transaction(join) + "\"}");
    f.event(20, "{\"videoroom\":\"joined\"}", "{\"type\":\"answer\",\"sdp\":\"v=1\"}");
    RTC_ASSERT_TEXT(f.the<command::Describe>().sdp, "v=1");
    g_assert_cmpint(f.the<command::Describe>().type, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    f.last = f.janus.add_candidate(start.session, 1, "candidate:1");
    RTC_ASSERT_TEXT(f.sent("trickle").object("candidate")->to_string(),
                    "{\"sdpMLineIndex\":1,\"candidate\":\"candidate:1\"}");
    f.last = f.janus.add_candidate(start.session, 0, nullptr);
    g_assert_true(f.sent("trickle").object("candidate")->has("completed"));
    f.last = f.janus.end(start.session, GST_RTC_END_REASON_HANGUP, "", f.now);
    g_assert_cmpint(*f.sent("detach").integer("handle_id"), ==, 20);
    f.now += 1h;
    g_assert_true(f.janus.set_live(true, f.now).empty());
}

void subscribes_to_each_publisher() {
    Fixture f({.task = Task::subscribe});
    f.attach();
    RTC_ASSERT_TEXT(body_of(f.sent("message")),
                    "{\"request\":\"join\",\"room\":1234,\"ptype\":\"publisher\"}");
    f.event(20, "{\"videoroom\":\"joined\",\"publishers\":[{\"id\":7,\"display\":\"Ann\"},"
                "{\"id\":8}]}");
    g_assert_cmpuint(f.all<command::Send>().size(), ==, 2);
    f.succeed(f.sent("attach"), 30);
    RTC_ASSERT_TEXT(body_of(f.sent("message")),
                    "{\"request\":\"join\",\"room\":1234,\"ptype\":\"subscriber\","
                    "\"streams\":[{\"feed\":7}]}");
    f.event(30, "{\"videoroom\":\"attached\"}", "{\"type\":\"offer\",\"sdp\":\"v=2\"}");
    auto start = f.the<command::StartSession>();
    RTC_ASSERT_TEXT(start.peer, "Ann");
    g_assert_cmpint(start.offerer, ==, GST_RTC_OFFERER_PEER);
    f.last = f.janus.describe(start.session, GST_WEBRTC_SDP_TYPE_ANSWER, "v=3", f.now);
    RTC_ASSERT_TEXT(body_of(f.sent("message")), "{\"request\":\"start\"}");
    f.receive("{\"janus\":\"trickle\",\"sender\":30,\"candidate\":{\"sdpMLineIndex\":0,"
              "\"candidate\":\"candidate:9\"}}");
    RTC_ASSERT_TEXT(*f.the<command::GiveCandidate>().candidate, "candidate:9");
    // The same publisher is not attached to twice; who leaves ends its session alone.
    f.event(20, "{\"videoroom\":\"event\",\"publishers\":[{\"id\":7}]}");
    g_assert_true(f.last.empty());
    f.event(20, "{\"videoroom\":\"event\",\"unpublished\":7}");
    g_assert_cmpint(f.the<command::CloseSession>().reason, ==, GST_RTC_END_REASON_HANGUP);
    f.event(20, "{\"videoroom\":\"event\",\"publishers\":[{\"id\":7}]}");
    f.sent("attach");
}

void one_feed_alone() {
    Fixture f({.task = Task::subscribe, .feed = 8});
    f.attach();
    f.event(20, "{\"videoroom\":\"joined\",\"publishers\":[{\"id\":7},{\"id\":8}]}");
    g_assert_cmpuint(f.all<command::Send>().size(), ==, 1);
}

void watches() {
    Fixture f({.task = Task::watch, .mountpoint = 5});
    f.attach();
    RTC_ASSERT_TEXT(f.plugin, "janus.plugin.streaming");
    RTC_ASSERT_TEXT(body_of(f.sent("message")), "{\"request\":\"watch\",\"id\":5}");
    f.event(20, "{\"streaming\":\"event\",\"result\":{\"status\":\"preparing\"}}",
            "{\"type\":\"offer\",\"sdp\":\"v=2\"}");
    auto session = f.the<command::StartSession>().session;
    f.receive("{\"janus\":\"slowlink\",\"sender\":20,\"uplink\":true,\"lost\":12}");
    g_assert_cmpuint(f.the<command::SlowLink>().lost, ==, 12);
    g_assert_true(f.the<command::SlowLink>().uplink);
    f.receive("{\"janus\":\"hangup\",\"sender\":20,\"reason\":\"ICE failed\"}");
    RTC_ASSERT_TEXT(f.the<command::CloseSession>().session, session);
    g_assert_true(f.the<command::Warn>().text.find("ICE failed") != std::string::npos);
    f.now = *f.janus.deadline();
    f.last = f.janus.advance(f.now);
    f.sent("attach");
}

// Janus forgets a session after a minute of silence.
void keeps_alive() {
    Fixture f;
    f.attach();
    for (int i = 0; i < 3; i++) {
        g_assert_true(*f.janus.deadline() - f.now <= 25s);
        f.now = *f.janus.deadline();
        f.last = f.janus.advance(f.now);
        auto keepalive = f.sent("keepalive");
        f.receive("{\"janus\":\"ack\",\"transaction\":\"" + Fixture::transaction(keepalive) +
                  "\"}");
    }
}

void comes_back() {
    Fixture f;
    f.attach();
    auto session = f.the<command::StartSession>().session;
    f.last = f.janus.lost("the line is cut", f.now);
    RTC_ASSERT_TEXT(f.the<command::CloseSession>().session, session);
    f.the<command::Warn>();
    g_assert_true(*f.janus.deadline() - f.now == 1000ms);
    f.now = *f.janus.deadline();
    f.last = f.janus.advance(f.now);
    f.the<command::Connect>();
    f.last = f.janus.lost("still", f.now);
    g_assert_true(f.all<command::Warn>().empty()); // one an outage
    g_assert_true(*f.janus.deadline() - f.now == 2000ms);
    f.now = *f.janus.deadline();
    f.janus.advance(f.now);
    f.last = f.janus.connected(f.now);
    f.succeed(f.sent("create"), 11);
    f.succeed(f.sent("attach"), 21);
    g_assert_true(f.the<command::StartSession>().session != session);
}

void silence_is_an_outage() {
    Fixture f;
    f.janus.set_live(true, f.now);
    f.last = f.janus.connected(f.now);
    f.now = *f.janus.deadline();
    f.last = f.janus.advance(f.now);
    f.the<command::Warn>();
}

void what_cannot_get_better() {
    Fixture room;
    room.attach();
    auto session = room.the<command::StartSession>().session;
    room.last = room.janus.describe(session, GST_WEBRTC_SDP_TYPE_OFFER, "v=0", room.now);
    room.event(20, "{\"error_code\":426,\"error\":\"No such room\"}");
    g_assert_true(room.the<command::GiveUp>().text.find("No such room") != std::string::npos);
    g_assert_cmpint(room.the<command::CloseSession>().reason, ==, GST_RTC_END_REASON_REJECTED);

    Fixture token;
    token.last = token.janus.connected(token.now);
    token.receive("{\"janus\":\"error\",\"transaction\":\"" +
                  Fixture::transaction(token.sent("create")) +
                  "\",\"error\":{\"code\":403,\"reason\":\"Unauthorized\"}}");
    token.the<command::GiveUp>();
}

void stops() {
    Fixture f;
    f.attach();
    f.last = f.janus.stop();
    g_assert_cmpint(f.the<command::CloseSession>().reason, ==, GST_RTC_END_REASON_SHUTDOWN);
    auto destroy = f.sent("destroy");
    g_assert_false(f.janus.stopped());
    f.receive("{\"janus\":\"success\",\"transaction\":\"" + Fixture::transaction(destroy) + "\"}");
    g_assert_true(f.janus.stopped());
    Fixture idle;
    idle.last = idle.janus.stop();
    g_assert_true(idle.janus.stopped());
}

void nonsense_is_ignored() {
    Fixture f;
    f.attach();
    for (const char* text :
         {"", "[]", "{}", "{\"janus\":3}", "{\"janus\":\"event\",\"sender\":99}",
          "{\"janus\":\"event\",\"sender\":20}", "{\"janus\":\"success\",\"transaction\":\"x\"}",
          "{\"janus\":\"event\",\"sender\":-1,\"plugindata\":{\"data\":{}}}",
          "{\"janus\":\"trickle\",\"sender\":20}", "{\"janus\":\"media\",\"sender\":20}"}) {
        f.receive(text);
        g_assert_true(f.last.empty());
    }
    g_assert_true(f.janus.describe("no", GST_WEBRTC_SDP_TYPE_OFFER, "", f.now).empty());
    g_assert_true(f.janus.end("no", GST_RTC_END_REASON_LOST, "", f.now).empty());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    auto add = [](const char* name, void (*test)()) { g_test_add_func(name, test); };
    add("/janus/publishes", publishes);
    add("/janus/subscribes-to-each-publisher", subscribes_to_each_publisher);
    add("/janus/one-feed-alone", one_feed_alone);
    add("/janus/watches", watches);
    add("/janus/keeps-alive", keeps_alive);
    add("/janus/comes-back", comes_back);
    add("/janus/silence-is-an-outage", silence_is_an_outage);
    add("/janus/what-cannot-get-better", what_cannot_get_better);
    add("/janus/stops", stops);
    add("/janus/nonsense-is-ignored", nonsense_is_ignored);
    return g_test_run();
}
