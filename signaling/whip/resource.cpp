#include "signaling/whip/resource.hpp"

#include "signaling/sdp/candidate.hpp"
#include "signaling/sdp/iceserver.hpp"
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/offer.hpp"

#include <algorithm>

namespace rtc::whip {
namespace {

using http::Head;
using http::problem;
using http::Response;

constexpr const char* sdp_type = "application/sdp";
constexpr const char* endpoint_methods = "GET, HEAD, POST, OPTIONS";
constexpr const char* session_methods = "GET, HEAD, PATCH, DELETE, OPTIONS";
constexpr const char* retry_after = "2"; // seconds

// 128 random bits, more than the 122 of a UUID.
constexpr size_t secret_bytes = 16;
constexpr size_t id_bytes = 6;

Response busy(guint status, std::string_view detail) {
    return problem(status, detail).with("Retry-After", retry_after);
}

// The answer to a POST whose session the host ended.
Response ended(GstRtcEndReason reason, std::string_view text) {
    auto say = [&](const char* otherwise) { return text.empty() ? otherwise : text; };
    switch (reason) {
    case GST_RTC_END_REASON_REJECTED:
    case GST_RTC_END_REASON_SECURITY:
        return problem(422, say("the offer can't be used"));
    case GST_RTC_END_REASON_BUSY:
        return busy(503, say("no more sessions can be served now"));
    case GST_RTC_END_REASON_SHUTDOWN:
        return busy(503, say("the server stops"));
    case GST_RTC_END_REASON_TIMEOUT:
        return problem(504, say("no answer was ready in time"));
    default:
        return problem(500, say("the session failed"));
    }
}

Response not_found() {
    return problem(404, "there is no such session; it may have ended");
}

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
        tag = http::trim(tag);
        if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
            tag = tag.substr(1, tag.size() - 2);
        return tag;
    };
    while (!if_match.empty()) {
        auto comma = if_match.find(',');
        auto tag = bare(if_match.substr(0, comma));
        if (tag == "*" || tag == bare(etag))
            return true;
        if_match.remove_prefix(comma == if_match.npos ? if_match.size() : comma + 1);
    }
    return false;
}

Resource::Resource(Config config, Random random)
    : config_(std::move(config))
    , random_(std::move(random)) {}

Resource::Sessions::const_iterator Resource::find(std::string_view path) const {
    auto base = config_.path + "/";
    if (!path.starts_with(base))
        return sessions_.end();
    auto secret = path.substr(base.size());
    auto found = sessions_.begin();
    while (found != sessions_.end() && found->second.secret != secret)
        ++found;
    return found;
}

std::string Resource::methods(std::string_view path) const {
    return is_endpoint(path) ? endpoint_methods : session_methods;
}

// RFC 9725 section 4.1: 2xx without content.
Response Resource::describe() const {
    Response response;
    return response.with("Accept-Post", sdp_type).with("Cache-Control", "no-store");
}

Response Resource::options(const Head& head) const {
    Response response{.status = 204};
    response.with("Allow", methods(head.path));
    return is_endpoint(head.path) ? response.with("Accept-Post", sdp_type)
                                  : response.with("Accept-Patch", fragment_type);
}

std::optional<Response> Resource::refuse_post(const Head& head, const Host& host) const {
    if (head.content_type() != sdp_type)
        return problem(415, "the body must be an offer, with Content-Type: application/sdp")
            .with("Accept-Post", sdp_type);
    if (config_.kind == Kind::whep && !host.live)
        return busy(409, "nothing is being sent yet; try again in a moment");
    if (sessions_.size() >= config_.max_sessions)
        return busy(503, "all " + std::to_string(config_.max_sessions) +
                             " sessions of this server are taken; try again later");
    auto from_here = [&](const auto& entry) { return entry.second.address == head.address; };
    if (config_.max_sessions_per_address &&
        std::count_if(sessions_.begin(), sessions_.end(), from_here) >=
            config_.max_sessions_per_address)
        return busy(503, "your address has as many sessions as this server gives one");
    return std::nullopt;
}

std::optional<Response> Resource::refuse_patch(const Head& head, const Session& session) const {
    if (head.content_type() != fragment_type)
        return problem(415, std::string("the body must be candidates, with Content-Type: ") +
                                fragment_type)
            .with("Accept-Patch", fragment_type);
    auto if_match = head.header("If-Match");
    if (!if_match.empty() && !etag_matches(if_match, session.etag))
        return problem(412, "If-Match names another state of the session than its ETag");
    return std::nullopt;
}

std::optional<Response> Resource::refuse(const Head& head, const Host& host) const {
    bool endpoint = is_endpoint(head.path);
    auto allowed = methods(head.path);
    if (!http::lists(allowed, head.method))
        return http::method_not_allowed(head.method, allowed);
    if (head.method == "OPTIONS")
        return std::nullopt;
    if (endpoint)
        return head.method == "POST" ? refuse_post(head, host) : std::nullopt;
    auto found = find(head.path);
    if (found == sessions_.end())
        return not_found();
    return head.method == "PATCH" ? refuse_patch(head, found->second) : std::nullopt;
}

Commands Resource::request(Ticket ticket, const Head& head, std::string_view body, const Host& host,
                           Time now) {
    if (auto refusal = refuse(head, host))
        return {Reply{ticket, std::move(*refusal)}};
    if (head.method == "POST")
        return post(ticket, head, body, host, now);
    if (head.method == "PATCH")
        return patch(ticket, head, body);
    if (head.method == "DELETE")
        return remove(ticket, head);
    if (head.method == "OPTIONS")
        return {Reply{ticket, options(head)}};
    return {Reply{ticket, describe()}};
}

