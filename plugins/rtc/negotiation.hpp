// The order of things in one session: offer and answer (RFC 3264), trickle (RFC 8838), the
// certificate check, and a deadline for every wait. Pure: an event comes in, commands go out;
// the session carries them out.
//
//   answerer: description ─▶ apply ─▶ answer ─▶ gather ─▶ send ─▶ ICE ─▶ DTLS ─▶ verify ─▶ open
//   offerer:  offer ─▶ gather ─▶ send ─▶ description ─▶ apply ─▶ ICE ─▶ DTLS ─▶ verify ─▶ open
//
// With trickle, descriptions are sent without waiting for candidates.
#pragma once

#include "signaling/sdp/sdp.hpp"

#include <string>
#include <variant>
#include <vector>

namespace rtc {

// What may take too long, one deadline at a time.
enum class Wait { none, description, gathering, ice, dtls, media };

const char* to_string(Wait wait); // words for an error: "the peer's description"

// Why a session can't go on.
enum class Fault { rejected, timeout, connection, security, lost, error };

namespace command {
struct CreateOffer {};
struct ApplyRemote {}; // the description that came with the event
struct CreateAnswer {};
struct ApplyLocal {};      // the description just made
struct SendDescription {}; // that, with the candidates gathered so far where there is no trickle
struct SendCandidate {
    guint mline;
    std::string candidate; // "" when there are no more
};
struct AddCandidate { // of the peer
    guint mline;
    std::string candidate;
};
struct AwaitUntil { // replaces the deadline before it
    Wait wait;
};
struct VerifyCertificate {};
struct Open {}; // media may pass
struct Fail {
    Fault fault;
    std::string text;
};
} // namespace command

using Command = std::variant<command::CreateOffer, command::ApplyRemote, command::CreateAnswer,
                             command::ApplyLocal, command::SendDescription, command::SendCandidate,
                             command::AddCandidate, command::AwaitUntil, command::VerifyCertificate,
                             command::Open, command::Fail>;
using Commands = std::vector<Command>;

class Negotiation {
public:
    struct Options {
        bool offerer = false;
        bool trickle = false;
        bool expect_media = false;  // the peer sends: its first packet has a deadline
        guint max_candidates = 200; // of the peer; more are dropped
    };
    explicit Negotiation(Options options)
        : options_(options) {}

    Commands start();
    Commands remote_description(sdp::DescriptionType type);
    Commands remote_candidate(guint mline, std::string candidate); // "" when there are no more
    Commands remote_applied();
    Commands local_created();
    Commands local_applied();
    Commands local_candidate(guint mline, std::string candidate);
    Commands gathering_complete();
    Commands ice_connected();
    Commands ice_failed();
    Commands dtls_connected();
    Commands dtls_failed();
    Commands verified(bool matches);
    // The peer's and our side's ICE generation are new: the answer is sent again.
    Commands ice_restarted();
    Commands media_received();
    Commands deadline_passed();
    Commands peer_silent();
    Commands failed(Fault fault, std::string text); // a step of ours went wrong
    void end() { state_ = State::ended; }

    bool open() const { return state_ == State::open; }
    // Both descriptions are applied: from then on, ICE can begin anew.
    bool can_restart_ice() const { return state_ >= State::connecting && state_ <= State::open; }
    bool ended() const { return state_ == State::ended; }

private:
    enum class State {
        idle,       // nothing happened yet
        preparing,  // a local description is being made or applied
        gathering,  // it waits for its candidates
        offered,    // our offer is out
        applying,   // the peer's answer is being applied
        connecting, // ICE
        securing,   // DTLS
        verifying,
        open,
        ended,
    };
    Commands fail(Fault fault, std::string text);
    Commands send_local();
    void await(Commands& commands, Wait wait);
    void flush_candidates(Commands& commands);
    void connect(Commands& commands);

    Options options_;
    State state_ = State::idle;
    Wait wait_ = Wait::none;
    bool remote_applied_ = false;
    bool local_sent_ = false;
    bool gathered_ = false;
    bool ice_up_ = false;
    bool dtls_up_ = false;
    bool media_seen_ = false;
    guint remote_candidates_ = 0;
    std::vector<command::AddCandidate> early_remote_;
    std::vector<command::SendCandidate> early_local_;
};

} // namespace rtc
