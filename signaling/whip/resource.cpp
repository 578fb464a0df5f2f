#include "signaling/whip/resource.hpp"

#include "signaling/http/secret.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/whip/answers.hpp"
#include "signaling/whip/fragment.hpp"

namespace rtc::whip {
namespace {

using http::Response;

// How long counts of viewers are gathered before they are told.
constexpr std::chrono::milliseconds recount_delay{500};

} // namespace

std::string clean_name(std::string_view name) {
    auto valid = http::valid_text(name);
    std::string result;
    glong length = 0;
    for (const char* p = valid.c_str(); *p && length < 64; p = g_utf8_next_char(p)) {
        auto c = g_utf8_get_char(p);
        if (!g_unichar_isprint(c) || (result.empty() && g_unichar_isspace(c)))
            continue;
        result.append(p, size_t(g_utf8_next_char(p) - p));
        length++;
    }
    while (!result.empty() && result.back() == ' ')
        result.pop_back();
    return result;
}

bool etag_matches(std::string_view if_match, std::string_view etag) {
    auto bare = [](std::string_view tag) {
        tag = trim(tag);
        if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
            tag = tag.substr(1, tag.size() - 2);
        return tag;
    };
    while (!if_match.empty()) {
        auto tag = bare(take(if_match, ','));
        if (tag == "*" || http::equal_secrets(bare(etag), tag))
            return true;
    }
    return false;
}

Resource::Resource(Config config, Random random)
    : config_(std::move(config))
    , path_(config_.path)
    , random_(std::move(random)) {}

std::optional<Resource::Target> Resource::find(std::string_view path) const {
    auto place = path_.find(path);
    if (!place)
        return std::nullopt;
    auto session = sessions_.begin();
    while (session != sessions_.end() &&
           (!http::equal_secrets(session->second.secret, place->secret) ||
            session->second.room != place->room))
        ++session;
    if (session == sessions_.end() && !place->secret.empty())
        return std::nullopt;
    return Target{std::move(*place), session};
}

std::string Resource::endpoint_of(std::string_view path) const {
    auto place = path_.find(path);
    return place ? path_.endpoint(place->room) : "";
}

bool Resource::is_own(std::string_view path, std::string_view token) const {
    auto target = find(path);
    return target && target->session != sessions_.end() && !token.empty() &&
           http::equal_secrets(target->session->second.token, token);
}

std::string Resource::new_id() const {
    std::string id;
    do
        id = random_(id_bytes);
    while (sessions_.contains(id));
    return id;
}

std::string Resource::url(const Session& session) const {
    return session.origin + path_.endpoint(session.room) + "/" + session.secret;
}

bool Resource::has_events(const Session& session) const {
    return config_.kind == Kind::whep && session.state == State::open;
}

Commands Resource::disconnected(Ticket ticket) {
    for (auto i = sessions_.begin(); i != sessions_.end(); ++i) {
        if (i->second.ticket != ticket)
            continue;
        i->second.ticket = 0;
        if (i->second.state == State::open) // a restart: the session goes on
            return {};
        Commands commands{CloseSession{i->first, GST_RTC_END_REASON_HANGUP,
                                       "the peer went away before it was answered"}};
        forget(i, commands);
        return commands;
    }
    return {};
}

Commands Resource::answer(const std::string& id, std::string_view sdp) {
    auto found = sessions_.find(id);
    if (found == sessions_.end() || !found->second.ticket)
        return {};
    auto& session = found->second;
    if (session.state == State::open)
        return {Reply{std::exchange(session.ticket, 0), restarted(session, sdp)}};
    session.state = State::open;
    auto response = http::text_response(201, sdp_type, sdp);
    response.with("Location", url(session))
        .with("ETag", session.etag)
        .with("Accept-Patch", fragment_type)
        .with("Cache-Control", "no-store");
    for (auto& link : session.links)
        response.with("Link", std::move(link));
    session.links.clear();
    if (has_events(session))
        response.with("Link", "<" + url(session) + "/events>; rel=\"" + events_relation +
                                  "\"; events=\"" + event_names + "\"");
    if (has_events(session) && !to_json(session.layers, session.mids).empty())
        response.with("Link", "<" + url(session) + "/layer>; rel=\"" + layer_relation + "\"");
    recount(session.room);
    return {Reply{std::exchange(session.ticket, 0), std::move(response)}};
}

// The counter-offer of the WHEP draft: 406, which the client answers by PATCH.
Commands Resource::offer(const std::string& id, std::string_view sdp, Time now) {
    auto found = sessions_.find(id);
    if (found == sessions_.end() || !found->second.ticket || !config_.host_offers)
        return {};
    auto& session = found->second;
    session.state = State::offered;
    session.due = now + config_.offer_timeout;
    session.mids.clear();
    if (auto message = sdp::parse(sdp))
        for (const auto& line : sdp::media_lines(message->get()))
            session.mids.push_back(line.mid);
    auto response = http::text_response(406, sdp_type, sdp);
    auto valid = std::chrono::duration_cast<std::chrono::seconds>(config_.offer_timeout).count();
    response.with("Location", url(session))
        .with("ETag", session.etag)
        .with("Accept-Patch", std::string(sdp_type) + ", " + fragment_type)
        .with("Cache-Control", "max-age=" + std::to_string(valid));
    for (const auto& link : session.links)
        response.with("Link", link);
    return {Reply{std::exchange(session.ticket, 0), std::move(response)}};
}

// RFC 9725 section 4.3.3: the credentials and candidates of our side, with another ETag.
Response Resource::restarted(Session& session, std::string_view sdp) {
    auto message = sdp::parse(sdp);
    if (!message)
        return http::problem(500, "ICE could not be restarted; the session goes on as it was");
    Fragment fragment;
    auto credentials = sdp::ice_credentials(message->get(), 0);
    fragment.ufrag = credentials.ufrag;
    fragment.password = credentials.password;
    auto lines = sdp::media_lines(message->get());
    if (!lines.empty()) {
        FragmentSection section{.media = lines[0].media, .mid = lines[0].mid};
        for (const auto& [mline, candidate] : sdp::candidates(message->get()))
            if (mline == 0)
                section.candidates.push_back(candidate);
        section.end_of_candidates = true;
        fragment.sections.push_back(std::move(section));
    }
    session.etag = "\"" + random_(8) + "\"";
    return http::text_response(200, fragment_type, to_string(fragment))
        .with("ETag", session.etag)
        .with("Cache-Control", "no-store");
}

// Takes it out, with what hangs on it.
void Resource::forget(Sessions::const_iterator session, Commands& commands) {
    for (auto& stream : events_.forget(session->first))
        commands.push_back(CloseStream{std::move(stream)});
    if (session->second.state == State::open)
        recount(session->second.room);
    sessions_.erase(session);
}

Commands Resource::end(const std::string& id, GstRtcEndReason reason, std::string_view text) {
    auto found = sessions_.find(id);
    if (found == sessions_.end())
        return {};
    Commands commands;
    if (auto ticket = found->second.ticket)
        commands.push_back(Reply{ticket, ended(reason, text)});
    forget(found, commands);
    return commands;
}

Commands Resource::live_changed(bool live) {
    if (std::exchange(live_, live) == live)
        return {};
    std::set<std::string> all;
    for (const auto& [id, session] : sessions_)
        all.insert(id);
    Commands commands;
    for (auto& emit : events_.tell(all, live ? "active" : "inactive", "{}"))
        commands.push_back(std::move(emit));
    return commands;
}

Commands Resource::layers_changed(const std::string& id, guint mline, std::vector<Layer> layers) {
    auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.layers[mline] == layers)
        return {};
    auto& session = found->second;
    session.layers[mline] = std::move(layers);
    auto json = to_json(session.layers, session.mids);
    Commands commands;
    for (auto& emit : events_.tell({id}, "layers", json.empty() ? "{}" : json))
        commands.push_back(std::move(emit));
    return commands;
}

