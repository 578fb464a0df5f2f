// The order of commands for every way a negotiation can go.
#include "plugins/rtc/negotiation.hpp"

#include <sstream>

using namespace rtc;

namespace {

std::string name(const Command& command) {
    struct Name {
        std::string operator()(const command::CreateOffer&) { return "create-offer"; }
        std::string operator()(const command::ApplyRemote&) { return "apply-remote"; }
        std::string operator()(const command::CreateAnswer&) { return "create-answer"; }
        std::string operator()(const command::ApplyLocal&) { return "apply-local"; }
        std::string operator()(const command::SendDescription&) { return "send"; }
        std::string operator()(const command::SendCandidate& c) {
            return "send-candidate(" + c.candidate + ")";
        }
        std::string operator()(const command::AddCandidate& c) {
            return "add-candidate(" + c.candidate + ")";
        }
        std::string operator()(const command::AwaitUntil& c) {
            constexpr const char* names[] = {"none", "description", "gathering",
                                             "ice",  "dtls",        "media"};
            return std::string("await-") + names[int(c.wait)];
        }
        std::string operator()(const command::VerifyCertificate&) { return "verify"; }
        std::string operator()(const command::Open&) { return "open"; }
        std::string operator()(const command::Fail& c) {
            constexpr const char* names[] = {"rejected", "timeout", "connection",
                                             "security", "lost",    "error"};
            return std::string("fail-") + names[int(c.fault)];
        }
    };
    return std::visit(Name{}, command);
}

std::string names(const Commands& commands) {
    std::string text;
    for (const auto& command : commands)
        text += (text.empty() ? "" : " ") + name(command);
    return text;
}

void expect(const Commands& commands, const char* wanted) {
    auto got = names(commands); // the macro keeps only a pointer
    g_assert_cmpstr(got.c_str(), ==, wanted);
}

constexpr auto offer = sdp::DescriptionType::offer;
constexpr auto answer = sdp::DescriptionType::answer;

// From the answer on, before there is a path and after.
void ice_begins_anew() {
    Negotiation n({.offerer = false, .trickle = false});
    n.start();
    g_assert_false(n.can_restart_ice());
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    n.local_applied();
    g_assert_false(n.can_restart_ice());
    expect(n.gathering_complete(), "send await-ice");
    g_assert_true(n.can_restart_ice());
    expect(n.ice_restarted(), "send await-ice");
    expect(n.ice_connected(), "await-dtls");
    g_assert_true(n.can_restart_ice());
    expect(n.ice_restarted(), "send");
    expect(n.dtls_connected(), "await-none verify");
    expect(n.ice_restarted(), "send");
    expect(n.verified(true), "open");
    expect(n.ice_restarted(), "send");
    n.end();
    g_assert_false(n.can_restart_ice());
}

void answers_with_all_candidates() {
    Negotiation n({.offerer = false, .trickle = false, .expect_media = true});
    expect(n.start(), "await-description");
    expect(n.remote_candidate(0, "early"), "");
    expect(n.remote_description(offer), "await-none apply-remote");
    expect(n.remote_applied(), "create-answer");
    expect(n.local_created(), "apply-local");
    expect(n.local_applied(), "add-candidate(early) await-gathering");
    expect(n.local_candidate(0, "ours"), "");
    expect(n.gathering_complete(), "send await-ice");
    expect(n.remote_candidate(0, "late"), "add-candidate(late)");
    expect(n.ice_connected(), "await-dtls");
    expect(n.dtls_connected(), "await-none verify");
    g_assert_false(n.open());
    expect(n.verified(true), "open await-media");
    g_assert_true(n.open());
    expect(n.media_received(), "await-none");
    expect(n.media_received(), "");
}

void answers_when_gathering_was_faster() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    expect(n.gathering_complete(), "");
    expect(n.local_applied(), "send await-ice");
}

void answers_after_the_gathering_deadline() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    expect(n.local_applied(), "await-gathering");
    expect(n.deadline_passed(), "send await-ice");
    expect(n.gathering_complete(), "");
    expect(n.deadline_passed(), "fail-timeout");
}

