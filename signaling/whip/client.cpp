#include "signaling/whip/client.hpp"

#include "signaling/http/url.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/whip/fragment.hpp"

#include <algorithm>

namespace rtc::whip {
namespace {

using namespace client;

constexpr const char* sdp_type = "application/sdp";
constexpr auto longest_retry_after = std::chrono::minutes(10);

} // namespace

Client::Client(ClientConfig config, Random random, NewId new_id)
    : config_(std::move(config))
    , random_(std::move(random))
    , new_id_(std::move(new_id))
    , backoff_(config_.first_pause, config_.longest_pause) {}

std::string Client::endpoint() const {
    return std::string(config_.kind == Kind::whip ? "WHIP" : "WHEP") + " endpoint " +
           http::shown(config_.endpoint);
}

bool Client::shows_token(const std::string& url) const {
    return http::origin_of(url) == http::origin_of(config_.endpoint) ||
           (config_.trust_redirects && url.starts_with("https:"));
}

Send Client::send(Purpose purpose, http::Request request, int redirects) {
    auto ticket = ++last_ticket_;
    flights_[ticket] = {purpose, current_.id, request, redirects};
    bool authorized = shows_token(request.url);
    return {ticket, std::move(request), authorized};
}

Commands Client::set_live(bool live, Time now) {
    live_ = live;
    return live && state_ == State::waiting ? begin(now) : Commands{};
}

Commands Client::begin(Time) {
    current_ = {};
    current_.id = new_id_();
    state_ = State::offering;
    return {StartSession{current_.id, GST_RTC_OFFERER_HOST, ice_servers_}};
}

// What candidates must name later: sections and credentials of our own description.
bool Client::read_local(const std::string& text) {
    auto message = sdp::parse(text);
    if (!message)
        return false;
    for (const auto& line : sdp::media_lines(message->get())) {
        current_.media.push_back(line.media);
        current_.mids.push_back(line.mid);
    }
    auto credentials = sdp::ice_credentials(message->get());
    current_.ufrag = credentials.ufrag;
    current_.password = credentials.password;
    return !current_.mids.empty();
}

Commands Client::describe(const std::string& session, GstWebRTCSDPType type,
                          const std::string& text, Time now) {
    bool offers = state_ == State::offering && type == GST_WEBRTC_SDP_TYPE_OFFER;
    bool answers = state_ == State::answering && type == GST_WEBRTC_SDP_TYPE_ANSWER;
    if (session != current_.id || (!offers && !answers))
        return {};
    if (!read_local(text))
        return broken({"The description of this end can't be read", GST_RTC_END_REASON_ERROR, true},
                      now);
    http::Request request{"POST", config_.endpoint, {{"Accept", sdp_type}}, sdp_type, text};
    if (offers) {
        state_ = State::posting;
        return {send(Purpose::post, std::move(request))};
    }
    request.method = "PATCH";
    request.url = current_.url;
    request.headers.clear();
    if (!current_.etag.empty())
        request.headers.emplace_back("If-Match", current_.etag);
    return {send(Purpose::answer, std::move(request))};
}

Commands Client::add_candidate(const std::string& session, guint mline, const char* candidate) {
    Commands commands;
    if (session != current_.id || !current_.trickle)
        return commands;
    current_.candidates.push_back(
        {mline, candidate ? std::optional<std::string>(candidate) : std::nullopt});
    if (state_ == State::open)
        flush(commands);
    return commands;
}

// One PATCH at a time, with all that there is (RFC 8840 section 4.4, RFC 9725 section 4.3.2).
void Client::flush(Commands& commands) {
    auto& now = current_;
    if (now.patch || now.candidates.empty() || !now.trickle || now.url.empty())
        return;
    Fragment fragment{.ufrag = now.ufrag, .password = now.password};
    for (guint mline = 0; mline < now.mids.size(); mline++) {
        FragmentSection section{.media = now.media[mline], .mid = now.mids[mline]};
        for (const auto& trickled : now.candidates)
            if (trickled.candidate && trickled.mline == mline)
                section.candidates.push_back(*trickled.candidate);
        if (!section.candidates.empty())
            fragment.sections.push_back(std::move(section));
    }
    fragment.end_of_candidates = std::ranges::any_of(
        now.candidates, [](const Trickled& trickled) { return !trickled.candidate; });
    now.candidates.clear();
    http::Request request{"PATCH", now.url, {}, fragment_type, to_string(fragment)};
    if (!now.etag.empty())
        request.headers.emplace_back("If-Match", now.etag);
    auto command = send(Purpose::trickle, std::move(request));
    now.patch = command.ticket;
    commands.push_back(std::move(command));
}

void Client::remove(Commands& commands) {
    if (!current_.url.empty())
        commands.push_back(send(Purpose::remove, {.method = "DELETE", .url = current_.url}));
}

Commands Client::end(const std::string& session, GstRtcEndReason reason, const std::string& text,
                     Time now) {
    Commands commands;
    if (session != current_.id || current_.id.empty())
        return commands;
    remove(commands);
    if (reason == GST_RTC_END_REASON_HANGUP || reason == GST_RTC_END_REASON_SHUTDOWN) {
        state_ = State::done;
        current_ = {};
        return commands;
    }
    bool fatal = reason == GST_RTC_END_REASON_REJECTED;
    pause(commands, {"The session with the " + endpoint() + " ended: " + text, reason, fatal}, now);
    return commands;
}

Commands Client::fail(Ticket ticket, const http::Failure& failure, Time now) {
    auto found = flights_.extract(ticket);
    if (!found || found.mapped().session != current_.id)
        return {};
    auto purpose = found.mapped().purpose;
    if (purpose == Purpose::trickle) {
        current_.patch = 0;
        current_.trickle = false;
    }
    if (purpose != Purpose::post && purpose != Purpose::answer)
        return {};
    auto reason = failure.kind == http::Failure::timeout ? GST_RTC_END_REASON_TIMEOUT
                                                         : GST_RTC_END_REASON_CONNECTION;
    return broken({"The " + endpoint() + " can't be reached: " + failure.text, reason,
                   failure.kind == http::Failure::tls},
                  now);
}

Commands Client::broken(const Trouble& trouble, Time now) {
    Commands commands{CloseSession{current_.id, trouble.reason, trouble.text}};
    remove(commands);
    pause(commands, trouble, now);
    return commands;
}

void Client::pause(Commands& commands, const Trouble& trouble, Time now) {
    if (state_ == State::open && now - current_.opened >= config_.lasting) {
        has_lasted_ = true;
        warned_ = false;
        pauses_ = 0;
        backoff_.reset();
    }
    current_ = {};
    bool hopeless = trouble.fatal && !has_lasted_;
    if (hopeless || (config_.retries >= 0 && pauses_ >= config_.retries)) {
        state_ = State::done;
        commands.push_back(GiveUp{trouble.text});
        return;
    }
    if (!std::exchange(warned_, true))
        commands.push_back(Warn{trouble.text + ". It will be tried again"});
    if (trouble.fatal)
        backoff_.relax();
    auto wait = backoff_.next(random_());
    if (trouble.retry_after) {
        auto asked = std::min<std::chrono::milliseconds>(*trouble.retry_after, longest_retry_after);
        auto spread = config_.first_pause.count() * random_();
        wait = std::max(wait, asked + std::chrono::milliseconds(gint64(spread)));
    }
    pauses_++;
    due_ = now + wait;
    state_ = State::pausing;
}

Commands Client::advance(Time now) {
    if (state_ != State::pausing || now < due_)
        return {};
    state_ = State::waiting;
    return live_ ? begin(now) : Commands{};
}

std::optional<Time> Client::deadline() const {
    return state_ == State::pausing ? std::optional(due_) : std::nullopt;
}

Commands Client::stop() {
    Commands commands;
    if (!current_.id.empty())
        commands.push_back(
            CloseSession{current_.id, GST_RTC_END_REASON_SHUTDOWN, "The pipeline stops"});
    remove(commands);
    state_ = State::done;
    current_ = {};
    return commands;
}

bool Client::idle() const {
    return std::ranges::none_of(
        flights_, [](const auto& entry) { return entry.second.purpose != Purpose::trickle; });
}

} // namespace rtc::whip
