#include "plugins/rtc/session.hpp"

#include "plugins/rtc/calltags.hpp"
#include "plugins/rtc/webrtcbinpeer.hpp"
#include "signaling/sdp/candidate.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY_STATIC(rtc_session_debug);
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

GstRtcEndReason to_reason(Fault fault) {
    switch (fault) {
    case Fault::rejected:
        return GST_RTC_END_REASON_REJECTED;
    case Fault::timeout:
        return GST_RTC_END_REASON_TIMEOUT;
    case Fault::connection:
        return GST_RTC_END_REASON_CONNECTION;
    case Fault::security:
        return GST_RTC_END_REASON_SECURITY;
    case Fault::lost:
        return GST_RTC_END_REASON_LOST;
    case Fault::error:
        break;
    }
    return GST_RTC_END_REASON_ERROR;
}

GstWebRTCSDPType to_webrtc(bool is_offer) {
    return is_offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER;
}

// An SSRC of our own for each section that sends (RFC 3550, section 8.1).
std::vector<guint32> choose_ssrcs(const std::vector<TrackPlan>& plan) {
    std::vector<guint32> ssrcs;
    for (const auto& track : plan)
        ssrcs.push_back(track.sends() ? MAX(1, g_random_int()) : 0);
    return ssrcs;
}

void add_candidates(GstSDPMessage* message,
                    const std::vector<std::pair<guint, std::string>>& candidates) {
    constexpr std::string_view prefix = "candidate:";
    for (const auto& [mline, text] : candidates)
        if (auto* media = sdp::media_at(message, mline); media && text.starts_with(prefix))
            gst_sdp_media_add_attribute(media, "candidate", text.c_str() + prefix.size());
    if (auto* first = sdp::media_at(message, 0))
        gst_sdp_media_add_attribute(first, "end-of-candidates", nullptr);
}

std::string nick_of(GstRtcEndReason reason) {
    auto* reasons = static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_RTC_END_REASON));
    std::string nick = g_enum_get_value(reasons, reason)->value_nick;
    g_type_class_unref(reasons);
    return nick;
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

