// Server-sent events of a WHEP session (draft-ietf-wish-whep, events extension): who wants to hear
// of what, and what is said to whom. Pure.
//
// Life: a POST with a list of events makes a subscription, with a URL of its own; a GET of that
// opens its stream, which begins with how things are now. Both end with the session.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::whip {

inline constexpr const char* events_relation = "urn:ietf:params:whep:ext:core:server-sent-events";
inline constexpr const char* layer_relation = "urn:ietf:params:whep:ext:core:layer";
// Of the attribute of the link.
inline constexpr const char* event_names = "active,inactive,layers,viewercount,reconnect";

// The names in a JSON list, ["active", "viewercount"]; all of them for an empty body. Refused: what
// is no such list, and names that nobody knows.
Result<std::set<std::string>> read_event_names(std::string_view json);

struct Emit {
    std::string stream;
    std::string event;
    std::string data;
};

class Events {
public:
    using Time = std::chrono::steady_clock::time_point;

    // What is, for a stream that begins.
    struct State {
        bool live = false;
        size_t viewers = 0;
        std::string layers; // JSON, "" for none
    };

    // A number of its own for a subscription, "1"; nothing where the session has too many.
    std::optional<std::string> subscribe(const std::string& session, std::set<std::string> events);
    bool has(const std::string& session, const std::string& number) const;
    bool is_open(const std::string& session, const std::string& number) const;
    // The stream's name, with its first events.
    std::string open(const std::string& session, const std::string& number, const State& state,
                     std::vector<Emit>& out);
    // Its client is gone; the subscription stays, for one that comes back.
    void closed(const std::string& stream);
    // The streams that end with it.
    std::vector<std::string> unsubscribe(const std::string& session, const std::string& number);
    std::vector<std::string> forget(const std::string& session);

    // To all streams of these sessions that want it.
    std::vector<Emit> tell(const std::set<std::string>& sessions, const std::string& event,
                           const std::string& data) const;

private:
    struct Subscription {
        std::set<std::string> events;
        bool open = false;
    };
    using Key = std::pair<std::string, std::string>; // session, number
    static std::string name(const Key& key) { return key.first + "/" + key.second; }

    std::map<Key, Subscription> subscriptions_;
    guint64 last_number_ = 0;
};

std::string viewer_count(size_t viewers); // {"viewercount":3}

} // namespace rtc::whip
