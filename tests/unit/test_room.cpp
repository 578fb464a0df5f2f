// A room: who is told of what.
#include "signaling/room/room.hpp"
#include "tests/support/sametext.hpp"

#include <tuple>

using namespace rtc;
using namespace rtc::room;

namespace {

const Roles producer{.producer = true}, listener{.listener = true}, consumer{.consumer = true};

std::string text_of(const ServerMessage& message) {
    return to_json(message);
}

// A room with what it put out, by receiver.
struct Rig {
    explicit Rig(std::string prefix = "s", Room::Limits limits = {})
        : room(limits, [prefix, n = 0]() mutable { return prefix + std::to_string(++n); }) {}

    bool join(const std::string& peer, std::optional<Roles> roles = std::nullopt) {
        bool joined = room.join(peer, fresh());
        if (joined && roles)
            say(peer, SetPeerStatus{*roles, ""});
        outputs.clear();
        return joined;
    }
    void say(const std::string& peer, const ClientMessage& message) {
        room.receive(peer, message, fresh());
    }
    Outputs& fresh() {
        outputs.clear();
        return outputs;
    }
    std::vector<ServerMessage> to(const std::string& peer) const {
        std::vector<ServerMessage> found;
        for (const auto& output : outputs)
            if (auto* send = std::get_if<Send>(&output); send && send->peer == peer)
                found.push_back(send->message);
        return found;
    }
    // The only message, and it is for this peer.
    void expect_only(const std::string& peer, const ServerMessage& message) const {
        size_t sends = 0;
        for (const auto& output : outputs)
            sends += std::holds_alternative<Send>(output);
        g_assert_cmpuint(sends, ==, 1);
        auto got = to(peer);
        g_assert_cmpuint(got.size(), ==, 1);
        RTC_ASSERT_TEXT(text_of(got[0]), text_of(message));
    }
    void expect_complaint(const std::string& peer, const char* words) const {
        auto got = to(peer);
        g_assert_cmpuint(got.size(), ==, 1);
        auto* complaint = std::get_if<Complaint>(&got[0]);
        g_assert_nonnull(complaint);
        g_assert_nonnull(strstr(complaint->details.c_str(), words));
    }

