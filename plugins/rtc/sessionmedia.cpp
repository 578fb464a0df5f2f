// The media of a session: what it sends, what it receives, and how it ends.
#include "plugins/rtc/session.hpp"

#include "plugins/rtc/calltags.hpp"

#include <algorithm>

GST_DEBUG_CATEGORY_EXTERN(rtc_session_debug);
#define GST_CAT_DEFAULT rtc_session_debug

namespace rtc {

using std::chrono::milliseconds;

static std::string nick_of(GstRtcEndReason reason) {
    auto* reasons = static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_RTC_END_REASON));
    std::string nick = g_enum_get_value(reasons, reason)->value_nick;
    g_type_class_unref(reasons);
    return nick;
}

namespace {

// What a network is taken to carry until it tells: pictures come at their rate whatever is assumed,
// and a network that can't carry that shows it within a round trip or two. bit/s
constexpr guint start_bitrate = 2'500'000;

// How long repair packets may come after what they protect, µs: what libwebrtc says, and never
// comes near.
constexpr char flexfec_fmtp[] = "repair-window=10000000";

} // namespace

void Session::choose_ssrcs() {
    ssrcs_.clear();
    for (const auto& track : plan_) {
        sdp::Ssrcs ssrcs;
        if (track.sends())
            ssrcs.media = MAX(1, g_random_int());
        bool offers = offers_repair(track);
        if (track.sends() && (offers || track.formats.front().rtx_type >= 0))
            ssrcs.repair = MAX(1, g_random_int());
        if (track.sends() && uses_fec() && (offers || track.formats.front().takes_flexfec()))
            ssrcs.fec = MAX(1, g_random_int());
        ssrcs_.push_back(ssrcs);
    }
}

std::vector<guint32> Session::media_ssrcs() const {
    std::vector<guint32> list;
    for (const auto& ssrcs : ssrcs_)
        list.push_back(ssrcs.media);
    return list;
}

// Streams that end between offer and now are left out: the peer sees no media on that section.
void Session::start_sending() {
    if (context_.settings.direct)
        make_link();
    for (size_t i = 0; i < plan_.size(); i++) {
        const auto& track = plan_[i];
        if (!track.sends())
            continue;
        auto stream = context_.host->find_stream(track.stream_id);
        if (!stream || !stream->live())
            continue;
        auto sending = make_track(*stream, track, ssrcs_[i]);
        if (!sending)
            return run(negotiation_.failed(Fault::error, sending.error().message));
        sending_.push_back(std::move(*sending));
        if (auto wish = wished_rungs_.find(track.mline); wish != wished_rungs_.end())
            sending_.back()->limit_rung(wish->second);
    }
}

bool Session::uses_fec() const {
    return context_.settings.direct && FecMode(context_.settings.fec) != FecMode::off;
}

// Media that webrtcbin sends is repaired by what webrtcbin offers, which is less.
bool Session::offers_repair(const TrackPlan& track) const {
    return context_.settings.direct && request_.offerer && track.sends() &&
           track.kind == Kind::video;
}

