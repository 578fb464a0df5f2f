#include "plugins/rtc/negotiation.hpp"

namespace rtc {

const char* to_string(Wait wait) {
    switch (wait) {
    case Wait::none:
        return "nothing";
    case Wait::description:
        return "the peer's description";
    case Wait::gathering:
        return "ICE candidates of our own";
    case Wait::ice:
        return "a network path to the peer (ICE)";
    case Wait::dtls:
        return "the encryption handshake (DTLS)";
    case Wait::media:
        return "the peer's first media packet";
    }
    return "";
}

Commands Negotiation::fail(Fault fault, std::string text) {
    if (state_ == State::ended)
        return {};
    state_ = State::ended;
    return {command::Fail{fault, std::move(text)}};
}

void Negotiation::await(Commands& commands, Wait wait) {
    if (wait_ == wait)
        return;
    wait_ = wait;
    commands.push_back(command::AwaitUntil{wait});
}

Commands Negotiation::start() {
    Commands commands;
    if (options_.offerer) {
        state_ = State::preparing;
        commands.push_back(command::CreateOffer{});
    } else {
        await(commands, Wait::description);
    }
    return commands;
}

Commands Negotiation::remote_description(sdp::DescriptionType type) {
    bool is_offer = type == sdp::DescriptionType::offer;
    if (!options_.offerer && is_offer && state_ == State::idle) {
        Commands commands;
        state_ = State::preparing;
        await(commands, Wait::none);
        commands.push_back(command::ApplyRemote{});
        return commands;
    }
    if (options_.offerer && !is_offer && state_ == State::offered) {
        Commands commands;
        state_ = State::applying;
        await(commands, Wait::none);
        commands.push_back(command::ApplyRemote{});
        return commands;
    }
    if (state_ == State::ended)
        return {};
    // A connected session goes on as it is when a peer tries to renegotiate.
    if (state_ >= State::connecting)
        return {};
    return fail(Fault::rejected,
                is_offer ? "An offer was not expected now" : "An answer was not expected now");
}

Commands Negotiation::remote_candidate(guint mline, std::string candidate) {
    if (state_ == State::ended || ++remote_candidates_ > options_.max_candidates)
        return {};
    command::AddCandidate add{mline, std::move(candidate)};
    if (remote_applied_)
        return {add};
    early_remote_.push_back(std::move(add));
    return {};
}

void Negotiation::flush_candidates(Commands& commands) {
    for (auto& candidate : early_remote_)
        commands.push_back(std::move(candidate));
    early_remote_.clear();
}

Commands Negotiation::remote_applied() {
    if (state_ == State::ended)
        return {};
    remote_applied_ = true;
    Commands commands;
    if (options_.offerer) {
        flush_candidates(commands);
        connect(commands);
    } else {
        // webrtcbin has transports only once the answer is applied too: candidates wait for it.
        commands.push_back(command::CreateAnswer{});
        remote_applied_ = false;
    }
    return commands;
}

Commands Negotiation::local_created() {
    if (state_ == State::ended)
        return {};
    return {command::ApplyLocal{}};
}

Commands Negotiation::local_applied() {
    if (state_ == State::ended)
        return {};
    Commands commands;
    if (!options_.offerer) {
        remote_applied_ = true;
        flush_candidates(commands);
    }
    if (options_.trickle || gathered_) {
        for (auto& command : send_local())
            commands.push_back(std::move(command));
    } else {
        state_ = State::gathering;
        await(commands, Wait::gathering);
    }
    return commands;
}

Commands Negotiation::send_local() {
    Commands commands;
    local_sent_ = true;
    commands.push_back(command::SendDescription{});
    for (auto& candidate : early_local_)
        commands.push_back(std::move(candidate));
    early_local_.clear();
    if (options_.offerer) {
        state_ = State::offered;
        await(commands, Wait::description);
    } else {
        connect(commands);
    }
    return commands;
}

void Negotiation::connect(Commands& commands) {
    state_ = State::connecting;
    await(commands, Wait::ice);
    // A peer may be faster than our own bookkeeping.
    if (ice_up_)
        for (auto& command : ice_connected())
            commands.push_back(std::move(command));
}

Commands Negotiation::local_candidate(guint mline, std::string candidate) {
    if (!options_.trickle || state_ == State::ended)
        return {};
    command::SendCandidate send{mline, std::move(candidate)};
    if (local_sent_)
        return {send};
    early_local_.push_back(std::move(send));
    return {};
}

Commands Negotiation::gathering_complete() {
    if (gathered_ || state_ == State::ended)
        return {};
    gathered_ = true;
    if (options_.trickle)
        return local_candidate(0, "");
    return state_ == State::gathering ? send_local() : Commands{};
}

Commands Negotiation::ice_connected() {
    ice_up_ = true;
    if (state_ != State::connecting)
        return {};
    Commands commands;
    state_ = State::securing;
    await(commands, Wait::dtls);
    if (dtls_up_)
        for (auto& command : dtls_connected())
            commands.push_back(std::move(command));
    return commands;
}

Commands Negotiation::ice_failed() {
    return fail(Fault::connection,
                state_ == State::open
                    ? "The network path to the peer was lost (ICE failed)"
                    : "No network path to the peer was found (ICE failed): a firewall may be in "
                      "the way, a TURN server helps");
}

Commands Negotiation::dtls_connected() {
    dtls_up_ = true;
    if (state_ == State::connecting) // the peer connection is up, so ICE is
        return ice_connected();
    if (state_ != State::securing)
        return {};
    Commands commands;
    state_ = State::verifying;
    await(commands, Wait::none);
    commands.push_back(command::VerifyCertificate{});
    return commands;
}

Commands Negotiation::dtls_failed() {
    return fail(Fault::connection, "The encryption handshake with the peer failed (DTLS)");
}

Commands Negotiation::verified(bool matches) {
    if (state_ != State::verifying)
        return {};
    if (!matches)
        return fail(Fault::security,
                    "The peer's certificate is not the one its description announced");
    Commands commands;
    state_ = State::open;
    commands.push_back(command::Open{});
    if (options_.expect_media && !media_seen_)
        await(commands, Wait::media);
    return commands;
}

Commands Negotiation::ice_restarted() {
    Commands commands{command::SendDescription{}};
    if (state_ == State::connecting) // all of its time again
        commands.push_back(command::AwaitUntil{Wait::ice});
    return commands;
}

Commands Negotiation::media_received() {
    media_seen_ = true;
    Commands commands;
    if (wait_ == Wait::media)
        await(commands, Wait::none);
    return commands;
}

Commands Negotiation::deadline_passed() {
    if (wait_ == Wait::gathering && state_ == State::gathering)
        return send_local(); // with the candidates that there are
    return fail(Fault::timeout, std::string("Waited too long for ") + to_string(wait_));
}

Commands Negotiation::peer_silent() {
    return fail(Fault::lost, "The peer went silent: neither media nor reports come from it");
}

Commands Negotiation::failed(Fault fault, std::string text) {
    return fail(fault, std::move(text));
}

} // namespace rtc