    Room room;
    Outputs outputs;
};

void who_connects_is_welcomed() {
    Rig rig;
    g_assert_true(rig.room.join("a", rig.fresh()));
    rig.expect_only("a", Welcome{"a"});
    g_assert_false(rig.room.join("a", rig.fresh())); // taken
    Rig small("s", {.peers = 1});
    g_assert_true(small.join("a"));
    g_assert_false(small.join("b"));
    small.room.leave("a", small.fresh());
    g_assert_true(small.join("b"));
}

// gstwebrtc-api waits for the echo of its own status.
void listeners_hear_of_all_changes() {
    Rig rig;
    rig.join("l", listener);
    rig.join("x");
    rig.say("x", SetPeerStatus{{.producer = true, .listener = true}, R"({"name":"x"})"});
    PeerStatusChanged status{"x", {.producer = true, .listener = true}, R"({"name":"x"})"};
    RTC_ASSERT_TEXT(text_of(rig.to("l")[0]), text_of(status));
    RTC_ASSERT_TEXT(text_of(rig.to("x")[0]), text_of(status));
    // The same again is no change.
    rig.say("x", SetPeerStatus{{.producer = true, .listener = true}, R"({"name":"x"})"});
    g_assert_true(rig.outputs.empty());
    rig.say("x", SetPeerStatus{producer, R"({"name":"x"})"});
    rig.expect_only("l", PeerStatusChanged{"x", producer, R"({"name":"x"})"});
    rig.room.leave("x", rig.fresh());
    rig.expect_only("l", PeerStatusChanged{"x", {}, R"({"name":"x"})"});
}

void lists_have_who_can_be_asked() {
    Rig rig;
    rig.join("a", producer);
    rig.join("b", consumer);
    rig.join("c", listener);
    rig.say("c", List{});
    rig.expect_only("c", Producers{{{"a", ""}}});
    rig.say("c", ListConsumers{});
    rig.expect_only("c", Consumers{{{"b", ""}}});
}

void a_consumer_asks_a_producer() {
    Rig rig;
    rig.join("p", producer);
    rig.join("c");
    rig.say("c", AskSession{"p", std::nullopt});
    g_assert_cmpuint(rig.outputs.size(), ==, 2);
    // The consumer first: it must know the session before the offer comes.
    g_assert_true(std::get<Send>(rig.outputs[0]).peer == "c");
    RTC_ASSERT_TEXT(text_of(rig.to("c")[0]), text_of(SessionStarted{"p", "s1"}));
    RTC_ASSERT_TEXT(text_of(rig.to("p")[0]), text_of(StartSession{"c", "s1", std::nullopt}));
    rig.say("p", PeerMessage{"s1", Description{true, "offer"}});
    rig.expect_only("c", PeerMessage{"s1", Description{true, "offer"}});
    rig.say("c", PeerMessage{"s1", Description{false, "answer"}});
    rig.expect_only("p", PeerMessage{"s1", Description{false, "answer"}});
    rig.say("c", PeerMessage{"s1", Candidate{0, "c"}});
    rig.expect_only("p", PeerMessage{"s1", Candidate{0, "c"}});
    rig.say("c", PeerMessage{"s1", Description{true, "offer"}});
    rig.expect_complaint("c", "producer makes the offer");
}

void a_consumer_brings_its_offer() {
    Rig rig;
    rig.join("p", producer);
    rig.join("c");
    rig.say("c", AskSession{"p", "v=0"});
    RTC_ASSERT_TEXT(text_of(rig.to("p")[0]), text_of(StartSession{"c", "s1", "v=0"}));
}

void a_producer_calls_a_waiting_consumer() {
    Rig rig;
    rig.join("p", producer);
    rig.join("c", consumer);
    rig.say("p", AskSession{"c", "not the consumer's"});
    RTC_ASSERT_TEXT(text_of(rig.to("c")[0]), text_of(SessionStarted{"p", "s1"}));
    RTC_ASSERT_TEXT(text_of(rig.to("p")[0]), text_of(StartSession{"c", "s1", std::nullopt}));
}

void requests_that_cannot_be() {
    Rig rig("s", {.sessions = 2, .sessions_per_peer = 1});
    rig.join("p", producer);
    rig.join("q", producer);
    rig.join("c");
    rig.join("d");
    const std::tuple<const char*, ClientMessage, const char*> rows[] = {
        {"c", AskSession{"nobody", std::nullopt}, "no peer nobody"},
        {"c", AskSession{"d", std::nullopt}, "neither"},
        {"p", AskSession{"p", std::nullopt}, "itself"},
        {"c", SetPeerStatus{{.producer = true, .consumer = true}, ""}, "both"},
        {"p", SetProtocolVersion{Version::v1_1}, "first"},
    };
    for (const auto& [peer, message, words] : rows) {
        rig.say(peer, message);
        rig.expect_complaint(peer, words);
    }
    rig.say("c", AskSession{"p", std::nullopt});
    rig.say("c", AskSession{"q", std::nullopt});
    rig.expect_complaint("c", "too many");
    rig.say("d", PeerMessage{"s1", Candidate{0, "c"}});
    rig.expect_complaint("d", "not yours");
    rig.say("d", EndSession{"s1"});
    rig.expect_complaint("d", "not yours");
    // Of a session that is over, and from a peer that is.
    rig.say("d", EndSession{"s9"});
    rig.say("d", PeerMessage{"s9", Candidate{0, "c"}});
    rig.say("ghost", List{});
    g_assert_true(rig.outputs.empty());
}

// In the version that the other one declared.
void ends_are_told_to_the_other() {
    Rig rig;
    rig.join("p", producer);
    rig.join("old");
    rig.join("new");
    rig.say("new", SetProtocolVersion{Version::v1_1});
    rig.say("old", AskSession{"p", std::nullopt});
    rig.say("new", AskSession{"p", std::nullopt});
    rig.say("p", EndSession{"s1", Version::v1_1, "why"});
    rig.expect_only("old", EndSession{"s1"});
    rig.say("p", EndSession{"s2", Version::v1_1, "why"});
    rig.expect_only("new", EndSession{"s2", Version::v1_1, "why"});
    rig.say("p", EndSession{"s2"});
    g_assert_true(rig.outputs.empty());
    g_assert_cmpuint(rig.room.sessions(), ==, 0);
}

void who_leaves_ends_its_sessions() {
    Rig rig;
    rig.join("p", producer);
    rig.join("c");
    rig.join("d");
    rig.say("c", AskSession{"p", std::nullopt});
    rig.say("d", AskSession{"p", std::nullopt});
    rig.room.leave("c", rig.fresh());
    rig.expect_only("p", EndSession{"s1"});
    // Who is no producer any more has none of a producer's sessions.
    rig.say("p", SetPeerStatus{});
    rig.expect_only("d", EndSession{"s2"});
    g_assert_cmpuint(rig.room.sessions(), ==, 0);
    rig.room.leave("p", rig.fresh());
    rig.room.leave("d", rig.fresh());
    g_assert_true(rig.room.empty());
}

void a_consumer_that_waits_no_more() {
    Rig rig;
    rig.join("p", producer);
    rig.join("c", consumer);
    rig.say("p", AskSession{"c", std::nullopt});
    rig.say("c", SetPeerStatus{});
    rig.expect_only("p", EndSession{"s1"});
}

// Two instances; what one tells reaches the other at once.
struct Pair {
    Rig a{"a"}, b{"b"};
    std::vector<std::string> seen; // "peer message", in order

