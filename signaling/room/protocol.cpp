#include "signaling/room/protocol.hpp"

#include "signaling/base/json.hpp"

namespace rtc::room {
namespace {

constexpr gint64 max_mline = 1000;
// What a client's meta is wrapped in on its way to another is a little deeper.
constexpr int max_client_depth = 24;
constexpr size_t max_client_values = 300;

Error missing(const char* type, const char* member) {
    return {std::string("\"") + type + "\" needs \"" + member + "\""};
}

Result<Roles> read_roles(const JsonValue& message) {
    auto names = message.texts("roles");
    if (!names)
        return Error{"\"roles\" must be a list of \"producer\", \"listener\" and \"consumer\""};
    Roles roles;
    for (const auto& name : *names) {
        if (name == "producer")
            roles.producer = true;
        else if (name == "listener")
            roles.listener = true;
        else if (name == "consumer")
            roles.consumer = true;
        else
            return Error{"there is no role \"" + shortened(name, 40) + "\""};
    }
    return roles;
}

Result<std::string> read_meta(const JsonValue& message) {
    if (!message.has("meta"))
        return std::string();
    auto meta = message.object("meta");
    if (!meta)
        return Error{"\"meta\" must be an object or null"};
    return meta->to_string();
}

Result<std::vector<Peer>> read_peers(const JsonValue& message, const char* member) {
    auto items = message.objects(member);
    if (!items)
        return missing("list", member);
    std::vector<Peer> peers;
    for (const auto& item : *items) {
        auto id = item.text("id");
        auto meta = read_meta(item);
        if (!id || !meta)
            return missing(member, "id");
        peers.push_back({*id, *meta});
    }
    return peers;
}

template <typename Message>
Result<Message> read_peer_message(const JsonValue& message) {
    auto session = message.text("sessionId");
    if (!session)
        return missing("peer", "sessionId");
    if (auto sdp = message.object("sdp")) {
        auto type = sdp->text("type");
        auto text = sdp->text("sdp");
        if (!text || (type != "offer" && type != "answer"))
            return Error{"\"sdp\" must have a \"type\" of offer or answer, and \"sdp\""};
        return Message(PeerMessage{*session, Description{type == "offer", *text}});
    }
    if (auto ice = message.object("ice")) {
        auto candidate = ice->text("candidate");
        auto mline = ice->integer("sdpMLineIndex");
        if (!candidate || !mline || *mline < 0 || *mline > max_mline)
            return Error{"\"ice\" must have \"candidate\" and \"sdpMLineIndex\""};
        return Message(PeerMessage{*session, Candidate{guint(*mline), *candidate}});
    }
    return Error{"\"peer\" needs \"sdp\" or \"ice\""};
}

template <typename Message>
Result<Message> read_end(const JsonValue& message, Version form) {
    auto session = message.text("sessionId");
    if (!session)
        return missing("endSession", "sessionId");
    EndSession end{*session, form, std::nullopt};
    if (form == Version::v1_1)
        end.error = message.text("error");
    return Message(end);
}

Result<ClientMessage> read_version(const JsonValue& message) {
    auto version = message.text("version");
    if (version == "v1_0")
        return ClientMessage(SetProtocolVersion{Version::v1_0});
    if (version == "v1_1")
        return ClientMessage(SetProtocolVersion{Version::v1_1});
    return Error{"\"version\" must be v1_0 or v1_1"};
}

Result<ClientMessage> read_status(const JsonValue& message) {
    auto roles = read_roles(message);
    if (!roles)
        return roles.error();
    auto meta = read_meta(message);
    if (!meta)
        return meta.error();
    return ClientMessage(SetPeerStatus{*roles, *meta});
}

Result<ServerMessage> read_status_change(const JsonValue& message) {
    auto status = read_status(message);
    if (!status)
        return status.error();
    auto peer = message.text("peerId");
    if (!peer)
        return missing("peerStatusChanged", "peerId");
    auto& read = std::get<SetPeerStatus>(*status);
    return ServerMessage(PeerStatusChanged{*peer, read.roles, read.meta});
}

Result<ServerMessage> read_session(const JsonValue& message, bool to_producer) {
    auto peer = message.text("peerId");
    auto session = message.text("sessionId");
    if (!peer || !session)
        return missing("startSession", peer ? "sessionId" : "peerId");
    if (to_producer)
        return ServerMessage(StartSession{*peer, *session, message.text("offer")});
    return ServerMessage(SessionStarted{*peer, *session});
}

Error unknown_type(const std::optional<std::string>& type) {
    if (!type)
        return {"the message has no \"type\""};
    return {"there is no message of type \"" + shortened(*type, 40) + "\""};
}

void write_roles(JsonWriter& writer, const Roles& roles) {
    writer.begin_array("roles");
    if (roles.producer)
        writer.item("producer");
    if (roles.listener)
        writer.item("listener");
    if (roles.consumer)
        writer.item("consumer");
    writer.end_array();
}

void write_peers(JsonWriter& writer, const char* member, const std::vector<Peer>& peers) {
    writer.begin_array(member);
    for (const auto& peer : peers)
        writer.begin_object().text("id", peer.id).json("meta", peer.meta).end_object();
    writer.end_array();
}

struct Write {
    JsonWriter& writer;

    void type(const char* name) { writer.text("type", name); }

