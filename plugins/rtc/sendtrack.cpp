#include "plugins/rtc/sendtrack.hpp"

#include <gst/app/app.h>
#include <gst/video/video.h>

#include <mutex>

namespace rtc {
namespace {

// Some seconds of a 4 Mbit/s stream: more than this is of no use to anyone live.
constexpr guint64 max_queued_packets = 512;

Ref<GstCaps> rtp_caps(const TrackPlan& plan, const TrackPlan::Format& format, guint32 ssrc) {
    Owned<char> name{g_ascii_strup(format.payload.name.c_str(), -1)};
    auto caps = adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, to_string(plan.kind), "encoding-name",
        G_TYPE_STRING, name.get(), "payload", G_TYPE_INT, format.payload.type, "clock-rate",
        G_TYPE_INT, int(format.payload.clock_rate), "ssrc", G_TYPE_UINT, ssrc, nullptr));
    // With this the RTP session numbers its packets for transport-wide congestion control.
    if (plan.transport_cc_id) {
        auto field = "extmap-" + std::to_string(*plan.transport_cc_id);
        gst_caps_set_simple(caps.get(), field.c_str(), G_TYPE_STRING,
                            std::string(sdp::extension::transport_cc).c_str(), nullptr);
    }
    return caps;
}

} // namespace

// The subscription is reached from the peer connection's streaming threads, which ask for
// keyframes, and dropped on the loop.
struct SendTrack::Shared {
    std::mutex mutex;
    std::shared_ptr<Subscription> subscription;

    std::shared_ptr<Subscription> current() {
        std::lock_guard lock(mutex);
        return subscription;
    }
    void request_keyframe() {
        if (auto to = current())
            to->request_keyframe();
    }
    guint set_bandwidth(guint bitrate, bool heard) {
        auto to = current();
        if (!to)
            return 0;
        to->set_bandwidth(bitrate, heard);
        return to->wanted();
    }
    void set_loss(double loss) {
        if (auto to = current())
            to->set_loss(loss);
    }
};

static GstPadProbeReturn on_upstream_event(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* weak = static_cast<std::weak_ptr<SendTrack::Shared>*>(data);
    if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
        return GST_PAD_PROBE_OK;
    if (auto shared = weak->lock())
        shared->request_keyframe();
    return GST_PAD_PROBE_DROP;
}

namespace {

// Packets into the peer connection, through a queue that has a thread of its own.
class PadTransport : public Transport {
public:
    explicit PadTransport(Ref<GstElement> appsrc)
        : appsrc_(std::move(appsrc)) {}
    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) override {
        gst_app_src_push_buffer(GST_APP_SRC(appsrc_.get()), packet->with(fields, pts).release());
    }

private:
    Ref<GstElement> appsrc_;
};

SendParameters make_parameters(const TrackPlan& plan, const sdp::Ssrcs& ssrcs) {
    SendParameters parameters;
    parameters.payload_type = guint8(plan.formats.front().payload.type);
    parameters.ssrc = ssrcs.media;
    parameters.first_sequence = guint16(g_random_int_range(0, 0x8000)); // RFC 3711, section 3.3.1
    parameters.timestamp_offset = g_random_int();
    const auto& fmtp = plan.formats.front().payload.fmtp;
    parameters.takes_audio_fec = sdp::fmtp_value(fmtp, "useinbandfec") == "1";
    parameters.takes_audio_dtx = sdp::fmtp_value(fmtp, "usedtx") == "1";
    return parameters;
}

std::optional<DirectLink::TrackSettings::Fec> choose_fec(const TrackPlan::Format& format,
                                                         const sdp::Ssrcs& ssrcs) {
    using Fec = DirectLink::TrackSettings::Fec;
    if (format.takes_flexfec() && ssrcs.fec)
        return Fec{.format = FecFormat::flexfec,
                   .payload_type = guint8(format.flexfec_type),
                   .ssrc = ssrcs.fec};
    if (format.takes_ulpfec())
        return Fec{.format = FecFormat::ulpfec,
                   .payload_type = guint8(format.ulpfec_type),
                   .red = guint8(format.red_type)};
    return {};
}

} // namespace

SendTrack::SendTrack(guint mline)
    : mline_(mline)
    , shared_(std::make_shared<Shared>()) {}

