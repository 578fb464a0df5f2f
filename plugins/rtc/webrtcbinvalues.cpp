#include "plugins/rtc/webrtcbinvalues.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <cstring>

namespace rtc {

static void add_fmtp(GstStructure* structure, const std::string& fmtp) {
    Owned<char> copy{g_strdup(fmtp.c_str())};
    char* rest = copy.get();
    while (char* item = strsep(&rest, ";")) {
        char* value = strchr(item, '=');
        if (!value)
            continue;
        *value++ = '\0';
        Owned<char> key{g_ascii_strdown(g_strstrip(item), -1)};
        gst_structure_set(structure, key.get(), G_TYPE_STRING, g_strstrip(value), nullptr);
    }
}

bool is_made_by(GstElement* element, const char* factory) {
    auto* made_by = element ? gst_element_get_factory(element) : nullptr;
    return made_by && g_str_equal(GST_OBJECT_NAME(made_by), factory);
}

bool is_inside(GstObject* object, const char* factory) {
    for (auto at = retain(object); at; at = adopt(gst_object_get_parent(at.get())))
        if (GST_IS_ELEMENT(at.get()) && is_made_by(GST_ELEMENT(at.get()), factory))
            return true;
    return false;
}

std::optional<size_t> count_addresses() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0)
        return std::nullopt;
    size_t count = 0;
    for (auto* entry = list; entry; entry = entry->ifa_next)
        if (entry->ifa_addr && (entry->ifa_flags & IFF_UP) && !(entry->ifa_flags & IFF_LOOPBACK) &&
            (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6))
            count++;
    freeifaddrs(list);
    return count;
}

// libnice leaves loopback out. Where a machine has nothing else, it is what there is to use.
bool only_loopback() {
    return count_addresses() == 0;
}

GstWebRTCRTPTransceiverDirection to_webrtc(sdp::Direction direction) {
    switch (direction) {
    case sdp::Direction::sendonly:
        return GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
    case sdp::Direction::recvonly:
        return GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY;
    case sdp::Direction::sendrecv:
        return GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV;
    case sdp::Direction::inactive:
        break;
    }
    return GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE;
}

// What webrtcbin may choose for a section. Against an offer that was narrowed already the payload
// type decides, so nothing else may get in the way of the intersection; an offer of ours carries
// the parameters too.
Ref<GstCaps> codec_preferences(const TrackPlan& track, guint32 ssrc, bool for_offer) {
    auto caps = adopt(gst_caps_new_empty());
    for (const auto& format : track.formats) {
        Owned<char> name{g_ascii_strup(format.payload.name.c_str(), -1)};
        auto* structure = gst_structure_new(
            "application/x-rtp", "media", G_TYPE_STRING, to_string(track.kind), "encoding-name",
            G_TYPE_STRING, name.get(), "payload", G_TYPE_INT, format.payload.type, "clock-rate",
            G_TYPE_INT, int(format.payload.clock_rate), nullptr);
        if (ssrc)
            gst_structure_set(structure, "ssrc", G_TYPE_UINT, ssrc, nullptr);
        if (for_offer) {
            add_fmtp(structure, format.payload.fmtp);
            if (format.payload.channels > 1) {
                auto channels = std::to_string(format.payload.channels);
                gst_structure_set(structure, "encoding-params", G_TYPE_STRING, channels.c_str(),
                                  nullptr);
            }
        }
        gst_caps_append_structure(caps.get(), structure);
    }
    return caps;
}

std::string error_text(const GstStructure* reply, const char* what) {
    if (reply && gst_structure_has_field(reply, "error")) {
        GError* error = nullptr;
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr);
        Owned<GError> owned{error};
        return std::string(what) + ": " + (owned ? owned->message : "unknown error");
    }
    return std::string(what) + " got no reply";
}

} // namespace rtc
