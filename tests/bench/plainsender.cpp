// What one writes without gst-rtc: webrtcbin as it comes, one payloader, a tee, a queue and a
// webrtcbin for each viewer, who calls with an offer by HTTP POST. To compare with.
//
//   plainsender "PIPELINE with tees named video and audio"
//
// Prints its URL. The tees carry RTP; a section of the offer gets the tee of its kind. Payloaders
// named videopay and audiopay get the payload types of the offer.
#include "signaling/base/refs.hpp"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>

#include <string>
#include <vector>

namespace rtc {
template <>
struct OwnedTraits<GstWebRTCSessionDescription> {
    void operator()(GstWebRTCSessionDescription* d) const {
        gst_webrtc_session_description_free(d);
    }
};
} // namespace rtc

using namespace rtc;

namespace {

GstElement* pipeline;

struct Viewer {
    Ref<SoupServerMessage> message; // until it is answered
    Ref<GstElement> webrtcbin;
    Owned<GstWebRTCSessionDescription> offer;
    std::vector<std::string> kinds;
};

// Without the SSRC in them webrtcbin's descriptions name a wrong one.
void use_payloader(const std::string& kind, int type, GstCaps* caps) {
    auto payloader = adopt(gst_bin_get_by_name(GST_BIN(pipeline), (kind + "pay").c_str()));
    if (!payloader)
        return;
    guint ssrc = 0;
    g_object_get(payloader.get(), "ssrc", &ssrc, nullptr);
    g_object_set(payloader.get(), "pt", guint(type), nullptr);
    gst_caps_set_simple(caps, "ssrc", G_TYPE_UINT, ssrc, nullptr);
}

void add_transceivers(Viewer& viewer, const GstSDPMessage* sdp) {
    for (guint i = 0; i < gst_sdp_message_medias_len(sdp); i++) {
        const auto* media = gst_sdp_message_get_media(sdp, i);
        viewer.kinds.emplace_back(gst_sdp_media_get_media(media));
        auto type = atoi(gst_sdp_media_get_format(media, 0));
        auto caps = adopt(gst_sdp_media_get_caps_from_media(media, type));
        gst_structure_set_name(gst_caps_get_structure(caps.get(), 0), "application/x-rtp");
        auto* structure = gst_caps_get_structure(caps.get(), 0);
        auto plain = adopt(gst_caps_new_simple(
            "application/x-rtp", "media", G_TYPE_STRING, viewer.kinds.back().c_str(), "payload",
            G_TYPE_INT, type, "encoding-name", G_TYPE_STRING,
            gst_structure_get_string(structure, "encoding-name"), "clock-rate", G_TYPE_INT,
            viewer.kinds.back() == "video" ? 90000 : 48000, nullptr));
        GstWebRTCRTPTransceiver* transceiver = nullptr;
        use_payloader(viewer.kinds.back(), type, plain.get());
        g_signal_emit_by_name(viewer.webrtcbin.get(), "add-transceiver",
                              GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, plain.get(),
                              &transceiver);
        if (viewer.kinds.back() == "video")
            g_object_set(transceiver, "do-nack", TRUE, nullptr);
        gst_object_unref(transceiver);
    }
}

// A branch from the tee into each section, once the connection is there.
void link(Viewer& viewer) {
    for (size_t i = 0; i < viewer.kinds.size(); i++) {
        auto tee = adopt(gst_bin_get_by_name(GST_BIN(pipeline), viewer.kinds[i].c_str()));
        auto* queue = gst_element_factory_make("queue", nullptr);
        g_object_set(queue, "leaky", 2, "max-size-buffers", 512, "max-size-bytes", 0,
                     "max-size-time", guint64(0), nullptr);
        gst_bin_add(GST_BIN(pipeline), queue);
        auto name = "sink_" + std::to_string(i);
        gst_element_link_pads(queue, "src", viewer.webrtcbin.get(), name.c_str());
        gst_element_sync_state_with_parent(queue);
        gst_element_link_pads(tee.get(), nullptr, queue, "sink");
    }
    gst_bin_recalculate_latency(GST_BIN(pipeline));
}

void on_connection(GstElement* webrtcbin, GParamSpec*, gpointer data) {
    GstWebRTCPeerConnectionState state;
    g_object_get(webrtcbin, "connection-state", &state, nullptr);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
        g_main_context_invoke(
            nullptr,
            [](gpointer viewer) -> gboolean {
                link(*static_cast<Viewer*>(viewer));
                return G_SOURCE_REMOVE;
            },
            data);
}

void answer(Viewer& viewer) {
    GstWebRTCSessionDescription* local = nullptr;
    g_object_get(viewer.webrtcbin.get(), "local-description", &local, nullptr);
    Owned<GstWebRTCSessionDescription> description(local);
    Owned<char> text(gst_sdp_message_as_text(local->sdp));
    auto* message = viewer.message.get();
    soup_server_message_set_status(message, 201, nullptr);
    soup_server_message_set_response(message, "application/sdp", SOUP_MEMORY_COPY, text.get(),
                                     strlen(text.get()));
    soup_server_message_unpause(message);
    viewer.message.reset();
}

void on_gathering(GstElement* webrtcbin, GParamSpec*, gpointer data) {
    GstWebRTCICEGatheringState state;
    g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        g_main_context_invoke(
            nullptr,
            [](gpointer viewer) -> gboolean {
                answer(*static_cast<Viewer*>(viewer));
                return G_SOURCE_REMOVE;
            },
            data);
}

void on_answer(GstPromise* promise, gpointer data) {
    auto& viewer = *static_cast<Viewer*>(data);
    GstWebRTCSessionDescription* made = nullptr;
    gst_structure_get(gst_promise_get_reply(promise), "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &made, nullptr);
    Owned<GstWebRTCSessionDescription> description(made);
    g_signal_emit_by_name(viewer.webrtcbin.get(), "set-local-description", made, nullptr);
    gst_promise_unref(promise);
}

void on_remote_set(GstPromise* promise, gpointer data) {
    auto& viewer = *static_cast<Viewer*>(data);
    g_signal_emit_by_name(viewer.webrtcbin.get(), "create-answer", nullptr,
                          gst_promise_new_with_change_func(on_answer, data, nullptr));
    gst_promise_unref(promise);
}

// For pages of any origin.
void allow(SoupServerMessage* message) {
    auto* headers = soup_server_message_get_response_headers(message);
    for (const char* name : {"Access-Control-Allow-Origin", "Access-Control-Allow-Headers"})
        soup_message_headers_append(headers, name, "*");
}

void on_post(SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer) {
    allow(message);
    if (soup_server_message_get_method(message) != SOUP_METHOD_POST)
        return soup_server_message_set_status(message, 200, nullptr);
    auto* viewer = new Viewer; // for the life of the process
    viewer->message = retain(message);
    soup_server_message_pause(message);
    GstSDPMessage* sdp = nullptr;
    gst_sdp_message_new_from_text(soup_server_message_get_request_body(message)->data, &sdp);
    viewer->webrtcbin = sink(gst_element_factory_make("webrtcbin", nullptr));
    auto* webrtcbin = viewer->webrtcbin.get();
    g_object_set(webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    GObject *ice = nullptr, *agent = nullptr;
    g_object_get(webrtcbin, "ice-agent", &ice, nullptr);
    g_object_get(ice, "agent", &agent, nullptr);
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, nullptr);
    g_object_unref(agent);
    g_object_unref(ice);
    g_signal_connect(webrtcbin, "notify::ice-gathering-state", G_CALLBACK(on_gathering), viewer);
    g_signal_connect(webrtcbin, "notify::connection-state", G_CALLBACK(on_connection), viewer);
    gst_bin_add(GST_BIN(pipeline), webrtcbin);
    gst_element_sync_state_with_parent(webrtcbin);
    add_transceivers(*viewer, sdp);
    viewer->offer.reset(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp));
    g_signal_emit_by_name(webrtcbin, "set-remote-description", viewer->offer.get(),
                          gst_promise_new_with_change_func(on_remote_set, viewer, nullptr));
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    GError* error = nullptr;
    pipeline = argc > 1 ? gst_parse_launch(argv[1], &error) : nullptr;
    if (!pipeline) {
        g_printerr("plainsender PIPELINE: %s\n", error ? error->message : "a pipeline is missing");
        return 2;
    }
    auto server = adopt(soup_server_new(nullptr, nullptr));
    soup_server_add_handler(server.get(), "/", on_post, nullptr, nullptr);
    soup_server_listen_local(server.get(), 0, SoupServerListenOptions(0), nullptr);
    auto* uris = soup_server_get_uris(server.get());
    Owned<char> uri(g_uri_to_string(static_cast<GUri*>(uris->data)));
    g_slist_free_full(uris, GDestroyNotify(g_uri_unref));
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_print("%s\n", uri.get());
    g_main_loop_run(g_main_loop_new(nullptr, FALSE));
}
