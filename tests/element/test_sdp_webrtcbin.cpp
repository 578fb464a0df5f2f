// That webrtcbin takes what signaling/sdp makes of real offers, and that its answers, mended, are
// valid and taken by webrtcbin itself.
#include "tests/unit/sdp_data.hpp"

#include <gst/webrtc/webrtc.h>

using namespace rtc;
using sdp::DescriptionType;

namespace rtc {
RTC_OWNED_TRAITS(GstWebRTCSessionDescription, gst_webrtc_session_description_free);
} // namespace rtc
using Description = Owned<GstWebRTCSessionDescription>;

static Description describe(GstWebRTCSDPType type, const GstSDPMessage* message) {
    return Description(gst_webrtc_session_description_new(type, sdp::copy(message).release()));
}

class Peer {
public:
    Peer() {
        pipeline_ = sink(gst_pipeline_new(nullptr));
        webrtc_ = gst_element_factory_make("webrtcbin", nullptr);
        g_assert_nonnull(webrtc_);
        gst_util_set_object_arg(G_OBJECT(webrtc_), "bundle-policy", "max-bundle");
        Ref<GObject> ice, agent;
        g_object_get(webrtc_, "ice-agent", ice.out(), nullptr);
        g_object_get(ice.get(), "agent", agent.out(), nullptr);
        g_object_set(agent.get(), "upnp", FALSE, nullptr); // no traffic beyond this machine
        gst_bin_add(GST_BIN(pipeline_.get()), webrtc_);
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~Peer() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    // The codecs that this side has for a section, so that webrtcbin takes no other.
    void prefer(const sdp::MediaLine& line, const sdp::Payload& payload,
                GstWebRTCRTPTransceiverDirection direction) {
        Owned<char> name(g_ascii_strup(payload.name.c_str(), -1));
        auto caps = adopt(gst_caps_new_simple(
            "application/x-rtp", "media", G_TYPE_STRING, line.media.c_str(), "encoding-name",
            G_TYPE_STRING, name.get(), "clock-rate", G_TYPE_INT, int(payload.clock_rate), "payload",
            G_TYPE_INT, payload.type, nullptr));
        Ref<GstWebRTCRTPTransceiver> transceiver;
        g_signal_emit_by_name(webrtc_, "add-transceiver", direction, caps.get(), transceiver.out());
        g_object_set(transceiver.get(), "do-nack", TRUE, nullptr);
    }

    void set(const char* signal, GstWebRTCSDPType type, const GstSDPMessage* message) {
        auto description = describe(type, message);
        wait([&](GstPromise* promise) {
            g_signal_emit_by_name(webrtc_, signal, description.get(), promise);
        });
    }

    sdp::Message create(const char* signal, const char* field) {
        auto promise =
            wait([&](GstPromise* each) { g_signal_emit_by_name(webrtc_, signal, nullptr, each); });
        GstWebRTCSessionDescription* description = nullptr;
        gst_structure_get(gst_promise_get_reply(promise.get()), field,
                          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, nullptr);
        g_assert_nonnull(description);
        return sdp::copy(Description(description)->sdp);
    }

private:
    template <typename F>
    Ref<GstPromise> wait(F&& emit) {
        auto promise = adopt(gst_promise_new());
        emit(promise.get());
        g_assert_cmpint(gst_promise_wait(promise.get()), ==, GST_PROMISE_RESULT_REPLIED);
        const auto* reply = gst_promise_get_reply(promise.get());
        GError* error = nullptr;
        if (reply && gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr))
            g_error("%s", error->message);
        return promise;
    }

    Ref<GstElement> pipeline_;
    GstElement* webrtc_;
};

