#include "tests/element/mutated_peer.hpp"

#include "plugins/rtc/calltags.hpp"

#include <gst/app/gstappsink.h>
#include <gst/rtp/gstrtpbuffer.h>

namespace rtc::test {
namespace {

constexpr guint8 payload_type = 96;
constexpr GstClockTime pause_between_rounds = 40 * GST_MSECOND;

Ref<GstElement> parse(const std::string& description) {
    GError* error = nullptr;
    auto* element = gst_parse_launch(description.c_str(), &error);
    g_assert_no_error(error);
    return sink(element);
}

#define CAMERA                                                                                     \
    "videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! "
#define MICROPHONE "audiotestsrc num-buffers=30 "

} // namespace

const std::vector<PeerCodec>& peer_codecs() {
    static const std::vector<PeerCodec> table{
        {"VP8",
         CAMERA "vp8enc deadline=1 cpu-used=16 keyframe-max-dist=1000 ! rtpvp8pay",
         // A partition beyond the frame's end; a picture of 16383×16383.
         {"1011ffff0000000000000000", "10d00a009d012aff3fff3f0000000000000000"}},
        {"VP9",
         CAMERA "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=1000 ! rtpvp9pay",
         {"8080", "0a18"}},
        {"H264",
         CAMERA "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=1000 ! "
                "video/x-h264,profile=constrained-baseline ! "
                "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
         // Fragments that never began or are empty, and formats that nobody has agreed on.
         {"7c", "7c05", "7c45aa", "7cc5aa", "1aaaaaaa", "1daaaa", "00aa"}},
        {"H265",
         CAMERA "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=1000 ! "
                "rtph265pay config-interval=-1 aggregate-mode=zero-latency",
         {"62", "6201", "620113", "620153aa", "6201d3aa", "6401aaaa", "600100"}},
        {"opus",
         MICROPHONE "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! "
                    "rtpopuspay",
         {}},
        {"PCMU",
         MICROPHONE "samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! "
                    "rtppcmupay",
         {}},
        {"PCMA",
         MICROPHONE "samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! alawenc ! "
                    "rtppcmapay",
         {}},
    };
    return table;
}

MutatedPeer::MutatedPeer(GstElement* application, const PeerCodec& codec, guint32 seed)
    : peer_(codec)
    , codec_(*find_codec(codec.name))
    , mutator_(seed)
    , session_(sink(gst_pipeline_new(nullptr)))
    , source_(sink(gst_bin_new(nullptr)))
    , rtp_pad_(sink(gst_pad_new("rtp", GST_PAD_SRC))) {
    packets_ = packetise(codec.sender, mutator_.one_in(2) ? 300 : 60000);
    gst_bin_add(GST_BIN(application), source_.get());
    auto any = adopt(gst_caps_new_any());
    auto pad_template =
        sink(gst_pad_template_new("src_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, any.get()));
    output_ = make_output_pad(pad_template.get(), "video_0", codec_);
    gst_pad_set_active(output_.get(), TRUE);
    gst_element_add_pad(source_.get(), output_.get());
    gst_pad_add_probe(
        output_.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo*, gpointer count) {
            (**static_cast<std::shared_ptr<std::atomic<size_t>>*>(count))++;
            return GST_PAD_PROBE_OK;
        },
        new std::shared_ptr<std::atomic<size_t>>(came_out_),
        [](gpointer count) { delete static_cast<std::shared_ptr<std::atomic<size_t>>*>(count); });
    gst_pad_set_active(rtp_pad_.get(), TRUE);
    receiver_ = Receiver::create(
        GST_BIN(session_.get()), rtp_pad_.get(), output_.get(),
        {&codec_, "s1/0", gst_util_group_id_next(), 1, make_call_tags("s1", "mallory"), {}, 100});
}

MutatedPeer::~MutatedPeer() {
    receiver_->finish();
    receiver_.reset();
    gst_element_set_state(session_.get(), GST_STATE_NULL);
}

std::vector<MutatedPeer::Packet> MutatedPeer::packetise(const char* sender, guint mtu) {
    auto pipeline = parse(std::string(sender) + " mtu=" + std::to_string(mtu) +
                          " ! appsink name=out sync=false");
    auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    std::vector<Packet> packets;
    while (auto* pulled = gst_app_sink_pull_sample(GST_APP_SINK(out.get()))) {
        auto sample = adopt(pulled);
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        auto* buffer = gst_sample_get_buffer(pulled);
        g_assert_true(gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp));
        auto* payload = static_cast<const guint8*>(gst_rtp_buffer_get_payload(&rtp));
        packets.push_back({Bytes(payload, payload + gst_rtp_buffer_get_payload_len(&rtp)),
                           bool(gst_rtp_buffer_get_marker(&rtp)), GST_BUFFER_PTS(buffer)});
        gst_rtp_buffer_unmap(&rtp);
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    g_assert_cmpuint(packets.size(), >=, 10);
    auto zero = packets.front().time; // x264enc starts at 1000 hours
    for (auto& packet : packets)
        packet.time -= zero;
    return packets;
}

void MutatedPeer::play() {
    gst_element_set_state(session_.get(), GST_STATE_PLAYING);
    gst_pad_push_event(rtp_pad_.get(), gst_event_new_stream_start("rtp"));
    Owned<char> name{g_ascii_strup(codec_.name, -1)};
    auto caps = adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, to_string(codec_.kind), "payload", G_TYPE_INT,
        int(payload_type), "clock-rate", G_TYPE_INT, int(codec_.clock_rate), "encoding-name",
        G_TYPE_STRING, name.get(), nullptr));
    gst_pad_push_event(rtp_pad_.get(), gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(rtp_pad_.get(), gst_event_new_segment(&segment));
}

void MutatedPeer::push(const Bytes& payload, bool marker) {
    auto* buffer = gst_rtp_buffer_new_allocate(guint(payload.size()), 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_payload_type(&rtp, payload_type);
    gst_rtp_buffer_set_marker(&rtp, marker);
    gst_rtp_buffer_set_seq(&rtp, sequence_++);
    gst_rtp_buffer_set_timestamp(
        &rtp, guint32(gst_util_uint64_scale_int_round(time_, int(codec_.clock_rate), GST_SECOND)));
    gst_rtp_buffer_set_ssrc(&rtp, 7);
    std::ranges::copy(payload, static_cast<guint8*>(gst_rtp_buffer_get_payload(&rtp)));
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = time_;
    g_assert_cmpint(gst_pad_push(rtp_pad_.get(), buffer), ==, GST_FLOW_OK);
}

void MutatedPeer::send(const Packet& packet) {
    time_ = base_ + packet.time;
    push(packet.payload, packet.marker);
}

void MutatedPeer::send_broken(guint count) {
    for (; count > 0; count--) {
        const auto& packet = packets_[next_];
        time_ = base_ + packet.time;
        if (!peer_.broken.empty() && mutator_.one_in(20)) {
            push(from_hex(peer_.broken[mutator_.below(peer_.broken.size())]), true);
        } else if (mutator_.one_in(3)) {
            auto payload = mutator_.mutate(packet.payload);
            LastInputs::get().keep(payload);
            push(payload, mutator_.one_in(8) ? !packet.marker : packet.marker);
        } else if (!mutator_.one_in(10)) {
            push(packet.payload, packet.marker);
        }
        // A round is seldom a whole one, so that keyframes are frequent.
        if (++next_ >= packets_.size() || mutator_.one_in(8)) {
            base_ = time_ + pause_between_rounds;
            next_ = 0;
        }
    }
}

void MutatedPeer::send_good() {
    base_ = time_ + pause_between_rounds;
    next_ = 0;
    for (const auto& packet : packets_)
        send(packet);
}

void MutatedPeer::end() {
    receiver_->finish();
}

bool MutatedPeer::failed() {
    auto bus = adopt(gst_element_get_bus(session_.get()));
    return bool(adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)));
}

} // namespace rtc::test
