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

    void request_keyframe() {
        std::shared_ptr<Subscription> current;
        {
            std::lock_guard lock(mutex);
            current = subscription;
        }
        if (current)
            current->request_keyframe();
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

Result<std::unique_ptr<SendTrack>> SendTrack::create(GstBin* bin, GstPad* sink_pad, Stream& stream,
                                                     const TrackPlan& plan, guint32 ssrc) {
    const auto& format = plan.formats.front();
    auto track = std::unique_ptr<SendTrack>(new SendTrack);
    track->shared_ = std::make_shared<Shared>();
    auto caps = rtp_caps(plan, format, ssrc);
    auto* appsrc = gst_element_factory_make("appsrc", nullptr);
    if (!appsrc)
        return Error{"The element appsrc is missing: install GStreamer's base plugins"};
    track->appsrc_ = sink(appsrc);
    g_object_set(appsrc, "caps", caps.get(), "format", GST_FORMAT_TIME, "is-live", TRUE,
                 "max-buffers", max_queued_packets, "max-bytes", guint64(0), "leaky-type",
                 GST_APP_LEAKY_TYPE_DOWNSTREAM, nullptr);
    gst_bin_add(bin, appsrc);
    auto source_pad = adopt(gst_element_get_static_pad(appsrc, "src"));
    gst_pad_add_probe(source_pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                      new std::weak_ptr<Shared>(track->shared_),
                      [](gpointer data) { delete static_cast<std::weak_ptr<Shared>*>(data); });
    if (gst_pad_link(source_pad.get(), sink_pad) != GST_PAD_LINK_OK)
        return Error{"webrtcbin refused the stream"};
    gst_element_sync_state_with_parent(appsrc);

    SendParameters parameters;
    parameters.payload_type = guint8(format.payload.type);
    parameters.ssrc = ssrc;
    parameters.first_sequence = guint16(g_random_int_range(0, 0x8000)); // RFC 3711, section 3.3.1
    parameters.timestamp_offset = g_random_int();
    std::shared_ptr<Subscription> subscription =
        stream.subscribe(*format.codec, parameters, [source = track->appsrc_](auto packet) {
            gst_app_src_push_buffer(GST_APP_SRC(source.get()), packet.release());
        });
    if (!subscription)
        return Error{"The stream " + stream.id() + " can't be had as " + format.codec->name};
    std::lock_guard lock(track->shared_->mutex);
    track->shared_->subscription = std::move(subscription);
    return track;
}

SendTrack::~SendTrack() {
    std::shared_ptr<Subscription> subscription;
    std::lock_guard lock(shared_->mutex);
    std::swap(subscription, shared_->subscription);
}

} // namespace rtc
