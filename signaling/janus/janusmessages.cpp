// What messages of Janus mean.
#include "signaling/janus/janus.hpp"

#include <algorithm>

namespace rtc::janus {

using namespace command;

namespace {

template <typename T>
void append(Commands& commands, T&& more) {
    for (auto& command : more)
        commands.push_back(std::move(command));
}

// Codes of the videoroom, of streaming and of Janus itself that stay what they are: no such room or
// mountpoint, a wrong pin, secret or token.
bool is_fatal(gint64 code) {
    return code == 426 || code == 433 || code == 455 || code == 403 || code == 405;
}

} // namespace

Commands Janus::received(std::string_view text, Time now) {
    auto message = JsonValue::parse(text);
    if (!message)
        return {};
    auto what = message->text("janus").value_or("");
    auto transaction = message->text("transaction").value_or("");
    auto sender = number_of(guint64(message->integer("sender").value_or(-1)));
    auto found = pending_.find(transaction);
    if (what == "ack") { // of a message: the answer itself comes as an event
        if (found != pending_.end() && found->second.kind == Pending::keepalive)
            pending_.erase(found);
        return {};
    }
    if (found != pending_.end()) {
        auto pending = found->second;
        pending_.erase(found);
        if (what == "success")
            return succeeded(pending, *message, now);
        if (auto error = message->object("error"); what == "error" && error)
            return failed(pending.handle, *error, "code", "reason", now);
    }
    if (what == "timeout")
        return lost("Janus let its session time out", now);
    if (!sender)
        return {};
    if (what == "event")
        return event(sender, *message, now);
    if (what == "trickle")
        return trickled(handles_.at(sender), *message);
    if (what == "hangup")
        return ended(sender, GST_RTC_END_REASON_CONNECTION,
                     "Janus hung up: " + message->text("reason").value_or("no reason was given"),
                     now);
    if (what == "detached")
        return ended(sender, GST_RTC_END_REASON_CONNECTION, "Janus let the session go", now);
    const auto& session = handles_.at(sender).session;
    if (what == "slowlink" && !session.empty())
        return {SlowLink{session, message->to_string().find("\"uplink\":true") != std::string::npos,
                         guint64(message->integer("lost").value_or(0))}};
    if (what == "webrtcup") { // it works: the next outage is a new one
        backoff_.reset();
        warned_ = false;
    }
    return {};
}

Commands Janus::succeeded(const Pending& pending, const JsonValue& message, Time now) {
    auto data = message.object("data");
    auto id = data ? guint64(data->integer("id").value_or(0)) : 0;
    if (pending.kind == Pending::destroy)
        session_ = 0;
    if (pending.kind == Pending::create && id) {
        session_ = id;
        next_keepalive_ = now + config_.keepalive;
        return begin(now);
    }
    auto found = handles_.find(pending.handle);
    if (pending.kind != Pending::attach || !id || found == handles_.end())
        return {};
    found->second.id = id;
    return attached(pending.handle, now);
}

Commands Janus::failed(guint64 number, const JsonValue& error, const char* code, const char* text,
                       Time now) {
    auto value = error.integer(code).value_or(0);
    auto words = "Janus refused: " + shortened(error.text(text).value_or("no reason"), 200) + " (" +
                 std::to_string(value) + ")";
    if (is_fatal(value))
        return refused(words);
    if (!number)
        return lost(words, now);
    return ended(number, GST_RTC_END_REASON_ERROR, words, now);
}

Commands Janus::event(guint64 number, const JsonValue& message, Time now) {
    auto plugin = message.object("plugindata");
    auto data = plugin ? plugin->object("data") : std::nullopt;
    if (!data)
        return {};
    if (data->has("error_code"))
        return failed(number, *data, "error_code", "error", now);
    auto& handle = handles_.at(number);
    if (handle.use == Use::control)
        return publishers(*data, now);
    if (auto result = data->object("result"); result && result->text("status") == "stopped")
        return ended(number, GST_RTC_END_REASON_HANGUP, "the stream was stopped", now);
    auto jsep = message.object("jsep");
    auto sdp = jsep ? jsep->text("sdp") : std::nullopt;
    if (!sdp)
        return {};
    if (jsep->text("type") == "offer")
        return offered(handle, *sdp);
    if (handle.session.empty() || std::exchange(handle.answered, true))
        return {};
    return {Describe{handle.session, GST_WEBRTC_SDP_TYPE_ANSWER, *sdp}};
}

Commands Janus::offered(Handle& handle, const std::string& sdp) {
    if (!handle.session.empty())
        return {}; // an update; the session goes on as it is
    handle.session = new_id_();
    if (handle.peer.empty())
        handle.peer = "mountpoint " + std::to_string(config_.mountpoint);
    return {StartSession{handle.session, handle.peer, GST_RTC_OFFERER_PEER},
            Describe{handle.session, GST_WEBRTC_SDP_TYPE_OFFER, sdp}};
}

// Who sends in the room: those that were there, then those that come and go.
Commands Janus::publishers(const JsonValue& data, Time now) {
    Commands commands;
    for (const auto& one : data.objects("publishers").value_or(std::vector<JsonValue>())) {
        auto feed = guint64(one.integer("id").value_or(0));
        bool known = std::ranges::any_of(
            handles_, [&](const auto& entry) { return entry.second.feed == feed; });
        if (!feed || known || (config_.feed && feed != config_.feed))
            continue;
        auto name = one.text("display").value_or("");
        append(commands, attach({.use = Use::media,
                                 .feed = feed,
                                 .peer = name.empty() ? std::to_string(feed) : shortened(name, 64)},
                                now));
    }
    for (const char* word : {"unpublished", "leaving"})
        if (auto feed = data.integer(word))
            append(commands, forget_feed(guint64(*feed), now));
    return commands;
}

Commands Janus::forget_feed(guint64 feed, Time now) {
    for (const auto& [number, handle] : handles_)
        if (handle.feed == feed && feed)
            return ended(number, GST_RTC_END_REASON_HANGUP, "the publisher left", now);
    return {};
}

Commands Janus::trickled(const Handle& handle, const JsonValue& message) {
    auto candidate = message.object("candidate");
    if (!candidate || handle.session.empty())
        return {};
    auto mline = guint(CLAMP(candidate->integer("sdpMLineIndex").value_or(0), 0, 1000));
    return {GiveCandidate{handle.session, mline, candidate->text("candidate")}};
}

} // namespace rtc::janus
