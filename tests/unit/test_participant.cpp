// A participant of a room: what it tells the server and the host, and when it calls again.
#include "signaling/room/participant.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::room;
using namespace std::chrono_literals;

namespace {

// Commands as lines of text, so that a test reads like a log.
struct Line {
    std::string operator()(const ToServer& c) const { return "> " + to_json(c.message); }
    std::string operator()(const BeginSession& c) const {
        return "begin " + c.session + " " + c.name + (c.host_offers ? " host" : " peer");
    }
    std::string operator()(const GiveDescription& c) const {
        return "description " + c.session + (c.description.offer ? " offer " : " answer ") +
               c.description.sdp;
    }
    std::string operator()(const GiveCandidate& c) const {
        return "candidate " + c.session + " " + c.candidate.candidate;
    }
    std::string operator()(const CloseSession& c) const {
        return "close " + c.session + " " + std::to_string(c.reason);
    }
    std::string operator()(const Note&) const { return "note"; }
};

void expect(const Commands& commands, const std::vector<std::string>& wanted) {
    std::string got, all;
    for (const auto& command : commands)
        got += std::visit(Line(), command) + "\n";
    for (const auto& line : wanted)
        all += line + "\n";
    RTC_ASSERT_TEXT(got, all);
}

const Time start{};
double whole() {
    return 1;
}

Participant consumer(std::string target = "", bool wait = false) {
    return Participant({.target = std::move(target), .wait_for_call = wait}, whole);
}

const char* ask_p = R"(> {"type":"startSession","peerId":"p"})";

PeerStatusChanged produces(const char* peer, const char* meta = "") {
    return {peer, {.producer = true}, meta};
}

void the_version_comes_first() {
    expect(consumer().connected(),
           {R"(> {"type":"setProtocolVersion","version":"v1_1"})",
            R"(> {"type":"setPeerStatus","roles":["listener"],"meta":null})",
            R"(> {"type":"list"})"});
    expect(consumer("", true).connected(),
           {R"(> {"type":"setProtocolVersion","version":"v1_1"})",
            R"(> {"type":"setPeerStatus","roles":["consumer"],"meta":null})"});
    Participant producer({.produce = true, .meta = "{}", .target = "c"}, whole);
    producer.set_live(true);
    expect(producer.connected(),
           {R"(> {"type":"setProtocolVersion","version":"v1_1"})",
            R"(> {"type":"setPeerStatus","roles":["producer","listener"],"meta":{}})",
            R"(> {"type":"listConsumers"})"});
}

void a_consumer_calls_each_producer_once() {
    auto it = consumer();
    it.connected();
    it.receive(Welcome{"me"}, start);
    expect(it.receive(Producers{{{"p", ""}, {"me", ""}}}, start), {ask_p});
    expect(it.receive(produces("p"), start), {});
    expect(it.receive(produces("q"), start), {R"(> {"type":"startSession","peerId":"q"})"});
    expect(it.receive(SessionStarted{"p", "s"}, start), {"begin s p peer"});
    expect(it.receive(PeerMessage{"s", Description{true, "v=0"}}, start),
           {"description s offer v=0"});
    expect(it.receive(PeerMessage{"s", Candidate{0, "c"}}, start), {"candidate s c"});
    expect(it.describe("s", false, "v=0"),
           {R"(> {"type":"peer","sessionId":"s","sdp":{"type":"answer","sdp":"v=0"}})"});
    // Of sessions that aren't, nothing.
    expect(it.receive(PeerMessage{"x", Candidate{0, "c"}}, start), {});
    expect(it.receive(EndSession{"x"}, start), {});
    expect(it.describe("x", false, "v=0"), {});
    expect(it.candidate("x", 0, ""), {});
    expect(it.end("x", GST_RTC_END_REASON_HANGUP, "", start), {});
}

void a_consumer_of_one() {
    auto it = consumer("q");
    it.connected();
    expect(it.receive(Producers{{{"p", ""}}}, start), {});
    expect(it.receive(produces("q", R"({"name":"Q"})"), start),
           {R"(> {"type":"startSession","peerId":"q"})"});
    expect(it.receive(SessionStarted{"q", "s"}, start), {"begin s Q peer"});
    // What it didn't ask for it doesn't take.
    expect(it.receive(SessionStarted{"p", "t"}, start),
           {R"(> {"type":"endSession","sessionId":"t"})"});
    expect(
        it.receive(StartSession{"p", "u", std::nullopt}, start),
        {R"(> {"type":"endSessionV1_1","sessionId":"u","error":"there is nothing to watch now"})"});
}

void who_waits_takes_calls() {
    auto it = consumer("", true);
    it.connected();
    expect(it.receive(produces("p"), start), {});
    expect(it.receive(SessionStarted{"p", "s"}, start), {"begin s p peer"});
    expect(it.receive(SessionStarted{"p", "s"}, start), {"note"}); // a server that errs
}

void a_producer_is_called() {
    Participant it({.produce = true}, whole);
    it.connected();
    expect(it.set_live(true), {R"(> {"type":"setPeerStatus","roles":["producer"],"meta":null})"});
    expect(it.set_live(true), {});
    expect(it.receive(StartSession{"c", "s", std::nullopt}, start), {"begin s c host"});
    expect(it.receive(StartSession{"c", "t", "v=0"}, start),
           {"begin t c peer", "description t offer v=0"});
    expect(it.end("s", GST_RTC_END_REASON_HANGUP, "bye", start),
           {R"(> {"type":"endSession","sessionId":"s"})"});
    expect(it.end("t", GST_RTC_END_REASON_REJECTED, "no codec", start),
           {R"(> {"type":"endSessionV1_1","sessionId":"t","error":"no codec"})"});
    expect(it.set_live(false), {R"(> {"type":"setPeerStatus","roles":[],"meta":null})"});
    g_assert_false(it.deadline().has_value());
}

void a_producer_calls_who_waits() {
    Participant it({.produce = true, .target = "c"}, whole);
    it.set_live(true);
    it.connected();
    expect(it.receive(Consumers{{{"b", ""}, {"c", ""}}}, start),
           {R"(> {"type":"startSession","peerId":"c"})"});
    expect(it.receive(StartSession{"c", "s", std::nullopt}, start), {"begin s c host"});
}

// After an end that may pass it calls again, later each time.
void it_calls_again() {
    auto it = consumer();
    it.connected();
    it.receive(Producers{{{"p", ""}}}, start);
    auto now = start;
    for (auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        it.receive(SessionStarted{"p", "s"}, now);
        expect(it.receive(EndSession{"s", Version::v1_1, "why"}, now),
               {"close s " + std::to_string(GST_RTC_END_REASON_ERROR)});
        g_assert_true(it.deadline() == now + wait);
        expect(it.advance(now + wait - 1ms), {});
        now += wait;
        expect(it.advance(now), {ask_p});
    }
    // A session that went well starts over.
    it.receive(SessionStarted{"p", "s"}, now);
    now += 60s;
    expect(it.receive(EndSession{"s"}, now),
           {"close s " + std::to_string(GST_RTC_END_REASON_HANGUP)});
    g_assert_true(it.deadline() == now + 1s);
    // A producer that goes isn't called.
    it.receive(PeerStatusChanged{"p", {}, ""}, now);
    g_assert_false(it.deadline().has_value());
}

void the_host_may_want_no_more() {
    const std::pair<GstRtcEndReason, bool> rows[] = {
        {GST_RTC_END_REASON_HANGUP, false},    {GST_RTC_END_REASON_REJECTED, false},
        {GST_RTC_END_REASON_BUSY, true},       {GST_RTC_END_REASON_TIMEOUT, true},
        {GST_RTC_END_REASON_CONNECTION, true}, {GST_RTC_END_REASON_SECURITY, false},
        {GST_RTC_END_REASON_LOST, true},       {GST_RTC_END_REASON_SHUTDOWN, false},
        {GST_RTC_END_REASON_ERROR, true},
    };
    for (auto [reason, again] : rows) {
        auto it = consumer();
        it.connected();
        it.receive(Producers{{{"p", ""}}}, start);
        it.receive(SessionStarted{"p", "s"}, start);
        it.end("s", reason, "why", start);
        g_assert_true(it.deadline().has_value() == again);
    }
}

// The server complains, or says nothing.
void a_call_without_an_answer() {
    auto it = consumer();
    it.connected();
    it.receive(Producers{{{"p", ""}}}, start);
    expect(it.receive(Complaint{"there are too many sessions now"}, start), {"note"});
    g_assert_true(it.deadline() == start + 10s);
    expect(it.advance(start + 10s), {});
    expect(it.advance(start + 11s), {ask_p});
}

void the_server_goes_and_comes_back() {
    auto it = consumer();
    it.connected();
    it.receive(Welcome{"me"}, start);
    it.receive(Producers{{{"p", ""}}}, start);
    it.receive(SessionStarted{"p", "s"}, start);
    expect(it.disconnected("lost"), {"close s " + std::to_string(GST_RTC_END_REASON_LOST)});
    g_assert_false(it.deadline().has_value());
    RTC_ASSERT_TEXT(it.id(), "");
    it.connected();
    expect(it.receive(Producers{{{"p", ""}}}, start), {ask_p});
    it.receive(SessionStarted{"p", "t"}, start);
    expect(it.stop(), {R"(> {"type":"endSession","sessionId":"t"})",
                       "close t " + std::to_string(GST_RTC_END_REASON_SHUTDOWN)});
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/participant/first", the_version_comes_first);
    g_test_add_func("/participant/each", a_consumer_calls_each_producer_once);
    g_test_add_func("/participant/one", a_consumer_of_one);
    g_test_add_func("/participant/waits", who_waits_takes_calls);
    g_test_add_func("/participant/producer", a_producer_is_called);
    g_test_add_func("/participant/producer-calls", a_producer_calls_who_waits);
    g_test_add_func("/participant/again", it_calls_again);
    g_test_add_func("/participant/no-more", the_host_may_want_no_more);
    g_test_add_func("/participant/no-answer", a_call_without_an_answer);
    g_test_add_func("/participant/reconnect", the_server_goes_and_comes_back);
    return g_test_run();
}