std::set<std::string> Resource::watching(const std::string& room) const {
    std::set<std::string> ids;
    for (const auto& [id, session] : sessions_)
        if (session.state == State::open && session.room == room)
            ids.insert(id);
    return ids;
}

void Resource::recount(const std::string& room) {
    if (config_.kind != Kind::whep)
        return;
    if (recount_.empty())
        recount_due_ = now_ + recount_delay;
    recount_.insert(room);
}

Commands Resource::end_with_tokens(const IsGood& is_good) {
    constexpr const char* text = "the token is not good any more";
    Commands commands;
    for (auto i = sessions_.begin(); i != sessions_.end();) {
        auto next = std::next(i);
        if (!is_good(path_.endpoint(i->second.room), i->second.token)) {
            commands.push_back(CloseSession{i->first, GST_RTC_END_REASON_REJECTED, text});
            if (auto ticket = i->second.ticket)
                commands.push_back(Reply{ticket, http::problem(401, text)});
            forget(i, commands);
        }
        i = next;
    }
    return commands;
}

Commands Resource::advance(Time now) {
    now_ = now;
    Commands commands;
    for (auto i = sessions_.begin(); i != sessions_.end();) {
        auto next = std::next(i);
        auto& session = i->second;
        bool waits = session.ticket || session.state != State::open;
        if (waits && now >= session.due) {
            constexpr const char* text = "no answer was ready in time";
            if (session.ticket)
                commands.push_back(Reply{session.ticket, ended(GST_RTC_END_REASON_TIMEOUT, text)});
            session.ticket = 0;
            if (session.state != State::open) {
                commands.push_back(CloseSession{i->first, GST_RTC_END_REASON_TIMEOUT, text});
                forget(i, commands);
            }
        }
        i = next;
    }
    if (recount_.empty() || now < recount_due_)
        return commands;
    for (const auto& room : std::exchange(recount_, {})) {
        auto ids = watching(room);
        for (auto& emit : events_.tell(ids, "viewercount", viewer_count(ids.size())))
            commands.push_back(std::move(emit));
    }
    return commands;
}

std::optional<Time> Resource::deadline() const {
    std::optional<Time> first;
    if (!recount_.empty())
        first = recount_due_;
    for (const auto& [id, session] : sessions_)
        if ((session.ticket || session.state != State::open) && (!first || session.due < *first))
            first = session.due;
    return first;
}

Commands Resource::stop() {
    Commands commands;
    std::set<std::string> all;
    for (const auto& [id, session] : sessions_)
        all.insert(id);
    std::string where = "{}";
    if (!config_.overflow_url.empty() && !path_.has_rooms())
        where = "{\"url\":\"" + config_.overflow_url + path_.base() + "\"}";
    for (auto& emit : events_.tell(all, "reconnect", where))
        commands.push_back(std::move(emit));
    while (!sessions_.empty()) {
        auto first = sessions_.begin();
        commands.push_back(
            CloseSession{first->first, GST_RTC_END_REASON_SHUTDOWN, "the server stops"});
        if (auto ticket = first->second.ticket)
            commands.push_back(Reply{ticket, ended(GST_RTC_END_REASON_SHUTDOWN, "")});
        forget(first, commands);
    }
    recount_.clear();
    return commands;
}

std::vector<Peer> Resource::peers() const {
    std::vector<Peer> peers;
    for (const auto& [id, session] : sessions_)
        peers.push_back({id, path_.endpoint(session.room), session.name, session.room,
                         session.since, session.state == State::open});
    return peers;
}

} // namespace rtc::whip
