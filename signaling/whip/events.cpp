#include "signaling/whip/events.hpp"

#include "signaling/base/json.hpp"
#include "signaling/http/message.hpp"

#include <algorithm>

namespace rtc::whip {
namespace {

constexpr size_t max_subscriptions = 4; // a session

} // namespace

Result<std::set<std::string>> read_event_names(std::string_view json) {
    json = trim(json);
    if (json.empty())
        json = R"(["active","inactive","layers","viewercount","reconnect"])";
    if (!json.starts_with('[') || !json.ends_with(']'))
        return Error{"the body must be a JSON list of events: [\"active\", \"viewercount\"]"};
    auto read = JsonValue::parse("{\"events\":" + std::string(json) + "}", 4, 50);
    auto names = read ? read->texts("events") : std::nullopt;
    if (!names || names->empty())
        return Error{"the body must be a JSON list of events: [\"active\", \"viewercount\"]"};
    for (const auto& name : *names)
        if (!http::lists(event_names, name))
            return Error{"there is no event \"" + name + "\", but " + event_names};
    return std::set<std::string>(names->begin(), names->end());
}

std::string viewer_count(size_t viewers) {
    return "{\"viewercount\":" + std::to_string(viewers) + "}";
}

std::optional<std::string> Events::subscribe(const std::string& session,
                                             std::set<std::string> events) {
    auto first = subscriptions_.lower_bound({session, ""});
    size_t count = 0;
    for (auto i = first; i != subscriptions_.end() && i->first.first == session; ++i)
        count++;
    if (count >= max_subscriptions)
        return std::nullopt;
    auto number = std::to_string(++last_number_);
    subscriptions_[{session, number}].events = std::move(events);
    return number;
}

bool Events::has(const std::string& session, const std::string& number) const {
    return subscriptions_.contains({session, number});
}

bool Events::is_open(const std::string& session, const std::string& number) const {
    auto found = subscriptions_.find({session, number});
    return found != subscriptions_.end() && found->second.open;
}

std::string Events::open(const std::string& session, const std::string& number, const State& state,
                         std::vector<Emit>& out) {
    Key key{session, number};
    auto& subscription = subscriptions_.at(key);
    subscription.open = true;
    auto stream = name(key);
    auto say = [&](const char* event, const std::string& data) {
        if (subscription.events.contains(event))
            out.push_back({stream, event, data});
    };
    if (state.live) // the draft wants no "inactive" at the beginning
        say("active", "{}");
    say("viewercount", viewer_count(state.viewers));
    if (!state.layers.empty())
        say("layers", state.layers);
    return stream;
}

void Events::closed(const std::string& stream) {
    for (auto& [key, subscription] : subscriptions_)
        if (name(key) == stream)
            subscription.open = false;
}

std::vector<std::string> Events::unsubscribe(const std::string& session,
                                             const std::string& number) {
    auto found = subscriptions_.extract({session, number});
    if (found && found.mapped().open)
        return {name(found.key())};
    return {};
}

std::vector<std::string> Events::forget(const std::string& session) {
    std::vector<std::string> streams;
    for (auto i = subscriptions_.lower_bound({session, ""});
         i != subscriptions_.end() && i->first.first == session; i = subscriptions_.erase(i))
        if (i->second.open)
            streams.push_back(name(i->first));
    return streams;
}

std::vector<Emit> Events::tell(const std::set<std::string>& sessions, const std::string& event,
                               const std::string& data) const {
    std::vector<Emit> out;
    for (const auto& [key, subscription] : subscriptions_)
        if (subscription.open && subscription.events.contains(event) &&
            sessions.contains(key.first))
            out.push_back({name(key), event, data});
    return out;
}

} // namespace rtc::whip