    void pass(Rig& from, Rig& to, const char* name, const char* other) {
        auto outputs = std::exchange(from.outputs, {});
        for (const auto& output : outputs) {
            if (auto* send = std::get_if<Send>(&output)) {
                seen.push_back(send->peer + " " + text_of(send->message));
                continue;
            }
            const auto& tell = std::get<Tell>(output);
            g_assert_true(tell.instance.empty() || tell.instance == other);
            to.room.receive_from(name, tell.message, to.fresh());
            pass(to, from, other, name);
        }
    }
    void say(const std::string& peer, const ClientMessage& message) {
        seen.clear();
        bool at_a = peer.starts_with("a");
        auto& from = at_a ? a : b;
        from.say(peer, message);
        pass(from, at_a ? b : a, at_a ? "A" : "B", at_a ? "B" : "A");
    }
    void expect(std::vector<std::string> wanted) {
        g_assert_cmpuint(seen.size(), ==, wanted.size());
        for (size_t i = 0; i < wanted.size(); i++)
            RTC_ASSERT_TEXT(seen[i], wanted[i]);
    }
    Pair() {
        a.join("a1");
        a.join("a2");
        b.join("b1");
        b.join("b2");
    }
};

void instances_share_a_room() {
    Pair pair;
    pair.say("b1", SetPeerStatus{listener, ""});
    pair.say("a1", SetPeerStatus{producer, R"({"name":"hall"})"});
    pair.expect({"b1 " + text_of(PeerStatusChanged{"a1", producer, R"({"name":"hall"})"})});
    pair.say("b1", List{});
    pair.expect({"b1 " + text_of(Producers{{{"a1", R"({"name":"hall"})"}}})});
    pair.say("b1", AskSession{"a1", std::nullopt});
    pair.expect({"b1 " + text_of(SessionStarted{"a1", "b1"}),
                 "a1 " + text_of(StartSession{"b1", "b1", std::nullopt})});
    pair.say("a1", PeerMessage{"b1", Description{true, "offer"}});
    pair.expect({"b1 " + text_of(PeerMessage{"b1", Description{true, "offer"}})});
    pair.say("b1", PeerMessage{"b1", Description{false, "answer"}});
    pair.expect({"a1 " + text_of(PeerMessage{"b1", Description{false, "answer"}})});
    pair.say("b1", EndSession{"b1"});
    pair.expect({"a1 " + text_of(EndSession{"b1"})});
    g_assert_cmpuint(pair.a.room.sessions() + pair.b.room.sessions(), ==, 0);
    // The other way round: the producer calls.
    pair.say("b2", SetPeerStatus{consumer, ""});
    pair.say("a1", AskSession{"b2", std::nullopt});
    pair.expect({"a1 " + text_of(StartSession{"b2", "a1", std::nullopt}),
                 "b2 " + text_of(SessionStarted{"a1", "a1"})});
}

void an_instance_that_asks_too_late_is_told() {
    Pair pair;
    pair.say("a1", SetPeerStatus{producer, ""});
    pair.a.room.leave("a1", pair.a.fresh()); // B hasn't heard of it
    pair.say("b1", AskSession{"a1", std::nullopt});
    pair.expect({"b1 " + text_of(SessionStarted{"a1", "b1"}), "b1 " + text_of(EndSession{"b1"})});
    g_assert_cmpuint(pair.b.room.sessions(), ==, 0);
}

void an_instance_that_dies_takes_its_peers() {
    Pair pair;
    pair.say("a1", SetPeerStatus{producer, ""});
    pair.say("a2", AskSession{"a1", std::nullopt});
    pair.say("b1", SetPeerStatus{listener, ""});
    pair.say("b1", AskSession{"a1", std::nullopt});
    g_assert_cmpuint(pair.a.room.sessions(), ==, 2);
    // To those of A, B's peers are gone; A's own session lives on.
    pair.a.room.lose("B", pair.a.fresh());
    pair.a.expect_only("a1", EndSession{"b1"});
    g_assert_cmpuint(pair.a.room.sessions(), ==, 1);
    pair.b.room.lose("A", pair.b.fresh());
    auto told = pair.b.to("b1");
    g_assert_cmpuint(told.size(), ==, 2);
    RTC_ASSERT_TEXT(text_of(told[0]), text_of(EndSession{"b1"}));
    RTC_ASSERT_TEXT(text_of(told[1]), text_of(PeerStatusChanged{"a1"}));
}

void an_instance_that_missed_an_end_is_told() {
    Pair pair;
    pair.say("a1", SetPeerStatus{producer, ""});
    pair.say("b1", AskSession{"a1", std::nullopt});
    pair.a.room.lose("B", pair.a.fresh()); // it was silent for a while
    pair.a.fresh();
    pair.say("b1", PeerMessage{"b1", Candidate{0, "c"}});
    pair.expect({"b1 " + text_of(EndSession{"b1"})});
    g_assert_cmpuint(pair.b.room.sessions(), ==, 0);
}

// What an instance says of peers that aren't its own counts for nothing.
void instances_speak_for_their_own() {
    Pair pair;
    pair.say("a1", SetPeerStatus{producer, ""});
    pair.say("a2", AskSession{"a1", std::nullopt});
    auto& room = pair.a.room;
    auto& outputs = pair.a.fresh();
    room.receive_from("B", PeerStatusChanged{"a1", {}, ""}, outputs);
    room.receive_from("B", PeerMessage{"a1", Candidate{0, "c"}}, outputs);
    room.receive_from("B", EndSession{"a1"}, outputs);
    room.receive_from("B", PeerStatusChanged{"nobody", {}, ""}, outputs);
    g_assert_true(outputs.empty());
    g_assert_cmpuint(room.sessions(), ==, 1);
    g_assert_cmpuint(room.statuses().size(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/room/welcome", who_connects_is_welcomed);
    g_test_add_func("/room/listeners", listeners_hear_of_all_changes);
    g_test_add_func("/room/lists", lists_have_who_can_be_asked);
    g_test_add_func("/room/ask", a_consumer_asks_a_producer);
    g_test_add_func("/room/ask-with-offer", a_consumer_brings_its_offer);
    g_test_add_func("/room/call", a_producer_calls_a_waiting_consumer);
    g_test_add_func("/room/refused", requests_that_cannot_be);
    g_test_add_func("/room/end", ends_are_told_to_the_other);
    g_test_add_func("/room/leave", who_leaves_ends_its_sessions);
    g_test_add_func("/room/waits-no-more", a_consumer_that_waits_no_more);
    g_test_add_func("/room/instances/shared", instances_share_a_room);
    g_test_add_func("/room/instances/late", an_instance_that_asks_too_late_is_told);
    g_test_add_func("/room/instances/lost", an_instance_that_dies_takes_its_peers);
    g_test_add_func("/room/instances/missed", an_instance_that_missed_an_end_is_told);
    g_test_add_func("/room/instances/own", instances_speak_for_their_own);
    return g_test_run();
}