void Session::more_ice_servers(const std::vector<sdp::IceServer>& servers) {
    if (peer_ && !negotiation_.ended())
        return peer_->add_ice_servers(servers);
    auto& list = request_.ice_servers;
    list.insert(list.end(), servers.begin(), servers.end());
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
    fingerprints_ = sdp::fingerprints(message.get());
    auto lines = sdp::media_lines(message.get());
    auto plan = type == sdp::DescriptionType::offer
                    ? plan_answer(lines, context_.host->capabilities())
                    : plan_from_answer(plan_, lines);
    if (!plan)
        return plan.error();
    plan_ = std::move(*plan);
    if (type == sdp::DescriptionType::offer) {
        narrow_offer(message.get(), plan_);
        if (auto made = make_peer(); !made)
            return made.error();
        ssrcs_ = choose_ssrcs(plan_);
        if (auto added = peer_->add_transceivers(plan_, ssrcs_, false); !added)
            return added.error();
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

template <typename T>
PeerConnection::Done<T> Session::reply(void (Session::*method)(Result<T>)) {
    return [weak = weak_from_this(), method](Result<T> result) {
        auto self = weak.lock();
        if (self && !self->negotiation_.ended())
            (*self.*method)(std::move(result));
    };
}

void Session::step_done(Result<void> result, Commands (Negotiation::*next)()) {
    if (!result)
        return run(negotiation_.failed(Fault::rejected, result.error().message));
    run((negotiation_.*next)());
}

void Session::execute(command::CreateOffer&) {
    plan_ = plan_offer(context_.host->capabilities());
    if (plan_.empty())
        return run(negotiation_.failed(Fault::error, "There is nothing to send or to receive"));
    if (auto made = make_peer(); !made)
        return run(negotiation_.failed(Fault::error, made.error().message));
    ssrcs_ = choose_ssrcs(plan_);
    if (auto added = peer_->add_transceivers(plan_, ssrcs_, true); !added)
        return run(negotiation_.failed(Fault::error, added.error().message));
    peer_->create_offer(reply<sdp::Message>(&Session::local_made));
}

void Session::execute(command::ApplyRemote&) {
    auto type = request_.offerer ? sdp::DescriptionType::answer : sdp::DescriptionType::offer;
    peer_->set_remote(type, remote_.get(), [weak = weak_from_this()](Result<void> result) {
        if (auto self = weak.lock())
            self->step_done(std::move(result), &Negotiation::remote_applied);
    });
}

void Session::execute(command::CreateAnswer&) {
    peer_->create_answer(reply<sdp::Message>(&Session::local_made));
}

void Session::local_made(Result<sdp::Message> description) {
    if (!description)
        return run(negotiation_.failed(Fault::rejected, description.error().message));
    local_ = std::move(*description);
    if (request_.offerer)
        sdp::patch_offer(local_.get());
    else
        sdp::patch_answer(local_.get(), remote_.get());
    for (const auto& track : plan_)
        if (auto* media = sdp::media_at(local_.get(), track.mline); media && track.sends())
            sdp::set_msid(media, "gst-rtc", track.stream_id);
    run(negotiation_.local_created());
}

void Session::execute(command::ApplyLocal&) {
    auto type = request_.offerer ? sdp::DescriptionType::offer : sdp::DescriptionType::answer;
    peer_->set_local(type, local_.get(), [weak = weak_from_this()](Result<void> result) {
        if (auto self = weak.lock())
            self->step_done(std::move(result), &Negotiation::local_applied);
    });
}

void Session::execute(command::SendDescription&) {
    auto message = sdp::copy(local_.get());
    if (!request_.trickle)
        add_candidates(message.get(), local_candidates_);
    gst_rtc_signaling_send_description(GST_RTC_SIGNALING(context_.signaling.get()),
                                       request_.id.c_str(), to_webrtc(request_.offerer),
                                       sdp::to_string(message.get()).c_str());
}

void Session::execute(command::SendCandidate& command) {
    gst_rtc_signaling_send_candidate(
        GST_RTC_SIGNALING(context_.signaling.get()), request_.id.c_str(), command.mline,
        command.candidate.empty() ? nullptr : command.candidate.c_str());
}

void Session::execute(command::AddCandidate& command) {
    auto candidate = sdp::parse_candidate(command.candidate);
    if (candidate && candidate->is_usable())
        peer_->add_candidate(command.mline, candidate->to_string());
}

milliseconds Session::deadline_of(Wait wait) const {
    const auto& s = context_.settings;
    // Where signaling is slow, a description that was sent is not yet with the peer.
    auto patient = [this](guint timeout) {
        auto patience = request_.patience.value_or(timeout);
        return milliseconds(patience && timeout ? MAX(patience, timeout) : 0);
    };
    switch (wait) {
    case Wait::description:
        return patient(s.description_timeout);
    case Wait::gathering:
        return milliseconds(s.gathering_timeout);
    case Wait::ice:
        return patient(s.ice_timeout);
    case Wait::dtls:
        return milliseconds(s.dtls_timeout);
    case Wait::media:
        return milliseconds(s.media_timeout);
    case Wait::none:
        break;
    }
    return milliseconds(0);
}

void Session::execute(command::AwaitUntil& command) {
    deadline_.cancel();
    auto delay = deadline_of(command.wait);
    if (delay.count() == 0)
        return;
    deadline_ = context_.loop->after(delay, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->run(self->negotiation_.deadline_passed());
    });
}

void Session::execute(command::VerifyCertificate&) {
    auto matches = peer_->verify_certificate(fingerprints_);
    if (!matches)
        return run(negotiation_.failed(Fault::security, matches.error().message));
    run(negotiation_.verified(*matches));
}

void Session::execute(command::Open&) {
    opened_at_ = g_get_monotonic_time();
    gate_->store(true);
    start_sending();
    if (negotiation_.ended())
        return;
    peer_->recalculate_latency();
    watch_consent();
    context_.host->session_opened(request_.id, request_.peer);
}

void Session::execute(command::Fail& command) {
    end(to_reason(command.fault), command.text, true);
}

// Streams that end between offer and now are left out: the peer sees no media on that section.
void Session::start_sending() {
    for (size_t i = 0; i < plan_.size(); i++) {
        const auto& track = plan_[i];
        if (!track.sends())
            continue;
        auto stream = context_.host->find_stream(track.stream_id);
        if (!stream || !stream->live())
            continue;
        auto sink_pad = peer_->sink_pad(track.mline);
        if (!sink_pad)
            return run(negotiation_.failed(Fault::error, "webrtcbin made no pad to send on"));
        auto sending = SendTrack::create(peer_->bin(), sink_pad.get(), *stream, track, ssrcs_[i]);
        if (!sending)
            return run(negotiation_.failed(Fault::error, sending.error().message));
        sending_.push_back(std::move(*sending));
    }
}

// libnice notices a killed peer late or never; a living one sends RTP or at least RTCP, every few
// seconds (RFC 3550, section 6.2).
void Session::watch_consent() {
    auto timeout = context_.settings.consent_timeout;
    if (timeout == 0)
        return;
    auto check = [weak = weak_from_this(), timeout] {
        auto self = weak.lock();
        if (!self)
            return;
        auto last = std::max(self->peer_->last_received(), self->opened_at_);
        if (g_get_monotonic_time() - last > gint64(timeout) * 1000)
            self->run(self->negotiation_.peer_silent());
    };
    consent_timer_ = context_.loop->every(milliseconds(MAX(timeout / 8, 100)), check);
}

void Session::local_candidate(guint mline, std::string candidate) {
    local_candidates_.emplace_back(mline, candidate);
    run(negotiation_.local_candidate(mline, std::move(candidate)));
}

void Session::gathering_complete() {
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

void Session::pad_added(GstPad* pad) {
    auto caps = adopt(gst_pad_get_current_caps(pad));
    if (!caps)
        caps = adopt(gst_pad_query_caps(pad, nullptr));
    const char* name = nullptr;
    if (caps && !gst_caps_is_empty(caps.get()) && !gst_caps_is_any(caps.get()))
        name = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "encoding-name");
    const auto* codec = name ? find_codec(name) : nullptr;
    bool ended;
    {
        std::lock_guard lock(receive_mutex_);
        ended = receiving_ended_;
    }
    if (!codec || ended) {
        // A pad that stays unlinked would stop the whole bundle.
        gst_pad_add_probe(
            pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
            [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr,
            nullptr);
        return;
    }
    context_.loop->post([weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->run(self->negotiation_.media_received());
    });
    ReceiveTrack track;
    track.output = context_.host->add_output(*codec);
    if (!track.output)
        return;
    Receiver::Parameters parameters;
    parameters.codec = codec;
    parameters.stream_id = request_.id + "/" + GST_OBJECT_NAME(track.output.get());
    parameters.group_id = group_id_;
    parameters.tags = make_call_tags(request_.id, request_.peer);
    parameters.gate = [gate = gate_] { return gate->load(std::memory_order_relaxed); };
    parameters.end_reason = [reason = end_reason_] {
        return *reason < 0 ? std::string() : nick_of(GstRtcEndReason(reason->load()));
    };
    parameters.keyframe_interval_ms = context_.settings.keyframe_interval;
    track.receiver = Receiver::create(peer_->bin(), pad, track.output.get(), std::move(parameters));
    std::lock_guard lock(receive_mutex_);
    receiving_.push_back(std::move(track));
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
    deadline_.cancel();
    consent_timer_.cancel();
    gate_->store(false);
    sending_.clear();
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

// On the teardown thread, when no streaming thread is left.
void Session::finish_teardown(std::shared_ptr<Session> self) {
    for (auto& track : self->receiving_) {
        track.receiver->finish();
        self->context_.host->remove_output(track.output.get());
    }
    auto torn_down = std::move(self->context_.torn_down);
    self.reset();
    torn_down();
}

} // namespace rtc