void trickles_both_ways() {
    Negotiation n({.offerer = true, .trickle = true});
    expect(n.start(), "create-offer");
    expect(n.local_created(), "apply-local");
    expect(n.local_candidate(0, "one"), "");
    expect(n.local_applied(), "send send-candidate(one) await-description");
    expect(n.local_candidate(0, "two"), "send-candidate(two)");
    expect(n.gathering_complete(), "send-candidate()");
    expect(n.remote_candidate(0, "theirs"), "");
    expect(n.remote_description(answer), "await-none apply-remote");
    expect(n.remote_applied(), "add-candidate(theirs) await-ice");
    expect(n.ice_connected(), "await-dtls");
    expect(n.dtls_connected(), "await-none verify");
    expect(n.verified(true), "open");
}

void connects_before_the_reply_came() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    n.gathering_complete();
    expect(n.ice_connected(), "");
    expect(n.dtls_connected(), "");
    expect(n.local_applied(), "send await-ice await-dtls await-none verify");
}

void knows_dtls_means_ice() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    n.local_applied();
    n.gathering_complete();
    expect(n.dtls_connected(), "await-dtls await-none verify");
}

void refuses_a_false_certificate() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    n.local_applied();
    n.gathering_complete();
    n.ice_connected();
    n.dtls_connected();
    expect(n.verified(false), "fail-security");
    g_assert_true(n.ended());
    g_assert_false(n.open());
    expect(n.verified(true), "");
}

void refuses_what_is_out_of_turn() {
    Negotiation answerer({});
    answerer.start();
    expect(answerer.remote_description(answer), "fail-rejected");
    Negotiation offerer({.offerer = true});
    offerer.start();
    expect(offerer.remote_description(offer), "fail-rejected");
    Negotiation early({.offerer = true});
    early.start();
    expect(early.remote_description(answer), "fail-rejected");
}

void survives_a_renegotiation_it_cannot_do() {
    Negotiation n({});
    n.start();
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    n.local_applied();
    n.gathering_complete();
    expect(n.remote_description(offer), "");
    g_assert_false(n.ended());
}

void has_a_deadline_for_each_wait() {
    Negotiation description({});
    description.start();
    expect(description.deadline_passed(), "fail-timeout");
    Negotiation media({.expect_media = true});
    media.start();
    media.remote_description(offer);
    media.remote_applied();
    media.local_created();
    media.local_applied();
    media.gathering_complete();
    media.ice_connected();
    media.dtls_connected();
    media.verified(true);
    expect(media.deadline_passed(), "fail-timeout");
}

void ends_once() {
    Negotiation n({});
    n.start();
    expect(n.ice_failed(), "fail-connection");
    expect(n.dtls_failed(), "");
    expect(n.peer_silent(), "");
    expect(n.failed(Fault::error, "late"), "");
    expect(n.remote_description(offer), "");
    expect(n.remote_candidate(0, "late"), "");
    expect(n.local_created(), "");
}

void counts_candidates() {
    Negotiation n({.max_candidates = 2});
    n.start();
    n.remote_candidate(0, "1");
    n.remote_candidate(0, "2");
    n.remote_candidate(0, "3");
    n.remote_description(offer);
    n.remote_applied();
    n.local_created();
    expect(n.local_applied(), "add-candidate(1) add-candidate(2) await-gathering");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/negotiation/ice-begins-anew", ice_begins_anew);
    g_test_add_func("/negotiation/answers-with-all-candidates", answers_with_all_candidates);
    g_test_add_func("/negotiation/gathering-was-faster", answers_when_gathering_was_faster);
    g_test_add_func("/negotiation/gathering-deadline", answers_after_the_gathering_deadline);
    g_test_add_func("/negotiation/trickles", trickles_both_ways);
    g_test_add_func("/negotiation/connects-before-the-reply", connects_before_the_reply_came);
    g_test_add_func("/negotiation/dtls-means-ice", knows_dtls_means_ice);
    g_test_add_func("/negotiation/false-certificate", refuses_a_false_certificate);
    g_test_add_func("/negotiation/out-of-turn", refuses_what_is_out_of_turn);
    g_test_add_func("/negotiation/renegotiation", survives_a_renegotiation_it_cannot_do);
    g_test_add_func("/negotiation/deadlines", has_a_deadline_for_each_wait);
    g_test_add_func("/negotiation/ends-once", ends_once);
    g_test_add_func("/negotiation/candidates-counted", counts_candidates);
    return g_test_run();
}
