#include "signaling/room/room.hpp"

#include "signaling/base/json.hpp"

namespace rtc::room {
namespace {

void complain(const std::string& peer, std::string details, Outputs& outputs) {
    outputs.push_back(Send{peer, Complaint{std::move(details)}});
}

} // namespace

bool Room::join(const std::string& peer, Outputs& outputs) {
    if (locals_ >= limits_.peers)
        return false;
    if (!members_.try_emplace(peer).second)
        return false;
    locals_++;
    outputs.push_back(Send{peer, Welcome{peer}});
    return true;
}

void Room::receive(const std::string& peer, const ClientMessage& message, Outputs& outputs) {
    auto found = members_.find(peer);
    if (found == members_.end() || !found->second.instance.empty())
        return;
    std::visit([&](const auto& m) { handle(peer, m, outputs); }, message);
    found->second.spoke = true;
}

void Room::leave(const std::string& peer, Outputs& outputs) {
    auto found = members_.find(peer);
    if (found == members_.end() || !found->second.instance.empty())
        return;
    for (const auto& id : std::set(found->second.sessions))
        end(id, peer, std::nullopt, outputs);
    PeerStatusChanged gone{peer, {}, found->second.meta};
    members_.erase(found);
    locals_--;
    tell_listeners(gone, outputs);
    outputs.push_back(Tell{"", gone});
}

void Room::receive_from(const std::string& instance, const InstanceMessage& message,
                        Outputs& outputs) {
    std::visit([&](const auto& m) { handle_from(instance, m, outputs); }, message);
}

void Room::lose(const std::string& instance, Outputs& outputs) {
    auto sessions = sessions_;
    for (const auto& [id, session] : sessions)
        for (const auto* party : {&session.producer, &session.consumer})
            if (party->instance == instance)
                end(id, party->peer, "the server that the peer was connected to is gone", outputs);
    for (auto at = members_.begin(); at != members_.end();) {
        auto member = at++;
        if (member->second.instance != instance)
            continue;
        PeerStatusChanged gone{member->first, {}, member->second.meta};
        members_.erase(member);
        tell_listeners(gone, outputs);
    }
}

std::vector<PeerStatusChanged> Room::statuses() const {
    std::vector<PeerStatusChanged> all;
    for (const auto& [id, member] : members_)
        if (member.instance.empty() && member.roles != Roles{})
            all.push_back({id, member.roles, member.meta});
    return all;
}

void Room::handle(const std::string& peer, const SetProtocolVersion& message, Outputs& outputs) {
    auto& member = members_.at(peer);
    if (member.spoke)
        return complain(peer, "setProtocolVersion must be the first message", outputs);
    member.version = message.version;
}

void Room::handle(const std::string& peer, const SetPeerStatus& message, Outputs& outputs) {
    auto& member = members_.at(peer);
    if (message.roles.producer && message.roles.consumer)
        return complain(peer, "a peer can't be both producer and waiting consumer", outputs);
    if (member.roles == message.roles && member.meta == message.meta)
        return;
    auto before = std::exchange(member.roles, message.roles);
    member.meta = message.meta;
    if (before.producer && !message.roles.producer)
        end_all(peer, true, outputs);
    else if (before.consumer && !message.roles.consumer)
        end_all(peer, false, outputs);
    PeerStatusChanged status{peer, message.roles, message.meta};
    tell_listeners(status, outputs);
    outputs.push_back(Tell{"", status});
}

void Room::handle(const std::string& peer, const List&, Outputs& outputs) {
    outputs.push_back(Send{peer, Producers{with_role(&Roles::producer)}});
}

void Room::handle(const std::string& peer, const ListConsumers&, Outputs& outputs) {
    outputs.push_back(Send{peer, Consumers{with_role(&Roles::consumer)}});
}

void Room::handle(const std::string& peer, const AskSession& message, Outputs& outputs) {
    auto found = members_.find(message.peer);
    if (found == members_.end())
        return complain(peer, "there is no peer " + shortened(message.peer, 40), outputs);
    if (message.peer == peer)
        return complain(peer, "a peer can't have a session with itself", outputs);
    const auto& [id, target] = *found;
    if (!target.roles.producer && !target.roles.consumer)
        return complain(peer, "the peer " + id + " is neither producer nor waiting consumer",
                        outputs);
    if (!take_session(peer, outputs))
        return;
    Party here{peer, ""}, there{id, target.instance};
    OpenSession opened{new_id_(), id, peer, peer, message.offer};
    Session session{there, here};
    if (!target.roles.producer) {
        std::swap(opened.producer, opened.consumer);
        std::swap(session.producer, session.consumer);
        opened.offer.reset(); // there is no consumer's
    }
    open(opened, session, outputs);
    if (!target.instance.empty())
        outputs.push_back(Tell{target.instance, opened});
}

bool Room::take_session(const std::string& peer, Outputs& outputs) {
    bool full = sessions_.size() >= limits_.sessions ||
                members_.at(peer).sessions.size() >= limits_.sessions_per_peer;
    if (full)
        complain(peer, "there are too many sessions now; try again later", outputs);
    return !full;
}

void Room::open(const OpenSession& opened, const Session& session, Outputs& outputs) {
    sessions_.emplace(opened.session, session);
    for (const auto* party : {&session.producer, &session.consumer})
        if (party->instance.empty())
            members_.at(party->peer).sessions.insert(opened.session);
    if (session.consumer.instance.empty())
        outputs.push_back(Send{opened.consumer, SessionStarted{opened.producer, opened.session}});
    if (session.producer.instance.empty())
        outputs.push_back(
            Send{opened.producer, StartSession{opened.consumer, opened.session, opened.offer}});
}

const Room::Party* Room::other(const Session& session, const std::string& peer) {
    if (session.producer.peer == peer)
        return &session.consumer;
    if (session.consumer.peer == peer)
        return &session.producer;
    return nullptr;
}

void Room::handle(const std::string& peer, const PeerMessage& message, Outputs& outputs) {
    auto found = sessions_.find(message.session);
    if (found == sessions_.end())
        return; // it ended while this was on its way
    const auto* to = other(found->second, peer);
    if (!to)
        return complain(peer, "that session is not yours", outputs);
    auto* description = std::get_if<Description>(&message.content);
    if (description && description->offer && found->second.consumer.peer == peer)
        return complain(peer, "in this session the producer makes the offer", outputs);
    if (to->instance.empty())
        outputs.push_back(Send{to->peer, message});
    else
        outputs.push_back(Tell{to->instance, message});
}

void Room::handle(const std::string& peer, const EndSession& message, Outputs& outputs) {
    auto found = sessions_.find(message.session);
    if (found == sessions_.end())
        return;
    if (!other(found->second, peer))
        return complain(peer, "that session is not yours", outputs);
    end(message.session, peer, message.error, outputs);
}

void Room::end(const std::string& id, const std::string& by, std::optional<std::string> error,
               Outputs& outputs) {
    auto found = sessions_.find(id);
    if (found == sessions_.end())
        return;
    auto session = found->second;
    sessions_.erase(found);
    for (const auto* party : {&session.producer, &session.consumer})
        if (auto member = members_.find(party->peer); member != members_.end())
            member->second.sessions.erase(id);
    const auto* to = other(session, by);
    if (!to->instance.empty()) {
        outputs.push_back(Tell{to->instance, EndSession{id, Version::v1_1, std::move(error)}});
        return;
    }
    auto member = members_.find(to->peer);
    if (member == members_.end())
        return;
    auto form = member->second.version;
    if (form == Version::v1_0)
        error.reset();
    outputs.push_back(Send{to->peer, EndSession{id, form, std::move(error)}});
}

void Room::end_all(const std::string& peer, bool as_producer, Outputs& outputs) {
    for (const auto& id : std::set(members_.at(peer).sessions)) {
        const auto& session = sessions_.at(id);
        const auto& party = as_producer ? session.producer : session.consumer;
        if (party.peer == peer)
            end(id, peer, std::nullopt, outputs);
    }
}

void Room::tell_listeners(const PeerStatusChanged& status, Outputs& outputs) const {
    for (const auto& [id, member] : members_)
        if (member.instance.empty() && member.roles.listener)
            outputs.push_back(Send{id, status});
}

std::vector<Peer> Room::with_role(bool Roles::*role) const {
    std::vector<Peer> peers;
    for (const auto& [id, member] : members_)
        if (member.roles.*role)
            peers.push_back({id, member.meta});
    return peers;
}

void Room::handle_from(const std::string& instance, const PeerStatusChanged& status,
                       Outputs& outputs) {
    auto found = members_.find(status.peer);
    bool known = found != members_.end();
    if (known && found->second.instance != instance)
        return; // an id of ours, or of a third instance
    if (known && found->second.roles == status.roles && found->second.meta == status.meta)
        return;
    if (!known && status.roles == Roles{})
        return;
    if (status.roles == Roles{}) {
        members_.erase(found);
    } else {
        auto& member = members_[status.peer];
        member.instance = instance;
        member.roles = status.roles;
        member.meta = status.meta;
    }
    tell_listeners(status, outputs);
}

void Room::handle_from(const std::string& instance, const OpenSession& opened, Outputs& outputs) {
    bool asker_produces = opened.asker == opened.producer;
    const auto& target = asker_produces ? opened.consumer : opened.producer;
    auto found = members_.find(target);
    bool here = found != members_.end() && found->second.instance.empty();
    bool willing =
        here && (asker_produces ? found->second.roles.consumer : found->second.roles.producer);
    bool full = sessions_.size() >= limits_.sessions ||
                (here && found->second.sessions.size() >= limits_.sessions_per_peer);
    if (!willing || full || sessions_.contains(opened.session)) {
        auto* reason = full ? "the peer has too many sessions now" : "the peer is gone";
        outputs.push_back(Tell{instance, EndSession{opened.session, Version::v1_1, reason}});
        return;
    }
    Session session{{opened.producer, asker_produces ? instance : ""},
                    {opened.consumer, asker_produces ? "" : instance}};
    open(opened, session, outputs);
}

void Room::handle_from(const std::string& instance, const PeerMessage& message, Outputs& outputs) {
    auto found = sessions_.find(message.session);
    if (found == sessions_.end()) {
        // It ended here; the other instance may have missed that.
        outputs.push_back(
            Tell{instance, EndSession{message.session, Version::v1_1, "the session is over"}});
        return;
    }
    const auto& [producer, consumer] = found->second;
    if (producer.instance == instance && consumer.instance.empty())
        outputs.push_back(Send{consumer.peer, message});
    else if (consumer.instance == instance && producer.instance.empty())
        outputs.push_back(Send{producer.peer, message});
}

void Room::handle_from(const std::string& instance, const EndSession& message, Outputs& outputs) {
    auto found = sessions_.find(message.session);
    if (found == sessions_.end())
        return;
    const auto& [producer, consumer] = found->second;
    if (producer.instance == instance)
        end(message.session, std::string(producer.peer), message.error, outputs);
    else if (consumer.instance == instance)
        end(message.session, std::string(consumer.peer), message.error, outputs);
}

} // namespace rtc::room