    void operator()(const SetProtocolVersion& m) {
        type("setProtocolVersion");
        writer.text("version", m.version == Version::v1_1 ? "v1_1" : "v1_0");
    }
    void operator()(const SetPeerStatus& m) {
        type("setPeerStatus");
        write_roles(writer, m.roles);
        writer.json("meta", m.meta);
    }
    void operator()(const List&) { type("list"); }
    void operator()(const ListConsumers&) { type("listConsumers"); }
    void operator()(const AskSession& m) {
        type("startSession");
        writer.text("peerId", m.peer);
        if (m.offer)
            writer.text("offer", *m.offer);
    }
    void operator()(const PeerMessage& m) {
        type("peer");
        writer.text("sessionId", m.session);
        std::visit([this](const auto& content) { (*this)(content); }, m.content);
    }
    void operator()(const Description& m) {
        writer.begin_object("sdp").text("type", m.offer ? "offer" : "answer").text("sdp", m.sdp);
        writer.end_object();
    }
    void operator()(const Candidate& m) {
        writer.begin_object("ice").text("candidate", m.candidate);
        writer.integer("sdpMLineIndex", m.mline).end_object();
    }
    void operator()(const EndSession& m) {
        type(m.form == Version::v1_1 ? "endSessionV1_1" : "endSession");
        writer.text("sessionId", m.session);
        if (m.form == Version::v1_1)
            writer.text_or_null("error", m.error);
    }
    void operator()(const Welcome& m) {
        type("welcome");
        writer.text("peerId", m.peer);
    }
    void operator()(const PeerStatusChanged& m) {
        type("peerStatusChanged");
        write_roles(writer, m.roles);
        writer.json("meta", m.meta).text("peerId", m.peer);
    }
    void operator()(const Producers& m) {
        type("list");
        write_peers(writer, "producers", m.peers);
    }
    void operator()(const Consumers& m) {
        type("listConsumers");
        write_peers(writer, "consumers", m.peers);
    }
    void operator()(const SessionStarted& m) {
        type("sessionStarted");
        writer.text("peerId", m.peer).text("sessionId", m.session);
    }
    void operator()(const StartSession& m) {
        type("startSession");
        writer.text("peerId", m.peer).text("sessionId", m.session).text_or_null("offer", m.offer);
    }
    void operator()(const Complaint& m) {
        type("error");
        writer.text("details", m.details);
    }
};

template <typename Message>
std::string write(const Message& message) {
    JsonWriter writer;
    std::visit(Write{writer}, message);
    return writer.finish();
}

template <typename List>
Result<ServerMessage> read_list(const JsonValue& message, const char* member) {
    auto peers = read_peers(message, member);
    if (!peers)
        return peers.error();
    return ServerMessage(List{*peers});
}

} // namespace

Result<ClientMessage> parse_client_message(std::string_view text) {
    auto message = JsonValue::parse(text, max_client_depth, max_client_values);
    if (!message)
        return message.error();
    auto type = message->text("type");
    if (type == "setProtocolVersion")
        return read_version(*message);
    if (type == "setPeerStatus")
        return read_status(*message);
    if (type == "list")
        return ClientMessage(List{});
    if (type == "listConsumers")
        return ClientMessage(ListConsumers{});
    if (type == "startSession") {
        auto peer = message->text("peerId");
        if (!peer)
            return missing("startSession", "peerId");
        return ClientMessage(AskSession{*peer, message->text("offer")});
    }
    if (type == "peer")
        return read_peer_message<ClientMessage>(*message);
    if (type == "endSession")
        return read_end<ClientMessage>(*message, Version::v1_0);
    if (type == "endSessionV1_1")
        return read_end<ClientMessage>(*message, Version::v1_1);
    return unknown_type(type);
}

Result<ServerMessage> parse_server_message(std::string_view text) {
    auto message = JsonValue::parse(text);
    if (!message)
        return message.error();
    auto type = message->text("type");
    if (type == "welcome") {
        auto peer = message->text("peerId");
        if (!peer)
            return missing("welcome", "peerId");
        return ServerMessage(Welcome{*peer});
    }
    if (type == "peerStatusChanged")
        return read_status_change(*message);
    if (type == "list")
        return read_list<Producers>(*message, "producers");
    if (type == "listConsumers")
        return read_list<Consumers>(*message, "consumers");
    if (type == "sessionStarted")
        return read_session(*message, false);
    if (type == "startSession")
        return read_session(*message, true);
    if (type == "peer")
        return read_peer_message<ServerMessage>(*message);
    if (type == "endSession")
        return read_end<ServerMessage>(*message, Version::v1_0);
    if (type == "endSessionV1_1")
        return read_end<ServerMessage>(*message, Version::v1_1);
    if (type == "error")
        return ServerMessage(Complaint{message->text("details").value_or("")});
    return unknown_type(type);
}

std::string to_json(const ClientMessage& message) {
    return write(message);
}

std::string to_json(const ServerMessage& message) {
    return write(message);
}

Result<std::string> parse_meta(std::string_view meta) {
    if (meta.empty())
        return std::string();
    auto value = JsonValue::parse(meta, max_client_depth - 1, max_client_values);
    if (!value)
        return Error{"meta must be a JSON object, like {\"name\":\"hall\"}"};
    return value->to_string();
}

std::string name_in(const std::string& meta) {
    auto value = JsonValue::parse(meta);
    if (!value)
        return "";
    for (auto* member : {"name", "display-name"})
        if (auto name = value->text(member); name && !name->empty())
            return shortened(*name, 100);
    return "";
}

} // namespace rtc::room
