// rtcgccbwe by itself, and inside a plain webrtcbin that sends to another one.
#include "signaling/base/refs.hpp"
#include "signaling/sdp/sdp.hpp"

#include <gst/rtp/rtp.h>
#include <gst/webrtc/webrtc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

using namespace rtc;

namespace {

constexpr auto patience = std::chrono::seconds(30);
constexpr guint packet_size = 1200;

Ref<GstBuffer> make_packet(guint16 sequence) {
    auto buffer = adopt(gst_rtp_buffer_new_allocate(packet_size - 12, 0, 0));
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer.get(), GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_seq(&rtp, sequence);
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_PTS(buffer.get()) = 0;
    return buffer;
}

guint16 sequence_of(GstBuffer* buffer) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp);
    auto sequence = gst_rtp_buffer_get_seq(&rtp);
    gst_rtp_buffer_unmap(&rtp);
    return sequence;
}

// The element between two pads of ours.
class Rig {
public:
    struct Out {
        std::string what; // "audio 7", "video 3", or an event's name
        gint64 at;        // µs
    };

    Rig() {
        element_ = sink(gst_element_factory_make("rtcgccbwe", nullptr));
        g_assert_nonnull(element_.get());
        in_ = sink(gst_pad_new("in", GST_PAD_SRC));
        auto any = adopt(gst_caps_new_any());
        auto out_template =
            sink(gst_pad_template_new("out", GST_PAD_SINK, GST_PAD_ALWAYS, any.get()));
        out_ = sink(gst_pad_new_from_template(out_template.get(), "out"));
        gst_pad_set_element_private(out_.get(), this);
        gst_pad_set_chain_function(out_.get(), [](GstPad* pad, GstObject*, GstBuffer* buffer) {
            return of(pad).received(pad, adopt(buffer));
        });
        gst_pad_set_event_function(out_.get(), [](GstPad* pad, GstObject*, GstEvent* event) {
            return of(pad).event(adopt(event));
        });
        link(in_.get(), "sink");
        auto source = adopt(gst_element_get_static_pad(element_.get(), "src"));
        g_assert_cmpint(gst_pad_link(source.get(), out_.get()), ==, GST_PAD_LINK_OK);
        gst_pad_set_active(out_.get(), TRUE);
    }
    ~Rig() { stop(); }

    void play() {
        gst_element_set_state(element_.get(), GST_STATE_PLAYING);
        gst_pad_set_active(in_.get(), TRUE);
        gst_pad_push_event(in_.get(), gst_event_new_stream_start("stream"));
        caps("video");
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(in_.get(), gst_event_new_segment(&segment));
    }
    void stop() { gst_element_set_state(element_.get(), GST_STATE_NULL); }

