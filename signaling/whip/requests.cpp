// The resource's part that judges and carries out requests.
#include "signaling/http/addresses.hpp"
#include "signaling/http/auth.hpp"
#include "signaling/http/share.hpp"
#include "signaling/sdp/candidate.hpp"
#include "signaling/sdp/iceserver.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/whip/answers.hpp"
#include "signaling/whip/fragment.hpp"
#include "signaling/whip/offer.hpp"
#include "signaling/whip/resource.hpp"

#include <algorithm>

namespace rtc::whip {
namespace {

using http::Head;
using http::problem;
using http::Response;

constexpr const char* endpoint_methods = "GET, HEAD, POST, OPTIONS";
constexpr const char* session_methods = "GET, HEAD, PATCH, DELETE, OPTIONS";
constexpr const char* events_methods = "POST, OPTIONS";
constexpr const char* stream_methods = "GET, DELETE, OPTIONS";

constexpr std::string_view stream_part = "events/";

// Offers of the host that wait for the answers of one address.
constexpr size_t max_offered = 4;

Commands reply(Ticket ticket, Response response) {
    return {Reply{ticket, std::move(response)}};
}

bool starts_event_stream(std::string_view part) {
    return part.starts_with(stream_part);
}

} // namespace

std::string Resource::methods(std::string_view path) const {
    auto place = path_.find(path);
    if (!place || place->secret.empty())
        return endpoint_methods;
    if (place->part.empty())
        return session_methods;
    return starts_event_stream(place->part) ? stream_methods : events_methods;
}

bool Resource::is_event_stream(std::string_view path) const {
    auto target = find(path);
    return target && target->session != sessions_.end() &&
           starts_event_stream(target->place.part) &&
           events_.has(target->session->first, target->place.part.substr(stream_part.size()));
}

// RFC 9725 section 4.1: 2xx without content.
Response Resource::describe() const {
    Response response;
    return response.with("Accept-Post", sdp_type).with("Cache-Control", "no-store");
}

Response Resource::options(const Head& head) const {
    auto allowed = methods(head.path);
    Response response{.status = 204};
    response.with("Allow", allowed);
    if (allowed == endpoint_methods)
        response.with("Accept-Post", sdp_type);
    if (allowed == session_methods)
        response.with("Accept-Patch", fragment_type);
    return response;
}

// RFC 9725 section 4.5.
Response Resource::full(const Head& head, std::string_view detail) const {
    if (config_.overflow_url.empty())
        return busy(503, detail);
    auto location = config_.overflow_url + head.path;
    char separator = '?';
    for (const auto& [key, value] : head.query) {
        Owned<char> name{g_uri_escape_string(key.c_str(), nullptr, FALSE)};
        Owned<char> text{g_uri_escape_string(value.c_str(), nullptr, FALSE)};
        location += separator + std::string(name.get()) + "=" + text.get();
        separator = '&';
    }
    return problem(307, detail).with("Location", location);
}

std::optional<Response> Resource::refuse_post(const Head& head, const Host& host,
                                              const std::string& room) const {
    if (head.content_type() != sdp_type)
        return problem(415, "the body must be an offer, with Content-Type: application/sdp")
            .with("Accept-Post", sdp_type);
    if (config_.kind == Kind::whep && !host.live)
        return busy(409, "nothing is being sent yet; try again in a moment");
    auto count = [&](auto fits) {
        return guint(std::count_if(sessions_.begin(), sessions_.end(),
                                   [&](const auto& entry) { return fits(entry.second); }));
    };
    auto here = count([&](const Session& session) { return session.room == room; });
    if (config_.kind == Kind::whip && config_.takeover == Takeover::reject && here)
        return busy(409, "somebody publishes here already");
    bool makes_room = config_.kind == Kind::whip && config_.takeover == Takeover::replace && here;
    if (sessions_.size() >= config_.max_sessions && !makes_room)
        return full(head, "all " + std::to_string(config_.max_sessions) +
                              " sessions of this server are taken; try again later");
    auto client = http::client_of(head.address);
    auto from_there = count([&](const Session& session) {
        return session.client == client && !(makes_room && session.room == room);
    });
    if (from_there >= http::most_of_an_address(head.address, config_.max_sessions_per_address,
                                               config_.max_sessions))
        return busy(503, "your address has as many sessions as this server gives one");
    return std::nullopt;
}

std::optional<Response> Resource::refuse_patch(const Head& head, const Session& session) const {
    bool is_answer = session.state == State::offered && head.content_type() == sdp_type;
    if (head.content_type() != fragment_type && !is_answer)
        return problem(415, std::string("the body must be candidates, with Content-Type: ") +
                                fragment_type)
            .with("Accept-Patch", fragment_type);
    auto if_match = head.header("If-Match");
    if (!if_match.empty() && !etag_matches(if_match, session.etag))
        return problem(412, "If-Match names another state of the session than its ETag");
    return std::nullopt;
}

std::optional<Response> Resource::refuse(const Head& head, const Host& host) const {
    auto target = find(head.path);
    auto allowed = methods(head.path);
    if (target && !http::lists(allowed, head.method))
        return http::method_not_allowed(head.method, allowed);
    bool endpoint = target && target->place.secret.empty();
    if (endpoint)
        return head.method == "POST" ? refuse_post(head, host, target->place.room) : std::nullopt;
    if (!target && !http::lists(allowed, head.method))
        return http::method_not_allowed(head.method, allowed);
    if (head.method == "OPTIONS")
        return std::nullopt;
    if (!target)
        return no_such_session();
    const auto& session = target->session->second;
    const auto& part = target->place.part;
    if (part.empty())
        return head.method == "PATCH" ? refuse_patch(head, session) : std::nullopt;
    bool stream = starts_event_stream(part) &&
                  events_.has(target->session->first, part.substr(stream_part.size()));
    if (!has_events(session) || !(stream || part == "events" || part == "layer"))
        return problem(404, "a session has nothing of this name, or not any more");
    return std::nullopt;
}

Commands Resource::request(Ticket ticket, const Head& head, std::string_view body, const Host& host,
                           Time now, const Caller& caller) {
    now_ = now;
    live_ = host.live;
    if (auto refusal = refuse(head, host))
        return reply(ticket, std::move(*refusal));
    auto target = find(head.path);
    if (head.method == "OPTIONS")
        return reply(ticket, options(head));
    if (!target->place.part.empty())
        return extension(ticket, head, body, *target, host);
    if (head.method == "POST")
        return post(ticket, head, body, host, now, caller);
    if (head.method == "PATCH")
        return patch(ticket, head, body, now);
    if (head.method == "DELETE")
        return remove(ticket, *target);
    return reply(ticket, describe());
}

// The one that publishes has to go.
Commands Resource::replace(const std::string& room) {
    Commands commands;
    for (auto i = sessions_.begin(); i != sessions_.end();) {
        auto next = std::next(i);
        if (i->second.room == room) {
            constexpr const char* text = "another publisher took the place";
            commands.push_back(CloseSession{i->first, GST_RTC_END_REASON_HANGUP, text});
            if (auto waiting = i->second.ticket)
                commands.push_back(Reply{waiting, busy(409, text)});
            forget(i, commands);
        }
        i = next;
    }
    return commands;
}

// A player that does not take offers may ask again and again: its latest ones are kept.
Commands Resource::make_room_for_offer(const std::string& client) {
    std::vector<Sessions::const_iterator> offered;
    for (auto i = sessions_.cbegin(); i != sessions_.cend(); ++i)
        if (i->second.state == State::offered && i->second.client == client)
            offered.push_back(i);
    std::sort(offered.begin(), offered.end(),
              [](auto a, auto b) { return a->second.due < b->second.due; });
    Commands commands;
    for (size_t i = 0; i + max_offered <= offered.size(); i++) {
        commands.push_back(CloseSession{offered[i]->first, GST_RTC_END_REASON_REJECTED,
                                        "the player asked anew and did not take the offer up"});
        forget(offered[i], commands);
    }
    return commands;
}

Commands Resource::post(Ticket ticket, const Head& head, std::string_view body, const Host& host,
                        Time now, const Caller& caller) {
    auto read = read_offer(config_.kind, body);
    if (auto* refusal = std::get_if<Response>(&read))
        return reply(ticket, std::move(*refusal));
    auto& offer = std::get<Offer>(read);

    Session session;
    session.secret = random_(secret_bytes);
    session.client = http::client_of(head.address);
    session.room = find(head.path)->place.room;
    session.token = caller.token;
    session.since = now;
    session.due = now + config_.answer_timeout;
    session.ticket = ticket;
    session.origin = config_.public_url.empty() ? head.origin : config_.public_url;
    session.etag = "\"" + random_(8) + "\"";
    if (!config_.host_offers) {
        session.offer = body;
        session.mids = std::move(offer.mids);
        session.ufrags = std::move(offer.ufrags);
    }
    for (const auto& uri : host.ice_servers)
        if (auto server = sdp::parse_ice_server(uri))
            session.links.push_back(sdp::to_link_header(*server));
    for (auto name :
         {clean_name(head.parameter("name")), clean_name(caller.name), session.room, head.address})
        if (session.name.empty())
            session.name = name;

    Commands commands;
    if (config_.kind == Kind::whip && config_.takeover == Takeover::replace)
        commands = replace(session.room);
    if (config_.host_offers)
        commands = make_room_for_offer(session.client);
    auto id = new_id();
    commands.push_back(StartSession{id, session.name, head.address,
                                    clean_name(head.header("User-Agent")), session.room,
                                    session.offer});
    sessions_.emplace(id, std::move(session));
    return commands;
}

Commands Resource::patch(Ticket ticket, const Head& head, std::string_view body, Time now) {
    const auto& id = find(head.path)->session->first;
    auto& session = sessions_.at(id);
    if (head.content_type() == sdp_type)
        return patch_answer(ticket, id, body);
    auto fragment = parse_fragment(body);
    if (!fragment)
        return reply(ticket, problem(400, fragment.error().message));
    // RFC 9725 section 4.3.3: other credentials ask for an ICE restart.
    auto named = ufrags(*fragment);
    bool other = std::any_of(named.begin(), named.end(),
                             [&](const auto& ufrag) { return !session.ufrags.contains(ufrag); });
    if (other && !session.ufrags.empty()) {
        if (head.header("If-Match").empty())
            return reply(ticket, problem(428, "other ICE credentials ask for a restart, which "
                                              "needs the header If-Match: *"));
        return restart(ticket, id, body, now);
    }
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

// The peer's offer as it would be with the new credentials and candidates: the host sees a
// renegotiation that changes nothing else.
Commands Resource::restart(Ticket ticket, const std::string& id, std::string_view body, Time now) {
    auto& session = sessions_.at(id);
    auto fragment = *parse_fragment(body);
    auto ufrag = fragment.ufrag, password = fragment.password;
    auto found = candidates(fragment, session.mids);
    for (const auto& section : fragment.sections) {
        ufrag = ufrag.empty() ? section.ufrag : ufrag;
        password = password.empty() ? section.password : password;
    }
    if (session.state != State::open || session.ticket)
        return reply(ticket, problem(409, "the session is being set up; restart it later"));
    if (ufrag.empty() || password.empty() || session.offer.empty())
        return reply(ticket, problem(422, "ICE can't be restarted with this; the session goes on "
                                          "as it was"));
    std::vector<std::pair<guint, std::string>> usable;
    for (const auto& [mline, candidate] : found)
        if (candidate && usable.size() < config_.max_candidates && sdp::parse_candidate(*candidate))
            usable.emplace_back(mline, *candidate);
    auto read = sdp::parse(session.offer);
    auto offer = std::move(*read);
    sdp::set_ice(offer.get(), {ufrag, password}, usable);
    if (auto valid = sdp::validate(offer.get(), sdp::DescriptionType::offer); !valid)
        return reply(ticket, problem(400, valid.error().message));
    session.offer = sdp::to_string(offer.get());
    session.ufrags = {ufrag};
    session.candidates = guint(usable.size());
    session.ticket = ticket;
    session.due = now + config_.answer_timeout;
    return {GiveDescription{id, GST_WEBRTC_SDP_TYPE_OFFER, session.offer}};
}

Commands Resource::patch_answer(Ticket ticket, const std::string& id, std::string_view body) {
    auto& session = sessions_.at(id);
    auto message = sdp::parse(body);
    if (!message)
        return reply(ticket, problem(400, "the answer can't be read: " + message.error().message));
    if (auto valid = sdp::validate(message->get(), sdp::DescriptionType::answer); !valid)
        return reply(ticket, problem(422, "the answer can't be used: " + valid.error().message));
    for (guint i = 0; i < session.mids.size(); i++)
        if (auto ufrag = sdp::ice_credentials(message->get(), i).ufrag; !ufrag.empty())
            session.ufrags.insert(ufrag);
    session.state = State::open;
    recount(session.room);
    return {GiveDescription{id, GST_WEBRTC_SDP_TYPE_ANSWER, std::string(body)},
            Reply{ticket, {.status = 204}}};
}

Commands Resource::remove(Ticket ticket, const Target& target) {
    Commands commands{
        CloseSession{target.session->first, GST_RTC_END_REASON_HANGUP, "the peer hung up"}};
    if (auto waiting = target.session->second.ticket)
        commands.push_back(Reply{waiting, no_such_session()});
    forget(target.session, commands);
    // 200, not 204: some clients take anything else for a failure.
    commands.push_back(Reply{ticket, {.status = 200}});
    return commands;
}

Commands Resource::extension(Ticket ticket, const Head& head, std::string_view body,
                             const Target& target, const Host& host) {
    const auto& id = target.session->first;
    const auto& part = target.place.part;
    if (part == "layer")
        return select_layer(ticket, id, body);
    if (part == "events")
        return subscribe(ticket, target, body);
    auto number = part.substr(stream_part.size());
    if (head.method == "DELETE") {
        Commands commands = reply(ticket, {.status = 200});
        for (auto& stream : events_.unsubscribe(id, number))
            commands.push_back(CloseStream{std::move(stream)});
        return commands;
    }
    if (events_.is_open(id, number))
        return reply(ticket, problem(409, "these events are being read already"));
    std::vector<Emit> first;
    const auto& session = target.session->second;
    auto layers = to_json(session.layers, session.mids);
    auto stream =
        events_.open(id, number, {host.live, watching(session.room).size(), layers}, first);
    Commands commands{OpenStream{ticket, stream}};
    commands.insert(commands.end(), first.begin(), first.end());
    return commands;
}

Commands Resource::subscribe(Ticket ticket, const Target& target, std::string_view body) {
    auto names = read_event_names(body);
    if (!names)
        return reply(ticket, problem(400, names.error().message));
    auto number = events_.subscribe(target.session->first, std::move(*names));
    if (!number)
        return reply(ticket, busy(503, "the session has as many event streams as it may"));
    Response response{.status = 201};
    return reply(ticket, response.with("Location", url(target.session->second) + "/" +
                                                       std::string(stream_part) + *number));
}

Commands Resource::select_layer(Ticket ticket, const std::string& id, std::string_view body) const {
    const auto& session = sessions_.at(id);
    auto wish = read_layer_wish(body, session.layers, session.mids);
    if (!wish)
        return reply(ticket, problem(422, wish.error().message));
    return {SelectLayer{id, std::move(*wish)}, Reply{ticket, {.status = 200}}};
}

} // namespace rtc::whip
