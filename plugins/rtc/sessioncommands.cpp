// What a session does when its negotiation says so.
#include "plugins/rtc/session.hpp"

#include "signaling/sdp/candidate.hpp"

GST_DEBUG_CATEGORY_EXTERN(rtc_session_debug);
#define GST_CAT_DEFAULT rtc_session_debug

namespace rtc {

using std::chrono::milliseconds;

namespace {

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

void add_candidates(GstSDPMessage* message,
                    const std::vector<std::pair<guint, std::string>>& candidates) {
    constexpr std::string_view prefix = "candidate:";
    for (const auto& [mline, text] : candidates)
        if (auto* media = sdp::media_at(message, mline); media && text.starts_with(prefix))
            gst_sdp_media_add_attribute(media, "candidate", text.c_str() + prefix.size());
    if (auto* first = sdp::media_at(message, 0))
        gst_sdp_media_add_attribute(first, "end-of-candidates", nullptr);
}

} // namespace

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
    choose_ssrcs();
    if (auto added = peer_->add_transceivers(plan_, media_ssrcs(), true); !added)
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
    describe_sending();
    run(negotiation_.local_created());
}

// Tracks of one media stream and one CNAME: a browser plays them in step.
void Session::describe_sending() {
    for (size_t i = 0; i < plan_.size(); i++) {
        const auto& track = plan_[i];
        auto* media = sdp::media_at(local_.get(), track.mline);
        if (!media || !track.sends())
            continue;
        sdp::set_msid(media, "gst-rtc", track.stream_id);
        if (context_.settings.direct)
            sdp::set_ssrcs(media, ssrcs_[i], cname_);
    }
}

void Session::execute(command::ApplyLocal&) {
    auto type = request_.offerer ? sdp::DescriptionType::offer : sdp::DescriptionType::answer;
    peer_->set_local(type, local_.get(), [weak = weak_from_this()](Result<void> result) {
        if (auto self = weak.lock())
            self->step_done(std::move(result), &Negotiation::local_applied);
    });
}

void Session::execute(command::SendDescription&) {
    describe_layers();
    describe_repair();
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
    if (auto candidate = usable_candidate(command.candidate))
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
    context_.claim.reset();
    opened_at_ = g_get_monotonic_time();
    gate_->store(true);
    start_sending();
    if (negotiation_.ended())
        return;
    peer_->recalculate_latency();
    watch_consent();
    context_.host->session_opened(request_);
}

void Session::execute(command::Fail& command) {
    end(to_reason(command.fault), command.text, true);
}

} // namespace rtc