    void caps(const char* media) {
        auto caps = adopt(gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, media,
                                              "clock-rate", G_TYPE_INT, 90000, nullptr));
        gst_pad_push_event(in_.get(), gst_event_new_caps(caps.get()));
    }
    GstFlowReturn push(guint16 sequence) {
        return gst_pad_push(in_.get(), make_packet(sequence).release());
    }
    void eos() { gst_pad_push_event(in_.get(), gst_event_new_eos()); }

    std::vector<Out> wait_for(const std::string& last) {
        std::unique_lock lock(mutex_);
        auto found = [&] {
            return std::ranges::any_of(out, [&](const auto& o) { return o.what == last; });
        };
        if (!arrived_.wait_for(lock, patience, found))
            g_error("%s did not arrive", last.c_str());
        return out;
    }
    GstElement* element() const { return element_.get(); }
    GstPad* in() const { return in_.get(); }
    // Once all have arrived.
    const std::vector<size_t>& sizes() const { return sizes_; }
    // Held: packets wait at the far end.
    std::mutex gate;

    // As rtpsession tells what a feedback message said: packets that were sent 10 ms apart, each
    // `growth` ms later than the one before. With no growth, 400 kbit/s of them.
    void feedback(guint count, double growth) {
        G_GNUC_BEGIN_IGNORE_DEPRECATIONS // it is what rtpsession uses
            auto* array = g_value_array_new(count);
        for (guint i = 0; i < count; i++) {
            sent_ += 10 * GST_MSECOND;
            received_ += GstClockTime((10 + growth) * double(GST_MSECOND));
            auto* packet = gst_structure_new(
                "RTPTWCCPacket", "seqnum", G_TYPE_UINT, guint(sequence_++ & 0xffff), "local-ts",
                G_TYPE_UINT64, sent_, "remote-ts", G_TYPE_UINT64, received_, "size", G_TYPE_UINT,
                480u, "lost", G_TYPE_BOOLEAN, FALSE, nullptr);
            g_value_array_append(array, nullptr);
            auto* value = g_value_array_get_nth(array, i);
            g_value_init(value, GST_TYPE_STRUCTURE);
            g_value_take_boxed(value, packet);
        }
        auto* packets = gst_structure_new("RTPTWCCPackets", "packets",
                                          g_type_from_name("GValueArray"), array, nullptr);
        g_value_array_free(array);
        G_GNUC_END_IGNORE_DEPRECATIONS
        gst_pad_push_event(out_.get(), gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, packets));
    }
    guint estimate() const {
        guint bitrate = 0;
        g_object_get(element_.get(), "estimated-bitrate", &bitrate, nullptr);
        return bitrate;
    }

private:
    static Rig& of(GstPad* pad) { return *static_cast<Rig*>(gst_pad_get_element_private(pad)); }

    void link(GstPad* source, const char* name) {
        auto sink_pad = adopt(gst_element_get_static_pad(element_.get(), name));
        g_assert_cmpint(gst_pad_link(source, sink_pad.get()), ==, GST_PAD_LINK_OK);
    }

    GstFlowReturn received(GstPad* pad, Ref<GstBuffer> buffer) {
        std::lock_guard wait(gate);
        auto caps = adopt(gst_pad_get_current_caps(pad));
        const auto* media =
            gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
        sizes_.push_back(gst_buffer_get_size(buffer.get()));
        note(std::string(media) + " " + std::to_string(sequence_of(buffer.get())));
        return GST_FLOW_OK;
    }
    gboolean event(Ref<GstEvent> event) {
        note(GST_EVENT_TYPE_NAME(event.get()));
        return TRUE;
    }
    void note(const std::string& what) {
        std::lock_guard lock(mutex_);
        out.push_back({what, g_get_monotonic_time()});
        arrived_.notify_all();
    }

    Ref<GstElement> element_;
    Ref<GstPad> in_, out_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Out> out;
    std::vector<size_t> sizes_;
    guint sequence_ = 0;
    GstClockTime sent_ = gst_util_get_timestamp();
    GstClockTime received_ = 77 * GST_SECOND;
};

void passes_in_order() {
    for (bool pacing : {true, false}) {
        Rig rig;
        g_object_set(rig.element(), "pacing", gboolean(pacing), nullptr);
        rig.play();
        for (guint16 i = 0; i < 20; i++)
            g_assert_cmpint(rig.push(i), ==, GST_FLOW_OK);
        rig.eos();
        auto out = rig.wait_for("eos");
        g_assert_cmpuint(out.size(), ==, 24);
        g_assert_true(out[0].what == "stream-start" && out[1].what == "caps" &&
                      out[2].what == "segment");
        for (guint i = 0; i < 20; i++)
            g_assert_true(out[3 + i].what == "video " + std::to_string(i));
    }
}

