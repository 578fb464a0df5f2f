// The messages of GStreamer's own signaling server: what webrtcsink, webrtcsrc and the browser
// library gstwebrtc-api speak, one JSON object in each text frame of a WebSocket. Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtc::room {

enum class Version { v1_0, v1_1 };

struct Roles {
    bool producer = false; // sends media to whoever starts a session
    bool listener = false; // is told of all others
    bool consumer = false; // waits for a producer to start a session
    bool operator==(const Roles&) const = default;
};

// `meta` is the text of a JSON object, or "" for none.
struct Peer {
    std::string id;
    std::string meta;
    bool operator==(const Peer&) const = default;
};

// From client to server.
struct SetProtocolVersion {
    Version version;
    bool operator==(const SetProtocolVersion&) const = default;
};
struct SetPeerStatus {
    Roles roles;
    std::string meta;
    bool operator==(const SetPeerStatus&) const = default;
};
struct List {
    bool operator==(const List&) const = default;
};
struct ListConsumers {
    bool operator==(const ListConsumers&) const = default;
};
struct AskSession { // "startSession"
    std::string peer;
    std::optional<std::string> offer;
    bool operator==(const AskSession&) const = default;
};

// Both ways.
struct Description {
    bool offer; // else an answer
    std::string sdp;
    bool operator==(const Description&) const = default;
};
struct Candidate {
    guint mline;
    std::string candidate; // "" when there are no more
    bool operator==(const Candidate&) const = default;
};
struct PeerMessage { // "peer"
    std::string session;
    std::variant<Description, Candidate> content;
    bool operator==(const PeerMessage&) const = default;
};
struct EndSession {
    std::string session;
    Version form = Version::v1_0;     // v1_0 has no room for the error
    std::optional<std::string> error; // in words
    bool operator==(const EndSession&) const = default;
};

// From server to client.
struct Welcome {
    std::string peer;
    bool operator==(const Welcome&) const = default;
};
struct PeerStatusChanged {
    std::string peer;
    Roles roles; // none: gone
    std::string meta;
    bool operator==(const PeerStatusChanged&) const = default;
};
struct Producers { // "list"
    std::vector<Peer> peers;
    bool operator==(const Producers&) const = default;
};
struct Consumers { // "listConsumers"
    std::vector<Peer> peers;
    bool operator==(const Consumers&) const = default;
};
struct SessionStarted { // to the consumer
    std::string peer;   // the producer
    std::string session;
    bool operator==(const SessionStarted&) const = default;
};
struct StartSession { // to the producer
    std::string peer; // the consumer
    std::string session;
    std::optional<std::string> offer; // the consumer's; without one the producer offers
    bool operator==(const StartSession&) const = default;
};
struct Complaint { // "error"
    std::string details;
    bool operator==(const Complaint&) const = default;
};

using ClientMessage = std::variant<SetProtocolVersion, SetPeerStatus, List, ListConsumers,
                                   AskSession, PeerMessage, EndSession>;
using ServerMessage = std::variant<Welcome, PeerStatusChanged, Producers, Consumers, SessionStarted,
                                   StartSession, PeerMessage, EndSession, Complaint>;

// The error says what is wrong with the message. Members that are not known are passed over.
Result<ClientMessage> parse_client_message(std::string_view text);
Result<ServerMessage> parse_server_message(std::string_view text);
std::string to_json(const ClientMessage& message);
std::string to_json(const ServerMessage& message);

// The text of a JSON object without white space, or "" where there is none in `meta`; refused:
// anything else. For settings.
Result<std::string> parse_meta(std::string_view meta);
// What a peer calls itself in its meta ("name", "display-name"), at most 100 characters; "" where
// it doesn't say.
std::string name_in(const std::string& meta);

} // namespace rtc::room
