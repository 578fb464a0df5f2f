#include "signaling/room/parcel.hpp"

#include "signaling/base/json.hpp"

namespace rtc::room {
namespace {

constexpr int max_depth = 40; // deeper than what a server sends its clients

// What both clients and instances get is written as for clients.
std::optional<InstanceMessage> shared(const ServerMessage& message) {
    if (auto* status = std::get_if<PeerStatusChanged>(&message))
        return *status;
    if (auto* peer = std::get_if<PeerMessage>(&message))
        return *peer;
    if (auto* end = std::get_if<EndSession>(&message))
        return *end;
    return std::nullopt;
}

Result<InstanceMessage> read_open(const JsonValue& open) {
    auto session = open.text("session"), producer = open.text("producer");
    auto consumer = open.text("consumer"), asker = open.text("asker");
    if (!session || !producer || !consumer || (asker != producer && asker != consumer))
        return Error{"the parcel opens no session"};
    return InstanceMessage(OpenSession{*session, *producer, *consumer, *asker, open.text("offer")});
}

Result<InstanceMessage> read_message(const JsonValue& parcel) {
    if (auto open = parcel.object("open"))
        return read_open(*open);
    auto message = parcel.object("message");
    if (!message)
        return Error{"the parcel is empty"};
    auto read = parse_server_message(message->to_string());
    if (!read)
        return read.error();
    auto content = shared(*read);
    if (!content)
        return Error{"the parcel holds what only clients get"};
    return *content;
}

struct Write {
    JsonWriter& writer;

    void operator()(const Hello&) { writer.text("type", "hello"); }
    void operator()(const Bye&) { writer.text("type", "bye"); }
    void operator()(const InstanceMessage& message) {
        writer.text("type", "message");
        std::visit(*this, message);
    }
    void operator()(const OpenSession& open) {
        writer.begin_object("open").text("session", open.session).text("producer", open.producer);
        writer.text("consumer", open.consumer).text("asker", open.asker);
        writer.text_or_null("offer", open.offer).end_object();
    }
    template <typename Message>
    void operator()(const Message& message) {
        writer.json("message", to_json(ServerMessage(message)));
    }
};

} // namespace

Result<Parcel> parse_parcel(std::string_view text) {
    auto value = JsonValue::parse(text, max_depth);
    if (!value)
        return value.error();
    auto from = value->text("from"), room = value->text("room"), type = value->text("type");
    if (!from || !room)
        return Error{"the parcel has no sender or no room"};
    if (type == "hello")
        return Parcel{*from, *room, Hello{}};
    if (type == "bye")
        return Parcel{*from, *room, Bye{}};
    auto message = read_message(*value);
    if (!message)
        return message.error();
    return Parcel{*from, *room, *message};
}

std::string to_json(const Parcel& parcel) {
    JsonWriter writer;
    writer.text("from", parcel.from).text("room", parcel.room);
    std::visit(Write{writer}, parcel.content);
    return writer.finish();
}

} // namespace rtc::room
