#include "signaling/janus/janus.hpp"

#include <algorithm>

namespace rtc::janus {

using namespace command;

namespace {

constexpr const char* videoroom = "janus.plugin.videoroom";
constexpr const char* streaming = "janus.plugin.streaming";

template <typename T>
void append(Commands& commands, T&& more) {
    for (auto& command : more)
        commands.push_back(std::move(command));
}

} // namespace

Janus::Janus(Config config, Random random, NewId new_id)
    : config_(std::move(config))
    , random_(std::move(random))
    , new_id_(std::move(new_id))
    , backoff_(config_.first_pause, config_.longest_pause) {}

Commands Janus::start() {
    return {Connect{}};
}

// What every request has (the Janus API's session_id, handle_id, transaction and secrets).
JsonWriter Janus::head(const char* janus, const std::string& transaction,
                       guint64 janus_handle) const {
    JsonWriter json;
    json.text("janus", janus).text("transaction", transaction);
    if (session_)
        json.integer("session_id", gint64(session_));
    if (janus_handle)
        json.integer("handle_id", gint64(janus_handle));
    if (!config_.token.empty())
        json.text("token", config_.token);
    if (!config_.api_secret.empty())
        json.text("apisecret", config_.api_secret);
    return json;
}

JsonWriter Janus::request(const char* janus, Pending::Kind kind, guint64 number, Time now) {
    auto transaction = new_id_();
    pending_[transaction] = {kind, number, now + config_.answer_timeout};
    auto handle = handles_.find(number);
    return head(janus, transaction, handle == handles_.end() ? 0 : handle->second.id);
}

Commands Janus::connected(Time now) {
    connected_ = true;
    return {Send{request("create", Pending::create, 0, now).finish()}};
}

Commands Janus::set_live(bool live, Time now) {
    live_ = live;
    return begin(now);
}

// A publisher begins once there is something to send; the others at once.
Commands Janus::begin(Time now) {
    if (!session_ || !handles_.empty() || done_ || stopping_ || resume_ || !live_)
        return {};
    return attach({.use = config_.task == Task::subscribe ? Use::control : Use::media}, now);
}

Commands Janus::attach(Handle handle, Time now) {
    auto number = ++last_number_;
    auto plugin = config_.task == Task::watch ? streaming : videoroom;
    auto json = request("attach", Pending::attach, number, now);
    handles_[number] = std::move(handle);
    return {Send{json.text("plugin", plugin).finish()}};
}

Send Janus::detach(const Handle& handle) const {
    return {head("detach", new_id_(), handle.id).finish()};
}

Commands Janus::attached(guint64 number, Time now) {
    auto& handle = handles_.at(number);
    if (handle.use == Use::media && config_.task == Task::publish) {
        handle.session = new_id_();
        handle.peer = "room " + std::to_string(config_.room);
        return {StartSession{handle.session, handle.peer, GST_RTC_OFFERER_HOST}};
    }
    auto json = request("message", Pending::other, number, now);
    json.begin_object("body");
    if (config_.task == Task::watch) {
        json.text("request", "watch").integer("id", gint64(config_.mountpoint));
    } else {
        json.text("request", "join").integer("room", gint64(config_.room));
        json.text("ptype", handle.use == Use::control ? "publisher" : "subscriber");
        if (handle.use == Use::control && !config_.display.empty())
            json.text("display", config_.display);
        if (handle.use == Use::media) {
            json.begin_array("streams").begin_object();
            json.integer("feed", gint64(handle.feed)).end_object().end_array();
        }
    }
    if (!config_.pin.empty())
        json.text("pin", config_.pin);
    return {Send{json.end_object().finish()}};
}

Commands Janus::describe(const std::string& session, GstWebRTCSDPType type, const std::string& sdp,
                         Time now) {
    auto* handle = find(session);
    bool publishes = config_.task == Task::publish;
    if (!handle || publishes != (type == GST_WEBRTC_SDP_TYPE_OFFER))
        return {};
    auto number = number_of(handle->id);
    auto json = request("message", Pending::other, number, now);
    json.begin_object("body");
    if (publishes) {
        json.text("request", "joinandconfigure").text("ptype", "publisher");
        json.integer("room", gint64(config_.room));
        if (!config_.display.empty())
            json.text("display", config_.display);
        if (!config_.pin.empty())
            json.text("pin", config_.pin);
    } else {
        json.text("request", "start");
    }
    json.end_object().begin_object("jsep");
    json.text("type", publishes ? "offer" : "answer").text("sdp", sdp).end_object();
    return {Send{json.finish()}};
}

Commands Janus::add_candidate(const std::string& session, guint mline, const char* candidate) {
    auto* handle = find(session);
    if (!handle)
        return {};
    auto json = head("trickle", new_id_(), handle->id);
    json.begin_object("candidate");
    if (candidate)
        json.integer("sdpMLineIndex", mline).text("candidate", candidate);
    else
        json.json("completed", "true");
    return {Send{json.end_object().finish()}};
}

Commands Janus::end(const std::string& session, GstRtcEndReason reason, const std::string& text,
                    Time now) {
    auto* handle = find(session);
    if (!handle)
        return {};
    auto number = number_of(handle->id);
    handle->session.clear(); // the host knows
    if (reason == GST_RTC_END_REASON_HANGUP || reason == GST_RTC_END_REASON_SHUTDOWN) {
        // One publisher less is not the end of a subscription to the room.
        done_ = done_ || reason == GST_RTC_END_REASON_SHUTDOWN || config_.task != Task::subscribe;
        Commands commands{detach(*handle)};
        handles_.erase(number);
        return commands;
    }
    return ended(number, reason, text, now);
}

// One handle is over. A subscriber goes on with the other publishers; the rest tries again.
Commands Janus::ended(guint64 number, GstRtcEndReason reason, const std::string& text, Time now) {
    auto found = handles_.extract(number);
    if (!found)
        return {};
    auto& handle = found.mapped();
    Commands commands;
    if (!handle.session.empty())
        commands.push_back(CloseSession{handle.session, reason, text});
    if (handle.id)
        commands.push_back(detach(handle));
    std::erase_if(pending_, [&](const auto& entry) { return entry.second.handle == number; });
    if (handle.use == Use::control || config_.task != Task::subscribe)
        pause(commands, text, now);
    else if (reason != GST_RTC_END_REASON_HANGUP && connected_)
        append(commands,
               attach({.use = Use::media, .feed = handle.feed, .peer = handle.peer}, now));
    return commands;
}

void Janus::drop(Commands& commands, GstRtcEndReason reason, const std::string& text) {
    for (auto& [number, handle] : handles_)
        if (!handle.session.empty())
            commands.push_back(CloseSession{handle.session, reason, text});
    handles_.clear();
    pending_.clear();
    session_ = 0;
}

void Janus::pause(Commands& commands, const std::string& text, Time now) {
    if (done_ || stopping_)
        return;
    if (!std::exchange(warned_, true))
        commands.push_back(Warn{text + ". It will be tried again"});
    resume_ = now + backoff_.next(random_());
}

Commands Janus::lost(const std::string& text, Time now) {
    Commands commands;
    connected_ = false;
    drop(commands, GST_RTC_END_REASON_LOST, text);
    pause(commands, text, now);
    return commands;
}

Commands Janus::refused(const std::string& text) {
    Commands commands;
    drop(commands, GST_RTC_END_REASON_REJECTED, text);
    done_ = true;
    commands.push_back(GiveUp{text});
    return commands;
}

Commands Janus::advance(Time now) {
    Commands commands;
    if (resume_ && now >= *resume_) {
        resume_.reset();
        if (!connected_)
            commands.push_back(Connect{});
        else
            append(commands, begin(now));
    }
    if (session_ && !stopping_ && now >= next_keepalive_) {
        next_keepalive_ = now + config_.keepalive;
        commands.push_back(Send{request("keepalive", Pending::keepalive, 0, now).finish()});
    }
    auto late = std::ranges::find_if(pending_,
                                     [&](const auto& entry) { return now >= entry.second.until; });
    if (late != pending_.end() && !stopping_) {
        connected_ = false;
        drop(commands, GST_RTC_END_REASON_TIMEOUT, "Janus does not answer");
        pause(commands, "Janus does not answer", now);
    }
    return commands;
}

std::optional<Time> Janus::deadline() const {
    auto first = resume_;
    auto consider = [&](Time time) { first = first ? std::min(*first, time) : time; };
    if (session_ && !stopping_)
        consider(next_keepalive_);
    for (const auto& [transaction, pending] : pending_)
        if (!stopping_)
            consider(pending.until);
    return first;
}

Commands Janus::stop() {
    Commands commands;
    for (auto& [number, handle] : handles_)
        if (!handle.session.empty())
            commands.push_back(
                CloseSession{handle.session, GST_RTC_END_REASON_SHUTDOWN, "The pipeline stops"});
    handles_.clear();
    pending_.clear();
    resume_.reset();
    stopping_ = true;
    if (connected_ && session_)
        commands.push_back(Send{request("destroy", Pending::destroy, 0, Time{}).finish()});
    else
        session_ = 0;
    return commands;
}

guint64 Janus::number_of(guint64 janus_id) const {
    for (const auto& [number, handle] : handles_)
        if (handle.id == janus_id)
            return number;
    return 0;
}

Janus::Handle* Janus::find(const std::string& session) {
    for (auto& [number, handle] : handles_)
        if (!session.empty() && handle.session == session)
            return &handle;
    return nullptr;
}

} // namespace rtc::janus
