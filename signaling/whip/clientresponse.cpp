// What responses mean to a WHIP or WHEP client.
#include "signaling/http/url.hpp"
#include "signaling/sdp/iceserver.hpp"
#include "signaling/whip/client.hpp"
#include "signaling/whip/fragment.hpp"

namespace rtc::whip {
namespace {

using http::Response;
using namespace client;

constexpr const char* sdp_type = "application/sdp";
constexpr int most_redirects = 10;

bool succeeded(const Response& response) {
    return response.status / 100 == 2;
}

// RFC 9725 section 4.5 has 307; other servers send the older ones for a POST too, and mean it.
bool redirects(const Response& response) {
    auto status = response.status;
    return (status == 301 || status == 302 || status == 307 || status == 308) &&
           !response.header("Location").empty();
}

bool holds_description(const Response& response) {
    auto type = http::media_type(response);
    return (type.empty() || type == sdp_type) && response.text().starts_with("v=");
}

// A 404 of a WHEP endpoint may say that nobody sends yet; that of a WHIP endpoint says that there
// is none. What isn't known counts by its class (RFC 9110 section 15).
bool is_fatal(guint status, Kind kind) {
    if (status == 404)
        return kind == Kind::whip;
    if (status == 408 || status == 409 || status == 425 || status == 429)
        return false;
    return status < 500;
}

} // namespace

Commands Client::respond(Ticket ticket, const Response& response, RetryAfter retry_after,
                         Time now) {
    auto found = flights_.extract(ticket);
    if (!found)
        return {};
    auto flight = std::move(found.mapped());
    bool stale = flight.session != current_.id;
    if (redirects(response) && (!stale || flight.purpose == Purpose::remove))
        return redirected(std::move(flight), response, now);
    if (flight.purpose == Purpose::post)
        return posted(flight, response, retry_after, now);
    if (stale)
        return {};
    if (flight.purpose == Purpose::answer)
        return answered(flight, response, retry_after, now);
    return flight.purpose == Purpose::trickle ? trickled(response) : Commands{};
}

Commands Client::redirected(Flight flight, const Response& response, Time now) {
    bool needed = flight.purpose == Purpose::post || flight.purpose == Purpose::answer;
    auto give_up = [&](const std::string& why) {
        if (flight.purpose == Purpose::trickle)
            current_.trickle = false;
        if (!needed)
            return Commands{};
        return broken(
            {"The " + endpoint() + " redirects, but " + why, GST_RTC_END_REASON_REJECTED, true},
            now);
    };
    if (flight.redirects >= most_redirects)
        return give_up("more than 10 times in a row");
    auto url = http::resolve_location(flight.request.url, response.header("Location"));
    if (!url)
        return give_up(url.error().message);
    flight.request.url = *url;
    auto command = send(flight.purpose, std::move(flight.request), flight.redirects + 1);
    if (flight.purpose == Purpose::trickle)
        current_.patch = command.ticket;
    return {std::move(command)};
}

Commands Client::posted(const Flight& flight, const Response& response, RetryAfter retry_after,
                        Time now) {
    bool counter = response.status == 406 && config_.kind == Kind::whep;
    if (flight.session == current_.id && state_ == State::posting) {
        if (succeeded(response))
            return accepted(flight, response, now);
        if (counter && holds_description(response))
            return counter_offered(flight, response, now);
        return refused(flight, response, retry_after, now);
    }
    // The host ended the session while the endpoint made it.
    auto url = http::resolve_location(flight.request.url, response.header("Location"));
    if (!url || !(succeeded(response) || counter))
        return {};
    return {send(Purpose::remove, {.method = "DELETE", .url = *url})};
}

Commands Client::accepted(const Flight& flight, const Response& response, Time now) {
    if (auto url = http::resolve_location(flight.request.url, response.header("Location")))
        current_.url = *url;
    if (!holds_description(response))
        return broken({"The " + endpoint() + " answered " + http::explain(response) +
                           " without a description: is it one at all?",
                       GST_RTC_END_REASON_REJECTED, true},
                      now);
    current_.etag = response.header("ETag");
    auto patchable = response.header("Accept-Patch");
    current_.trickle =
        !current_.url.empty() && (patchable.empty() || http::lists(patchable, fragment_type));
    Commands commands;
    pass_links(response, commands);
    commands.push_back(
        Describe{current_.id, GST_WEBRTC_SDP_TYPE_ANSWER, std::string(response.text())});
    state_ = State::open;
    current_.opened = now;
    flush(commands);
    return commands;
}

// RFC 9725 section 4.6. They are kept for the next session, too, which then has them from the
// start.
void Client::pass_links(const Response& response, Commands& commands) {
    std::vector<std::string> uris;
    bool relays = false;
    for (const auto& [name, value] : response.headers) {
        if (!equal_ignoring_case(name, "Link"))
            continue;
        for (const auto& server : sdp::parse_link_header(value)) {
            uris.push_back(server.to_uri());
            relays = relays || server.is_turn();
        }
    }
    if (uris.empty() || uris == ice_servers_)
        return;
    ice_servers_ = uris;
    // Candidates of these relays follow.
    if (relays)
        std::erase_if(current_.candidates, [](const Trickled& t) { return !t.candidate; });
    commands.push_back(AddIceServers{current_.id, std::move(uris)});
}

// draft-ietf-wish-whep section 4.2: the offer of the endpoint stands in a 406.
Commands Client::counter_offered(const Flight& flight, const Response& response, Time now) {
    auto url = http::resolve_location(flight.request.url, response.header("Location"));
    if (!url)
        return broken(
            {"The " + endpoint() + " made an offer of its own (406), but " + url.error().message,
             GST_RTC_END_REASON_REJECTED, true},
            now);
    Commands commands{
        CloseSession{current_.id, GST_RTC_END_REASON_HANGUP, "The endpoint makes the offer"}};
    current_ = {};
    current_.id = new_id_();
    current_.url = *url;
    current_.etag = response.header("ETag");
    state_ = State::answering;
    Commands links;
    pass_links(response, links);
    commands.push_back(StartSession{current_.id, GST_RTC_OFFERER_PEER, ice_servers_});
    commands.push_back(
        Describe{current_.id, GST_WEBRTC_SDP_TYPE_OFFER, std::string(response.text())});
    return commands;
}

Commands Client::answered(const Flight& flight, const Response& response, RetryAfter retry_after,
                          Time now) {
    if (!succeeded(response))
        return refused(flight, response, retry_after, now);
    if (auto etag = response.header("ETag"); !etag.empty())
        current_.etag = etag;
    state_ = State::open;
    current_.opened = now;
    Commands commands;
    flush(commands);
    return commands;
}

// Endpoints without trickle answer in many ways; ICE needs none of them.
Commands Client::trickled(const Response& response) {
    Commands commands;
    current_.patch = 0;
    if (!succeeded(response)) {
        current_.trickle = false;
        return commands;
    }
    if (auto etag = response.header("ETag"); !etag.empty())
        current_.etag = etag;
    flush(commands);
    return commands;
}

Commands Client::refused(const Flight& flight, const Response& response, RetryAfter retry_after,
                         Time now) {
    auto status = response.status;
    auto text = "The " + endpoint() + " refused the session: " + http::explain(response);
    bool fatal = is_fatal(status, config_.kind);
    if ((status == 401 || status == 403) && !shows_token(flight.request.url))
        text += ". It redirected to " + http::origin_of(flight.request.url) +
                ", which is not shown the token: set trust-redirects if that host may have it";
    else if (status == 401 || status == 403)
        text += ". Set token or token-file to one that it accepts";
    else if (status == 404 || status == 405)
        text += ". Is the endpoint's path right?";
    auto reason = fatal ? GST_RTC_END_REASON_REJECTED : GST_RTC_END_REASON_BUSY;
    return broken({text, reason, fatal, retry_after}, now);
}

} // namespace rtc::whip