// 60 packets are 576 kbit: at 2.5 times 300 kbit/s they would take longer than the half second
// that anything waits at most.
void spreads_a_picture() {
    Rig rig;
    g_object_set(rig.element(), "start-bitrate", 300'000u, nullptr);
    rig.play();
    for (guint16 i = 0; i < 60; i++)
        rig.push(i);
    auto out = rig.wait_for("video 59");
    g_assert_cmpint(out.back().at - out[3].at, >, 200'000);
}

void sound_goes_first() {
    Rig rig;
    rig.play();
    rig.gate.lock();
    for (guint16 i = 0; i < 10; i++)
        rig.push(i);
    rig.caps("audio");
    rig.push(100);
    rig.caps("video");
    rig.push(10);
    rig.gate.unlock();
    auto out = rig.wait_for("video 10");
    size_t audio = 0, last = 0;
    for (size_t i = 0; i < out.size(); i++) {
        audio = out[i].what == "audio 100" ? i : audio;
        last = out[i].what == "video 9" ? i : last;
    }
    g_assert_cmpuint(audio, >, 0);
    g_assert_cmpuint(audio, <, last);
}

void flushes() {
    Rig rig;
    rig.play();
    gst_pad_push_event(rig.in(), gst_event_new_flush_start());
    g_assert_cmpint(rig.push(1), ==, GST_FLOW_FLUSHING);
    gst_pad_push_event(rig.in(), gst_event_new_flush_stop(FALSE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(rig.in(), gst_event_new_segment(&segment));
    g_assert_cmpint(rig.push(2), ==, GST_FLOW_OK);
    rig.wait_for("video 2");
}

void stops_with_packets_waiting() {
    Rig rig;
    g_object_set(rig.element(), "start-bitrate", 300'000u, nullptr);
    rig.play();
    for (guint16 i = 0; i < 200; i++)
        rig.push(i);
    rig.stop();
    g_assert_cmpint(rig.push(201), ==, GST_FLOW_FLUSHING);
}

void follows_feedback() {
    Rig rig;
    g_object_set(rig.element(), "start-bitrate", 400'000u, "max-bitrate", 700'000u, nullptr);
    guint told = 0;
    g_signal_connect(rig.element(), "notify::estimated-bitrate",
                     G_CALLBACK(+[](GObject*, GParamSpec*, guint* count) { ++*count; }), &told);
    rig.play();
    g_assert_cmpuint(rig.estimate(), ==, 400'000);
    for (int i = 0; i < 50; i++)
        rig.feedback(10, 0);
    // It is not known to fit before it was sent: time does not pass here.
    g_assert_cmpuint(rig.estimate(), >=, 400'000);
    for (int i = 0; i < 20; i++)
        rig.feedback(10, 4);
    auto low = rig.estimate();
    g_assert_cmpuint(low, <, 400'000);
    g_assert_cmpuint(told, >, 0);
    g_object_set(rig.element(), "min-bitrate", 650'000u, nullptr);
    g_assert_cmpuint(rig.estimate(), ==, 650'000);
    Owned<GstStructure> stats;
    GstStructure* out = nullptr;
    g_object_get(rig.element(), "stats", &out, nullptr);
    stats.reset(out);
    gboolean feedback = FALSE;
    gst_structure_get_boolean(out, "transport-wide-feedback", &feedback);
    g_assert_true(feedback);
}

// Two webrtcbins in one pipeline; the first sends a picture through rtcgccbwe.
class Pair {
public:
    explicit Pair(bool transport_cc) {
        auto text = std::string(
            "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
            "vp8enc deadline=1 target-bitrate=400000 keyframe-max-dist=60 ! rtpvp8pay name=pay "
            "auto-header-extension=false ! capsfilter name=set ! "
            "webrtcbin name=sender bundle-policy=max-bundle "
            "webrtcbin name=receiver bundle-policy=max-bundle");
        GError* error = nullptr;
        pipeline_ = sink(gst_parse_launch(text.c_str(), &error));
        g_assert_no_error(error);
        auto caps =
            adopt(gst_caps_new_simple("application/x-rtp", "payload", G_TYPE_INT, 96, nullptr));
        if (transport_cc)
            gst_caps_set_simple(caps.get(), "extmap-3", G_TYPE_STRING,
                                std::string(sdp::extension::transport_cc).c_str(), nullptr);
        g_object_set(part("set").get(), "caps", caps.get(), nullptr);
        sender_ = part("sender");
        receiver_ = part("receiver");
        for (auto* end : {sender_.get(), receiver_.get()})
            prepare(end);
        connect_candidates(sender_.get(), receiver_.get());
        connect_candidates(receiver_.get(), sender_.get());
        g_signal_connect(
            sender_.get(), "request-aux-sender",
            G_CALLBACK(+[](GstElement*, GObject*, Pair* self) { return self->make(); }), this);
        g_signal_connect(receiver_.get(), "pad-added",
                         G_CALLBACK(+[](GstElement*, GstPad* pad, Pair* self) { self->take(pad); }),
                         this);
    }
    ~Pair() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    void connect() {
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
        wait_for_caps();
        auto offer = create(sender_.get(), "create-offer", nullptr, "offer");
        sdp::patch_offer(offer.get());
        set(sender_.get(), "set-local-description", GST_WEBRTC_SDP_TYPE_OFFER, offer);
        set(receiver_.get(), "set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER, offer);
        auto answer = create(receiver_.get(), "create-answer", nullptr, "answer");
        sdp::patch_answer(answer.get(), offer.get());
        set(receiver_.get(), "set-local-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer);
        set(sender_.get(), "set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer);
    }

    // The first statistics of which it holds.
    void wait_for(const std::function<bool(const GstStructure*)>& holds, const char* what) {
        auto deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
        auto bus = adopt(gst_element_get_bus(pipeline_.get()));
        while (g_get_monotonic_time() < deadline) {
            // Nothing tells of statistics: they are looked at now and then.
            auto message =
                adopt(gst_bus_timed_pop_filtered(bus.get(), 50 * GST_MSECOND, GST_MESSAGE_ERROR));
            if (message)
                g_error("an error of %s", GST_MESSAGE_SRC_NAME(message.get()));
            if (!bwe_)
                continue;
            GstStructure* stats = nullptr;
            g_object_get(bwe_.get(), "stats", &stats, nullptr);
            Owned<GstStructure> owned(stats);
            if (holds(stats))
                return;
        }
        g_error("never: %s", what);
    }

private:
    Ref<GstElement> part(const char* name) {
        return adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
    }
    static void prepare(GstElement* end) {
        Ref<GObject> ice, agent;
        g_object_get(end, "ice-agent", ice.out(), nullptr);
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", "127.0.0.1", &added);
        g_object_get(ice.get(), "agent", agent.out(), nullptr);
        g_object_set(agent.get(), "upnp", FALSE, nullptr);
    }
    static void connect_candidates(GstElement* from, GstElement* to) {
        g_signal_connect(from, "on-ice-candidate",
                         G_CALLBACK(+[](GstElement*, guint mline, char* text, GstElement* other) {
                             g_signal_emit_by_name(other, "add-ice-candidate", mline, text);
                         }),
                         to);
    }
    // Floating, as it is made: webrtcbin 1.22.0 keeps a reference too many of any other.
    GstElement* make() {
        auto* element = gst_element_factory_make("rtcgccbwe", nullptr);
        bwe_ = retain(element);
        return element;
    }
    void take(GstPad* pad) {
        if (!GST_PAD_IS_SRC(pad))
            return;
        auto* fake = gst_element_factory_make("fakesink", nullptr);
        g_object_set(fake, "sync", FALSE, "async", FALSE, nullptr);
        gst_bin_add(GST_BIN(pipeline_.get()), fake);
        auto sink_pad = adopt(gst_element_get_static_pad(fake, "sink"));
        gst_element_sync_state_with_parent(fake);
        gst_pad_link(pad, sink_pad.get());
    }
    // An offer says nothing of a pad whose caps have not arrived.
    void wait_for_caps() {
        auto pad = adopt(gst_element_get_static_pad(sender_.get(), "sink_0"));
        for (auto end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
             !gst_pad_has_current_caps(pad.get());) {
            g_assert_cmpint(g_get_monotonic_time(), <, end);
            g_thread_yield();
        }
    }
    static Ref<GstPromise> ask(GstElement* end, const char* signal, gpointer argument) {
        auto promise = adopt(gst_promise_new());
        g_signal_emit_by_name(end, signal, argument, promise.get());
        g_assert_cmpint(gst_promise_wait(promise.get()), ==, GST_PROMISE_RESULT_REPLIED);
        return promise;
    }
    static sdp::Message create(GstElement* end, const char* signal, gpointer options,
                               const char* field) {
        auto promise = ask(end, signal, options);
        GstWebRTCSessionDescription* description = nullptr;
        gst_structure_get(gst_promise_get_reply(promise.get()), field,
                          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, nullptr);
        g_assert_nonnull(description);
        auto message = sdp::copy(description->sdp);
        gst_webrtc_session_description_free(description);
        return message;
    }
    static void set(GstElement* end, const char* signal, GstWebRTCSDPType type,
                    const sdp::Message& message) {
        auto* description =
            gst_webrtc_session_description_new(type, sdp::copy(message.get()).release());
        ask(end, signal, description);
        gst_webrtc_session_description_free(description);
    }

    Ref<GstElement> pipeline_, sender_, receiver_, bwe_;
};

// Its header extension is there, with room for the number, once.
void gives_packets_the_extension() {
    Rig rig;
    rig.play();
    auto caps = adopt(gst_caps_from_string(
        "application/x-rtp,media=video,clock-rate=90000,"
        "extmap-5=\"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\""));
    gst_pad_push_event(rig.in(), gst_event_new_caps(caps.get()));
    auto has = make_packet(1);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(has.get(), GST_MAP_READWRITE, &rtp);
    const guint8 number[2] = {0, 0};
    gst_rtp_buffer_add_extension_onebyte_header(&rtp, 5, number, 2);
    gst_rtp_buffer_unmap(&rtp);
    gst_pad_push(rig.in(), make_packet(0).release());
    gst_pad_push(rig.in(), has.release());
    rig.wait_for("video 1");
    for (auto size : rig.sizes())
        g_assert_cmpuint(size, ==, packet_size + 8);
}

// Only growth that rests on feedback goes beyond what was there at the start.
void in_webrtcbin() {
    Pair pair(true);
    pair.connect();
    pair.wait_for(
        [](const auto* stats) {
            gboolean feedback = FALSE;
            guint64 received = 0;
            gst_structure_get(stats, "transport-wide-feedback", G_TYPE_BOOLEAN, &feedback,
                              "received-bitrate", G_TYPE_UINT64, &received, nullptr);
            return feedback && received > 100'000;
        },
        "transport-wide feedback of 100 kbit/s");
}

void receiver_reports() {
    Pair pair(false);
    pair.connect();
    pair.wait_for(
        [](const auto* stats) {
            guint64 rtt = GST_CLOCK_TIME_NONE;
            gst_structure_get_uint64(stats, "rtt", &rtt);
            return GST_CLOCK_TIME_IS_VALID(rtt);
        },
        "a round-trip time from a receiver report");
}

} // namespace

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/rtcgccbwe/order", passes_in_order);
    g_test_add_func("/rtcgccbwe/spreads", spreads_a_picture);
    g_test_add_func("/rtcgccbwe/sound-first", sound_goes_first);
    g_test_add_func("/rtcgccbwe/flush", flushes);
    g_test_add_func("/rtcgccbwe/stop", stops_with_packets_waiting);
    g_test_add_func("/rtcgccbwe/feedback", follows_feedback);
    g_test_add_func("/rtcgccbwe/extension", gives_packets_the_extension);
    g_test_add_func("/rtcgccbwe/webrtcbin", in_webrtcbin);
    g_test_add_func("/rtcgccbwe/receiver-reports", receiver_reports);
    return g_test_run();
}