std::string Resource::new_id() const {
    std::string id;
    do
        id = random_(id_bytes);
    while (sessions_.contains(id));
    return id;
}

std::string Resource::url(const Session& session) const {
    return session.origin + config_.path + "/" + session.secret;
}

Commands Resource::post(Ticket ticket, const Head& head, std::string_view body, const Host& host,
                        Time now) {
    auto read = read_offer(config_.kind, body);
    if (auto* refusal = std::get_if<Response>(&read))
        return {Reply{ticket, std::move(*refusal)}};
    auto& offer = std::get<Offer>(read);

    Session session;
    session.secret = random_(secret_bytes);
    session.address = head.address;
    session.since = now;
    session.ticket = ticket;
    session.origin = config_.public_url.empty() ? head.origin : config_.public_url;
    session.etag = "\"" + random_(8) + "\"";
    session.mids = std::move(offer.mids);
    session.ufrags = std::move(offer.ufrags);
    for (const auto& uri : host.ice_servers)
        if (auto server = sdp::parse_ice_server(uri))
            session.links.push_back(sdp::to_link_header(*server));

    auto id = new_id();
    auto name = clean_name(head.parameter("name"));
    sessions_.emplace(id, std::move(session));
    return {StartSession{id, name.empty() ? head.address : name, head.address,
                         clean_name(head.header("User-Agent")), std::string(body)}};
}

Commands Resource::patch(Ticket ticket, const Head& head, std::string_view body) {
    auto fragment = parse_fragment(body);
    if (!fragment)
        return {Reply{ticket, problem(400, fragment.error().message)}};
    const auto& id = find(head.path)->first;
    auto& session = sessions_.at(id);
    // RFC 9725 section 4.3.3: other credentials ask for an ICE restart.
    for (const auto& ufrag : ufrags(*fragment))
        if (!session.ufrags.contains(ufrag))
            return {Reply{ticket, problem(422, "ICE can't be restarted in this session, which goes "
                                               "on as it was; start a new one with a POST")}};
    Commands commands;
    for (auto& [mline, candidate] : candidates(*fragment, session.mids)) {
        // RFC 9725 section 4.3.2: what can't be used is dropped silently.
        if (candidate &&
            (session.candidates >= config_.max_candidates || !sdp::parse_candidate(*candidate)))
            continue;
        session.candidates += candidate ? 1 : 0;
        commands.push_back(GiveCandidate{id, mline, candidate});
    }
    commands.push_back(Reply{ticket, {.status = 204}});
    return commands;
}

Commands Resource::remove(Ticket ticket, const Head& head) {
    auto found = find(head.path);
    auto id = found->first;
    sessions_.erase(found);
    // 200, not 204: some clients take anything else for a failure.
    return {CloseSession{id, GST_RTC_END_REASON_HANGUP, "the peer hung up"},
            Reply{ticket, {.status = 200}}};
}

Commands Resource::disconnected(Ticket ticket) {
    for (auto i = sessions_.begin(); i != sessions_.end(); ++i) {
        if (i->second.ticket != ticket)
            continue;
        auto id = i->first;
        sessions_.erase(i);
        return {CloseSession{id, GST_RTC_END_REASON_HANGUP,
                             "the peer went away before it was answered"}};
    }
    return {};
}

Commands Resource::answer(const std::string& id, std::string_view sdp) {
    auto found = sessions_.find(id);
    if (found == sessions_.end() || !found->second.ticket)
        return {};
    auto& session = found->second;
    auto response = http::text_response(201, sdp_type, sdp);
    response.with("Location", url(session))
        .with("ETag", session.etag)
        .with("Accept-Patch", fragment_type)
        .with("Cache-Control", "no-store");
    for (auto& link : session.links)
        response.with("Link", std::move(link));
    session.links.clear();
    return {Reply{std::exchange(session.ticket, 0), std::move(response)}};
}

Commands Resource::end(const std::string& id, GstRtcEndReason reason, std::string_view text) {
    auto found = sessions_.find(id);
    if (found == sessions_.end())
        return {};
    auto ticket = found->second.ticket;
    sessions_.erase(found);
    if (!ticket)
        return {};
    return {Reply{ticket, ended(reason, text)}};
}

Commands Resource::advance(Time now) {
    Commands commands;
    for (auto i = sessions_.begin(); i != sessions_.end();) {
        if (!i->second.ticket || now < i->second.since + config_.answer_timeout) {
            ++i;
            continue;
        }
        constexpr const char* text = "no answer was ready in time";
        commands.push_back(CloseSession{i->first, GST_RTC_END_REASON_TIMEOUT, text});
        commands.push_back(Reply{i->second.ticket, ended(GST_RTC_END_REASON_TIMEOUT, text)});
        i = sessions_.erase(i);
    }
    return commands;
}

std::optional<Time> Resource::deadline() const {
    std::optional<Time> first;
    for (const auto& [id, session] : sessions_) {
        auto due = session.since + config_.answer_timeout;
        if (session.ticket && (!first || due < *first))
            first = due;
    }
    return first;
}

Commands Resource::stop() {
    Commands commands;
    for (const auto& [id, session] : sessions_) {
        commands.push_back(CloseSession{id, GST_RTC_END_REASON_SHUTDOWN, "the server stops"});
        if (session.ticket)
            commands.push_back(Reply{session.ticket, ended(GST_RTC_END_REASON_SHUTDOWN, "")});
    }
    sessions_.clear();
    return commands;
}

std::vector<Peer> Resource::peers() const {
    std::vector<Peer> peers;
    for (const auto& [id, session] : sessions_)
        peers.push_back({id, session.since, session.ticket == 0});
    return peers;
}

} // namespace rtc::whip