Result<std::unique_ptr<SendTrack>> SendTrack::create(DirectLink& link, Stream& stream,
                                                     const TrackPlan& plan, const sdp::Ssrcs& ssrcs,
                                                     const SendSettings& wishes) {
    auto track = std::unique_ptr<SendTrack>(new SendTrack(plan.mline));
    const auto& format = plan.formats.front();
    DirectLink::TrackSettings settings;
    settings.parameters = make_parameters(plan, ssrcs);
    settings.clock_rate = format.codec->clock_rate;
    settings.sound = plan.kind == Kind::audio;
    settings.retransmits = plan.wants_nack();
    if (ssrcs.repair && format.rtx_type >= 0)
        settings.repair = {guint8(format.rtx_type), ssrcs.repair};
    if (wishes.fec != FecMode::off)
        settings.fec = choose_fec(format, ssrcs);
    settings.extensions = {plan.transport_cc_id, plan.abs_capture_time_id, plan.playout_delay_id};
    if (wishes.playout_delay_min >= 0 || wishes.playout_delay_max >= 0)
        settings.playout_delay = {guint(MAX(wishes.playout_delay_min, 0)),
                                  guint(MAX(wishes.playout_delay_max, wishes.playout_delay_min))};
    settings.keyframe_needed = [weak = std::weak_ptr(track->shared_)] {
        if (auto shared = weak.lock())
            shared->request_keyframe();
    };
    settings.bandwidth = [weak = std::weak_ptr(track->shared_)](guint bitrate, bool heard) {
        auto shared = weak.lock();
        return shared ? shared->set_bandwidth(bitrate, heard) : 0;
    };
    settings.loss = [weak = std::weak_ptr(track->shared_)](double loss) {
        if (auto shared = weak.lock())
            shared->set_loss(loss);
    };
    auto parameters = settings.parameters;
    auto subscribed =
        track->subscribe(stream, plan, parameters, link.add_track(std::move(settings)));
    if (!subscribed)
        return subscribed.error();
    return track;
}

Result<std::unique_ptr<SendTrack>> SendTrack::create(GstBin* bin, GstPad* sink_pad, Stream& stream,
                                                     const TrackPlan& plan,
                                                     const sdp::Ssrcs& ssrcs) {
    auto track = std::unique_ptr<SendTrack>(new SendTrack(plan.mline));
    auto caps = rtp_caps(plan, plan.formats.front(), ssrcs.media);
    auto appsrc = sink(gst_element_factory_make("appsrc", nullptr));
    if (!appsrc)
        return Error{"The element appsrc is missing: install GStreamer's base plugins"};
    g_object_set(appsrc.get(), "caps", caps.get(), "format", GST_FORMAT_TIME, "is-live", TRUE,
                 "max-buffers", max_queued_packets, "max-bytes", guint64(0), "leaky-type",
                 GST_APP_LEAKY_TYPE_DOWNSTREAM, nullptr);
    gst_bin_add(bin, appsrc.get());
    auto source_pad = adopt(gst_element_get_static_pad(appsrc.get(), "src"));
    gst_pad_add_probe(source_pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                      new std::weak_ptr<Shared>(track->shared_),
                      [](gpointer data) { delete static_cast<std::weak_ptr<Shared>*>(data); });
    if (gst_pad_link(source_pad.get(), sink_pad) != GST_PAD_LINK_OK)
        return Error{"webrtcbin refused the stream"};
    gst_element_sync_state_with_parent(appsrc.get());
    auto subscribed = track->subscribe(stream, plan, make_parameters(plan, ssrcs),
                                       std::make_shared<PadTransport>(appsrc));
    if (!subscribed)
        return subscribed.error();
    return track;
}

Result<void> SendTrack::subscribe(Stream& stream, const TrackPlan& plan,
                                  const SendParameters& parameters,
                                  std::shared_ptr<Transport> transport) {
    const auto& codec = *plan.formats.front().codec;
    std::shared_ptr<Subscription> subscription =
        stream.subscribe(codec, parameters, std::move(transport));
    if (!subscription)
        return Error{"The stream " + stream.id() + " can't be had as " + codec.name};
    std::lock_guard lock(shared_->mutex);
    shared_->subscription = std::move(subscription);
    return {};
}

guint SendTrack::rung() const {
    auto subscription = shared_->current();
    return subscription ? subscription->rung() : 0;
}

guint SendTrack::temporal_layer() const {
    auto subscription = shared_->current();
    return subscription ? subscription->temporal_layer() : 0;
}

void SendTrack::limit_rung(size_t rung) {
    if (auto subscription = shared_->current())
        subscription->limit_rung(rung);
}

SendTrack::~SendTrack() {
    std::shared_ptr<Subscription> subscription;
    std::lock_guard lock(shared_->mutex);
    std::swap(subscription, shared_->subscription);
}

} // namespace rtc