// webrtcbin knows nothing of what goes beside it: this is in the descriptions that the peer gets,
// and not in those that webrtcbin does.
void Session::describe_repair() {
    for (const auto& track : plan_) {
        auto* media = sdp::media_at(local_.get(), track.mline);
        if (!media || !track.sends())
            continue;
        const auto& format = track.formats.front();
        if (request_.offerer)
            offer_repair(track, media);
        else if (uses_fec() && format.takes_flexfec())
            sdp::add_payload(media, format.flexfec_type, flexfec_name, 90'000, flexfec_fmtp);
        else if (uses_fec() && format.takes_ulpfec()) {
            sdp::add_payload(media, format.red_type, "red", 90'000);
            sdp::add_payload(media, format.ulpfec_type, "ulpfec", 90'000);
        }
    }
}

// Retransmissions of each codec, for webrtcbin offers them of one; and FlexFEC. Not ULPFEC: all
// media would be in RED.
void Session::offer_repair(const TrackPlan& track, GstSDPMedia* media) {
    auto offer = [&](std::string_view name, const std::string& fmtp) {
        auto type = sdp::unused_payload_type(local_.get());
        if (!type)
            return;
        sdp::add_payload(media, *type, name, 90'000, fmtp);
        beside_webrtcbin_.push_back(*type);
    };
    if (!offers_repair(track))
        return;
    auto line = sdp::media_lines(local_.get()).at(track.mline);
    for (const auto& format : track.formats)
        if (!line.rtx_for(format.payload.type))
            offer("rtx", "apt=" + std::to_string(format.payload.type));
    auto is_flexfec = [](const auto& payload) { return payload.is(flexfec_name); };
    if (uses_fec() && std::ranges::none_of(line.payloads, is_flexfec))
        offer(flexfec_name, flexfec_fmtp);
}

// A layer's id is its rung, "0" the best. One encoding is no choice.
void Session::describe_layers() {
    for (const auto& track : plan_) {
        auto stream = track.sends() ? context_.host->find_stream(track.stream_id) : nullptr;
        auto ladder = stream ? stream->ladder() : Ladder{};
        if (ladder.size() < 2)
            continue;
        Owned<GstStructure> layers(gst_structure_new_empty("layers"));
        for (size_t i = 0; i < ladder.size(); i++) {
            Owned<GstStructure> layer(
                gst_structure_new("layer", "bitrate", G_TYPE_UINT, ladder[i].bitrate, nullptr));
            if (ladder[i].height)
                gst_structure_set(layer.get(), "height", G_TYPE_UINT, ladder[i].height, nullptr);
            gst_structure_set(layers.get(), std::to_string(i).c_str(), GST_TYPE_STRUCTURE,
                              layer.get(), nullptr);
        }
        gst_rtc_signaling_set_layers(GST_RTC_SIGNALING(context_.signaling.get()),
                                     request_.id.c_str(), track.mline, layers.get());
    }
}

void Session::select_layer(guint mline, const std::string& layer) {
    char* end = nullptr;
    auto rung = g_ascii_strtoull(layer.c_str(), &end, 10);
    if (*end || rung > G_MAXUINT)
        return;
    wished_rungs_[mline] = rung;
    for (const auto& track : sending_)
        if (track->mline() == mline)
            track->limit_rung(rung);
}

void Session::make_link() {
    if (std::ranges::none_of(plan_, [](const auto& track) { return track.sends(); }))
        return;
    auto access = peer_->direct_access();
    if (!access) {
        GST_WARNING("session %s: media goes through webrtcbin", request_.id.c_str());
        return;
    }
    DirectLink::Settings settings;
    settings.key = access->key;
    settings.path = std::move(access->path);
    settings.cname = cname_;
    settings.bandwidth.start = start_bitrate;
    settings.running_time = [element = context_.element] {
        auto clock = adopt(gst_element_get_clock(element.get()));
        auto base = gst_element_get_base_time(element.get());
        return clock ? gst_clock_get_time(clock.get()) - base : GST_CLOCK_TIME_NONE;
    };
    link_ = DirectLink::create(std::move(settings));
    peer_->watch_rtcp([weak = std::weak_ptr(link_)](std::span<const guint8> packet) {
        if (auto link = weak.lock())
            link->received_rtcp(packet);
    });
}

Result<std::unique_ptr<SendTrack>> Session::make_track(Stream& stream, const TrackPlan& track,
                                                       const sdp::Ssrcs& ssrcs) {
    if (link_)
        return SendTrack::create(*link_, stream, track, ssrcs,
                                 {context_.settings.playout_delay_min,
                                  context_.settings.playout_delay_max,
                                  FecMode(context_.settings.fec)});
    auto sink_pad = peer_->sink_pad(track.mline);
    if (!sink_pad)
        return Error{"webrtcbin made no pad to send on"};
    return SendTrack::create(peer_->bin(), sink_pad.get(), stream, track, ssrcs);
}

ViewerStatistics Session::statistics() const {
    ViewerStatistics result{request_.id, request_.peer};
    if (opened_at_ > 0)
        result.seconds = double(g_get_monotonic_time() - opened_at_) / G_USEC_PER_SEC;
    for (const auto& track : sending_) {
        result.rung = MAX(result.rung, track->rung());
        result.temporal_layer = MAX(result.temporal_layer, track->temporal_layer());
    }
    if (link_)
        result.sent = link_->statistics();
    return result;
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
    parameters.tracks = expected_tracks_;
    parameters.tags = make_call_tags(request_.id, request_.peer, request_.room);
    parameters.gate = [gate = gate_] { return gate->load(std::memory_order_relaxed); };
    parameters.end_reason = [reason = end_reason_] {
        return *reason < 0 ? std::string() : nick_of(GstRtcEndReason(reason->load()));
    };
    parameters.sender_clock = peer_->sender_clock();
    parameters.keyframe_interval_ms = context_.settings.keyframe_interval;
    track.receiver = Receiver::create(peer_->bin(), pad, track.output.get(), std::move(parameters));
    std::lock_guard lock(receive_mutex_);
    receiving_.push_back(std::move(track));
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
