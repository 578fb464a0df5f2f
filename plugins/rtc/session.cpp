#include "plugins/rtc/session.hpp"

#include "plugins/rtc/webrtcbinpeer.hpp"
#include "signaling/sdp/candidate.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY(rtc_session_debug);
#define GST_CAT_DEFAULT rtc_session_debug

namespace rtc {
namespace {

using std::chrono::milliseconds;

void init_debug() {
    static std::once_flag once;
    std::call_once(once, [] {
        GST_DEBUG_CATEGORY_INIT(rtc_session_debug, "rtcsession", 0, "WebRTC sessions");
    });
}

} // namespace

Session::Session(Context context, SessionRequest request)
    : context_(std::move(context))
    , request_(std::move(request))
    , negotiation_({request_.offerer, request_.trickle, expects_media()})
    , group_id_(gst_util_group_id_next()) {
    init_debug();
}

Session::~Session() = default;

bool Session::expects_media() const {
    return context_.host && !context_.host->capabilities().receive.empty();
}

void Session::start() {
    run(negotiation_.start());
}

void Session::remote_description(GstWebRTCSDPType type, const std::string& text) {
    if (type != GST_WEBRTC_SDP_TYPE_OFFER && type != GST_WEBRTC_SDP_TYPE_ANSWER)
        return run(negotiation_.failed(Fault::rejected, "Only offers and answers are understood"));
    auto kind = type == GST_WEBRTC_SDP_TYPE_OFFER ? sdp::DescriptionType::offer
                                                  : sdp::DescriptionType::answer;
    bool is_offer = kind == sdp::DescriptionType::offer;
    if (negotiation_.can_restart_ice() && !request_.offerer && is_offer) {
        if (auto restarted = restart_ice(text); !restarted)
            GST_WARNING("session %s: %s", request_.id.c_str(), restarted.error().message.c_str());
        return;
    }
    auto commands = negotiation_.remote_description(kind);
    bool apply = std::ranges::any_of(
        commands, [](const auto& c) { return std::holds_alternative<command::ApplyRemote>(c); });
    if (apply)
        if (auto accepted = accept_remote(kind, text); !accepted)
            return run(negotiation_.failed(Fault::rejected, accepted.error().message));
    run(std::move(commands));
}

void Session::remote_candidate(guint mline, const std::string& candidate) {
    run(negotiation_.remote_candidate(mline, candidate));
}

// Each is tried by sending to it.
std::optional<sdp::Candidate> Session::usable_candidate(std::string_view text) {
    auto candidate = sdp::parse_candidate(text);
    bool tried = candidate && candidates_.admit(*candidate, g_get_monotonic_time());
    return tried ? candidate : std::nullopt;
}

void Session::keep_usable_candidates(GstSDPMessage* description) {
    sdp::keep_candidates(description, [this](auto text) { return bool(usable_candidate(text)); });
}

void Session::more_ice_servers(const std::vector<sdp::IceServer>& servers) {
    if (peer_ && !negotiation_.ended())
        return peer_->add_ice_servers(servers);
    auto& list = request_.ice_servers;
    list.insert(list.end(), servers.begin(), servers.end());
}

// A second offer asks for another ICE generation, be it in the middle of a session or before there
// is a network path; nothing else of it is looked at. Answered with our last description and new
// credentials.
Result<void> Session::restart_ice(const std::string& text) {
    auto parsed = sdp::parse(text);
    if (!parsed)
        return parsed.error();
    auto offer = std::move(*parsed);
    if (auto valid = sdp::validate(offer.get(), sdp::DescriptionType::offer); !valid)
        return valid;
    if (sdp::fingerprints(offer.get()) != fingerprints_)
        return Error{"A second offer announces another certificate; it is passed over"};
    candidates_.restart();
    keep_usable_candidates(offer.get());
    auto local =
        peer_->restart_ice(sdp::ice_credentials(offer.get()), sdp::candidates(offer.get()));
    if (!local)
        return local.error();
    sdp::set_ice(local_.get(), *local, {});
    run(negotiation_.ice_restarted());
    return {};
}

// Nothing of a description reaches webrtcbin before it was checked and cut down to what is used.
Result<void> Session::accept_remote(sdp::DescriptionType type, const std::string& text) {
    auto parsed = sdp::parse(text);
    if (!parsed)
        return parsed.error();
    auto message = std::move(*parsed);
    if (auto valid = sdp::validate(message.get(), type); !valid)
        return valid.error();
    sdp::normalise(message.get());
    keep_usable_candidates(message.get());
    fingerprints_ = sdp::fingerprints(message.get());
    auto lines = sdp::media_lines(message.get());
    auto plan = type == sdp::DescriptionType::offer
                    ? plan_answer(lines, context_.host->capabilities())
                    : plan_from_answer(plan_, lines);
    if (!plan)
        return plan.error();
    plan_ = std::move(*plan);
    expected_tracks_ = std::ranges::count_if(plan_, &TrackPlan::receives);
    if (type == sdp::DescriptionType::offer) {
        narrow_offer(message.get(), plan_);
        if (auto made = make_peer(); !made)
            return made.error();
        choose_ssrcs();
        if (auto added = peer_->add_transceivers(plan_, media_ssrcs(), false); !added)
            return added.error();
    } else {
        narrow_answer(message.get(), beside_webrtcbin_);
    }
    remote_ = std::move(message);
    return {};
}

Result<void> Session::make_peer() {
    ConnectionSettings settings;
    const auto& s = context_.settings;
    settings.ice_servers = context_.ice_servers;
    for (const auto& server : request_.ice_servers)
        settings.ice_servers.push_back(server);
    settings.relay_only = s.ice_transport_policy == GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY;
    settings.upnp = s.upnp;
    settings.ice_tcp = s.ice_tcp;
    settings.latency_ms = s.latency;
    settings.max_streams = s.max_streams;
    settings.clock = adopt(gst_element_get_clock(context_.element.get()));
    settings.base_time = gst_element_get_base_time(context_.element.get());
    auto peer = make_webrtcbin_peer(context_.loop, request_.id, settings, weak_from_this());
    if (!peer)
        return peer.error();
    peer_ = std::move(*peer);
    return {};
}

void Session::run(Commands commands) {
    auto self = shared_from_this(); // a command may end the session
    for (auto& command : commands)
        std::visit([this](auto& c) { execute(c); }, command);
}

void Session::local_candidate(guint mline, std::string candidate) {
    local_candidates_.emplace_back(mline, candidate);
    run(negotiation_.local_candidate(mline, std::move(candidate)));
}

void Session::gathering_complete() {
    context_.claim.reset();
    run(negotiation_.gathering_complete());
}

void Session::ice_connected() {
    run(negotiation_.ice_connected());
}

void Session::ice_failed() {
    run(negotiation_.ice_failed());
}

void Session::dtls_connected() {
    run(negotiation_.dtls_connected());
}

void Session::dtls_failed() {
    run(negotiation_.dtls_failed());
}

void Session::failed(std::string text) {
    run(negotiation_.failed(Fault::error, std::move(text)));
}

void Session::update_clock() {
    if (peer_)
        peer_->set_clock(adopt(gst_element_get_clock(context_.element.get())),
                         gst_element_get_base_time(context_.element.get()));
}

void Session::end(GstRtcEndReason reason, const std::string& text, bool tell_peer) {
    if (std::exchange(ended_, true))
        return;
    auto self = shared_from_this();
    GST_INFO("session %s ends: %s", request_.id.c_str(), text.c_str());
    negotiation_.end();
    context_.claim.reset();
    deadline_.cancel();
    consent_timer_.cancel();
    gate_->store(false);
    sending_.clear();
    if (link_)
        link_->close();
    {
        std::lock_guard lock(receive_mutex_);
        receiving_ended_ = true;
        *end_reason_ = reason;
        for (auto& track : receiving_)
            track.receiver->finish_soon();
    }
    if (tell_peer)
        gst_rtc_signaling_end_session(GST_RTC_SIGNALING(context_.signaling.get()),
                                      request_.id.c_str(), reason, text.c_str());
    context_.ended(request_.id, reason, text);
    auto finish = [self]() mutable { finish_teardown(std::move(self)); };
    if (peer_)
        peer_->close(std::move(finish));
    else
        finish();
}

} // namespace rtc