static void answers() {
    auto names = browser_offers;
    names.emplace_back("obs");
    names.emplace_back("ffmpeg");
    for (const auto& name : names) {
        g_test_message("%s", name.c_str());
        auto offer = parsed(read_sdp(name));
        sdp::normalise(offer.get());
        Peer peer;
        for (const auto& line : sdp::media_lines(offer.get()))
            if (line.media != "application")
                peer.prefer(line, line.payloads.front(),
                            sdp::sends(line.direction)
                                ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                                : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
        peer.set("set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER, offer.get());
        auto answer = peer.create("create-answer", "answer");
        sdp::patch_answer(answer.get(), offer.get());
        auto valid = sdp::validate(answer.get(), DescriptionType::answer);
        if (!valid)
            g_error("%s: %s", name.c_str(), valid.error().message.c_str());
        auto offered = sdp::media_lines(offer.get());
        for (const auto& line : sdp::media_lines(answer.get())) {
            g_assert_false(line.rejected);
            auto wanted = offered[line.index].extension_id(sdp::extension::transport_cc);
            g_assert_true(line.extension_id(sdp::extension::transport_cc) == wanted);
            if (line.payloads.empty())
                continue;
            g_assert_cmpint(line.payloads[0].type, ==, offered[line.index].payloads[0].type);
            g_assert_true(line.payloads[0].has_feedback("transport-cc") == wanted.has_value());
        }
        peer.set("set-local-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer.get());
    }
}

// A section that webrtcbin rejects is a copy of the offer's; it refuses to set that itself.
static void rejected_section() {
    auto offer = parsed(read_sdp("chromium-sendonly"));
    sdp::normalise(offer.get());
    auto lines = sdp::media_lines(offer.get());
    Peer peer;
    peer.prefer(lines[0], lines[0].payloads[0], GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    peer.prefer(lines[1], lines[1].payloads[0], GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    peer.set("set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER, offer.get());
    auto answer = peer.create("create-answer", "answer");
    // As webrtcbin does where it can't build a section.
    auto text = sdp::to_string(answer.get());
    auto copied = sdp::to_string(offer.get());
    copied = copied.substr(copied.find("m=video"));
    auto port = copied.find(' ') + 1;
    copied.replace(port, copied.find(' ', port) - port, "0");
    answer =
        parsed(edited(text.substr(0, text.find("m=video")), "BUNDLE 0 1", "BUNDLE 0") + copied);
    sdp::patch_answer(answer.get(), offer.get());
    g_assert_true(bool(sdp::validate(answer.get(), DescriptionType::answer)));
    peer.set("set-local-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer.get());
}

// Our offer, and a browser's answer that rejects a section without saying more about it.
static void offer_and_rejecting_answer() {
    for (auto* name : {"chromium-answer-rejects-video", "firefox-answer-rejects-video"}) {
        auto answer = parsed(read_sdp(name));
        auto lines = sdp::media_lines(answer.get());
        Peer peer;
        sdp::Payload vp8{.type = 120, .name = "VP8", .clock_rate = 90000};
        peer.prefer(lines[0], lines[0].payloads[0], GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
        peer.prefer(lines[1], vp8, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
        auto offer = peer.create("create-offer", "offer");
        sdp::patch_offer(offer.get());
        auto valid = sdp::validate(offer.get(), DescriptionType::offer);
        if (!valid)
            g_error("%s", valid.error().message.c_str());
        peer.set("set-local-description", GST_WEBRTC_SDP_TYPE_OFFER, offer.get());
        auto offered = sdp::media_lines(offer.get());
        auto text = all_replaced(read_sdp(name), "a=mid:0\r", "a=mid:" + offered[0].mid + "\r");
        text = all_replaced(text, "a=mid:1\r", "a=mid:" + offered[1].mid + "\r");
        text = edited(text, "a=group:BUNDLE 0", "a=group:BUNDLE " + offered[0].mid);
        answer = parsed(text);
        sdp::normalise(answer.get());
        peer.set("set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer.get());
    }
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sdp/webrtcbin/answers", answers);
    g_test_add_func("/sdp/webrtcbin/rejected-section", rejected_section);
    g_test_add_func("/sdp/webrtcbin/offer-and-rejecting-answer", offer_and_rejecting_answer);
    return g_test_run();
}
