#include "signaling/room/participant.hpp"

namespace rtc::room {
namespace {

constexpr std::chrono::seconds first_wait{1}, longest_wait{30};
// How long the server may take to start a session that was asked for.
constexpr std::chrono::seconds answer_wait{10};
// A session that lasted so long wasn't a failure.
constexpr std::chrono::seconds good_session{20};

// Whether another session with the same peer may go better.
bool may_pass(GstRtcEndReason reason) {
    switch (reason) {
    case GST_RTC_END_REASON_BUSY:
    case GST_RTC_END_REASON_TIMEOUT:
    case GST_RTC_END_REASON_CONNECTION:
    case GST_RTC_END_REASON_LOST:
    case GST_RTC_END_REASON_ERROR:
        return true;
    default:
        return false;
    }
}

bool is_fault(GstRtcEndReason reason) {
    return reason != GST_RTC_END_REASON_HANGUP && reason != GST_RTC_END_REASON_SHUTDOWN;
}

} // namespace

Roles Participant::roles() const {
    if (part_.produce)
        return {.producer = live_, .listener = calls()};
    return {.listener = calls(), .consumer = part_.wait_for_call};
}

bool Participant::calls() const {
    return part_.produce ? !part_.target.empty() : !part_.wait_for_call;
}

bool Participant::wants(const std::string& peer, const Roles& roles) const {
    if (!calls() || peer == id_ || (!part_.target.empty() && peer != part_.target))
        return false;
    return part_.produce ? roles.consumer : roles.producer;
}

// The order is the protocol's: the version first. Nothing has to wait for the welcome.
Commands Participant::connected() {
    connected_ = true;
    Commands commands;
    commands.push_back(ToServer{SetProtocolVersion{Version::v1_1}});
    commands.push_back(ToServer{SetPeerStatus{roles(), part_.meta}});
    if (calls() && part_.produce)
        commands.push_back(ToServer{ListConsumers{}});
    else if (calls())
        commands.push_back(ToServer{List{}});
    return commands;
}

Commands Participant::disconnected(const std::string& text) {
    connected_ = false;
    id_.clear();
    targets_.clear();
    Commands commands;
    for (const auto& [id, session] : std::exchange(sessions_, {}))
        commands.push_back(CloseSession{id, GST_RTC_END_REASON_LOST, text});
    return commands;
}

Commands Participant::stop() {
    Commands commands;
    for (const auto& [id, session] : std::exchange(sessions_, {})) {
        commands.push_back(ToServer{EndSession{id}});
        commands.push_back(CloseSession{id, GST_RTC_END_REASON_SHUTDOWN, "the element stops"});
    }
    targets_.clear();
    connected_ = false;
    return commands;
}

Commands Participant::set_live(bool live) {
    if (std::exchange(live_, live) == live || !connected_ || !part_.produce)
        return {};
    Commands commands;
    commands.push_back(ToServer{SetPeerStatus{roles(), part_.meta}});
    return commands;
}

Commands Participant::describe(const std::string& session, bool offer, std::string sdp) {
    if (!sessions_.contains(session))
        return {};
    return {ToServer{PeerMessage{session, Description{offer, std::move(sdp)}}}};
}

Commands Participant::candidate(const std::string& session, guint mline, std::string candidate) {
    if (!sessions_.contains(session))
        return {};
    return {ToServer{PeerMessage{session, Candidate{mline, std::move(candidate)}}}};
}

Commands Participant::end(const std::string& session, GstRtcEndReason reason,
                          const std::string& text, Time now) {
    if (!sessions_.contains(session))
        return {};
    forget(session, may_pass(reason), now);
    EndSession message{session};
    if (is_fault(reason)) {
        message.form = Version::v1_1;
        message.error = text;
    }
    return {ToServer{message}};
}

void Participant::forget(const std::string& session, bool again, Time now) {
    auto found = sessions_.find(session);
    if (found == sessions_.end())
        return;
    auto target = targets_.find(found->second.peer);
    sessions_.erase(found);
    if (target == targets_.end() || target->second.session != session)
        return;
    target->second.session.clear();
    if (now - target->second.since >= good_session)
        target->second.backoff.reset();
    if (again)
        target->second.due = now + target->second.backoff.next(random_());
}

Commands Participant::receive(const ServerMessage& message, Time now) {
    Commands commands;
    std::visit([&](const auto& m) { handle(m, now, commands); }, message);
    return commands;
}

void Participant::handle(const Welcome& message, Time, Commands&) {
    id_ = message.peer;
}

void Participant::handle(const PeerStatusChanged& message, Time now, Commands& commands) {
    if (wants(message.peer, message.roles))
        found({message.peer, message.meta}, now, commands);
    else if (!(part_.produce ? message.roles.consumer : message.roles.producer))
        targets_.erase(message.peer); // the server ends its sessions
}

void Participant::handle(const Producers& message, Time now, Commands& commands) {
    set_listed(message.peers, {.producer = true}, now, commands);
}

void Participant::handle(const Consumers& message, Time now, Commands& commands) {
    set_listed(message.peers, {.consumer = true}, now, commands);
}

void Participant::set_listed(const std::vector<Peer>& peers, const Roles& as, Time now,
                             Commands& commands) {
    for (const auto& peer : peers)
        if (wants(peer.id, as))
            found(peer, now, commands);
}

void Participant::found(const Peer& peer, Time now, Commands& commands) {
    auto [at, is_new] =
        targets_.try_emplace(peer.id, Target{Backoff(first_wait, longest_wait), peer.meta});
    at->second.meta = peer.meta;
    if (is_new)
        ask(peer.id, at->second, now, commands);
}

void Participant::ask(const std::string& peer, Target& target, Time now, Commands& commands) {
    target.due.reset();
    if (part_.produce && !live_) {
        target.due = now + target.backoff.next(random_());
        return;
    }
    target.asked_until = now + answer_wait;
    commands.push_back(ToServer{AskSession{peer, std::nullopt}});
}

bool Participant::begin(const std::string& session, const std::string& peer, bool host_offers,
                        Time now, Commands& commands) {
    if (!sessions_.try_emplace(session, Session{peer}).second) {
        commands.push_back(Note{"the server started the session " + session + " twice"});
        return false;
    }
    std::string meta;
    if (auto found = targets_.find(peer); found != targets_.end()) {
        auto& target = found->second;
        meta = target.meta;
        target.session = session;
        target.since = now;
        target.due.reset();
        target.asked_until.reset();
    }
    auto name = name_in(meta);
    commands.push_back(BeginSession{session, peer, name.empty() ? peer : name, meta, host_offers});
    return true;
}

void Participant::handle(const SessionStarted& message, Time now, Commands& commands) {
    auto found = targets_.find(message.peer);
    bool asked = found != targets_.end() && found->second.asked_until;
    if (part_.produce || (!asked && !part_.wait_for_call)) {
        commands.push_back(ToServer{EndSession{message.session}});
        return;
    }
    begin(message.session, message.peer, false, now, commands);
}

void Participant::handle(const StartSession& message, Time now, Commands& commands) {
    if (!part_.produce || !live_) {
        commands.push_back(
            ToServer{EndSession{message.session, Version::v1_1, "there is nothing to watch now"}});
        return;
    }
    if (begin(message.session, message.peer, !message.offer, now, commands) && message.offer)
        commands.push_back(GiveDescription{message.session, Description{true, *message.offer}});
}

void Participant::handle(const PeerMessage& message, Time, Commands& commands) {
    if (!sessions_.contains(message.session))
        return;
    if (auto* description = std::get_if<Description>(&message.content))
        commands.push_back(GiveDescription{message.session, *description});
    else
        commands.push_back(GiveCandidate{message.session, std::get<Candidate>(message.content)});
}

void Participant::handle(const EndSession& message, Time now, Commands& commands) {
    if (!sessions_.contains(message.session))
        return;
    forget(message.session, true, now);
    bool fault = message.error && !message.error->empty();
    commands.push_back(CloseSession{
        message.session, fault ? GST_RTC_END_REASON_ERROR : GST_RTC_END_REASON_HANGUP,
        fault ? "the peer ended the session: " + *message.error : "the peer ended the session"});
}

void Participant::handle(const Complaint& message, Time, Commands& commands) {
    commands.push_back(Note{"the server says: " + message.details});
}

std::optional<Time> Participant::deadline() const {
    std::optional<Time> first;
    for (const auto& [peer, target] : targets_)
        for (const auto& time : {target.due, target.asked_until})
            if (time && (!first || *time < *first))
                first = time;
    return first;
}

Commands Participant::advance(Time now) {
    Commands commands;
    for (auto& [peer, target] : targets_) {
        if (target.asked_until && *target.asked_until <= now) {
            target.asked_until.reset();
            target.due = now + target.backoff.next(random_());
        }
        if (target.due && *target.due <= now)
            ask(peer, target, now, commands);
    }
    return commands;
}

} // namespace rtc::room
