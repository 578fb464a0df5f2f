// What webrtcbin's own descriptions lack.
#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <set>

namespace rtc::sdp {
namespace {

using attributes::Bundle;

constexpr guint highest_one_byte_id = 14; // RFC 8285 section 4.2

void add_feedback(GstSDPMedia* media, const Payload& payload, std::string_view feedback) {
    if (!payload.has_feedback(feedback))
        attributes::add(media, "rtcp-fb",
                        std::to_string(payload.type) + " " + std::string(feedback));
}

void add_extension(GstSDPMedia* media, guint id, std::string_view uri,
                   std::string_view direction = {}) {
    auto head = std::to_string(id);
    if (!direction.empty())
        head += "/" + std::string(direction);
    attributes::add(media, "extmap", head + " " + std::string(uri));
}

// Retransmission, redundancy and repair formats have no feedback of their own.
bool carries_media(const Payload& payload) {
    for (auto* name : {"rtx", "red", "ulpfec", "flexfec-03", "CN", "telephone-event"})
        if (payload.is(name))
            return false;
    return !payload.name.empty();
}

// RFC 9725 section 4.4.2: rtcp-mux-only in each bundled section, of answers too.
void add_mux(GstSDPMedia* media, const Bundle& bundle) {
    if (!attributes::has(media, "rtcp-mux"))
        attributes::add(media, "rtcp-mux");
    const char* mid = attributes::value(media, "mid");
    if (mid && bundle.holds(mid) && !attributes::has(media, "rtcp-mux-only"))
        attributes::add(media, "rtcp-mux-only");
}

// RFC 6184 section 8.2.2: what configures the stream is the same in offer and answer.
void complete_h264(GstSDPMedia* media, const Payload& answered, const Payload& offered) {
    auto fmtp = answered.fmtp;
    for (auto* key : {"level-asymmetry-allowed", "packetization-mode", "profile-level-id"}) {
        auto value = fmtp_value(offered.fmtp, key);
        if (value.empty() || !fmtp_value(fmtp, key).empty())
            continue;
        if (!fmtp.empty())
            fmtp += ";";
        fmtp += std::string(key) + "=" + value;
    }
    if (fmtp == answered.fmtp)
        return;
    auto type = std::to_string(answered.type);
    attributes::remove_if(media, [&](std::string_view key, std::string_view value) {
        return key == "fmtp" && take(value, ' ') == type;
    });
    attributes::add(media, "fmtp", type + " " + fmtp);
}

void patch_accepted(GstSDPMedia* media, const MediaLine& answer, const MediaLine& offer,
                    const Bundle& bundle) {
    gst_sdp_media_set_proto(media, offer.protocol.c_str()); // RFC 3264 section 6
    add_mux(media, bundle);
    auto wanted = [&](std::string_view uri) {
        bool for_media = uri == extension::abs_capture_time || uri == extension::playout_delay;
        return uri == extension::transport_cc || (for_media && sends(answer.direction));
    };
    std::set<std::string_view> done;
    for (const auto& extension : offer.extensions) {
        if (!wanted(extension.uri) || answer.extension_id(extension.uri) ||
            !done.insert(extension.uri).second)
            continue;
        std::string direction = extension.direction;
        if (direction == "sendonly" || direction == "recvonly")
            direction = direction == "sendonly" ? "recvonly" : "sendonly";
        add_extension(media, extension.id, extension.uri, direction);
    }
    for (const auto& payload : answer.payloads) {
        const auto* offered = offer.find_payload(payload.type);
        if (!offered)
            continue;
        if (offered->has_feedback("transport-cc"))
            add_feedback(media, payload, "transport-cc");
        if (payload.is("H264") && offered->is("H264"))
            complete_h264(media, payload, *offered);
    }
}

// webrtcbin's rejected section is a copy of the offer's, credentials, candidates and all. What is
// left of it is what set-local-description asks for, with our own values.
void patch_rejected(GstSDPMedia* media, const GstSDPMedia* accepted) {
    attributes::remove_if(media, [](std::string_view key, std::string_view) {
        return key != "mid" && key != "rtpmap" && key != "sctp-port";
    });
    attributes::add(media, "inactive");
    if (!accepted)
        return;
    for (const char* key : {"ice-ufrag", "ice-pwd", "setup", "fingerprint"})
        if (const char* value = attributes::value(accepted, key))
            attributes::set(media, key, value);
}

// An id that stands for the extension wherever it is used already, else one that stands for
// nothing: bundled sections share the ids (RFC 9143 section 10).
guint pick_extension_id(const std::vector<MediaLine>& lines, std::string_view uri) {
    std::set<guint> used;
    for (const auto& line : lines)
        for (const auto& extension : line.extensions) {
            if (extension.uri == uri)
                return extension.id;
            used.insert(extension.id);
        }
    for (guint id = 1; id <= highest_one_byte_id; id++)
        if (!used.contains(id))
            return id;
    return 0;
}

} // namespace

void patch_answer(GstSDPMessage* answer, const GstSDPMessage* offer) {
    auto bundle = attributes::bundle(answer);
    auto answered = media_lines(answer);
    auto offered = media_lines(offer);
    const GstSDPMedia* accepted = nullptr;
    for (const auto& line : answered)
        if (!line.rejected && !accepted)
            accepted = media_at(answer, line.index);
    for (const auto& line : answered) {
        auto* media = media_at(answer, line.index);
        if (line.rejected)
            patch_rejected(media, accepted);
        else if (line.index < offered.size() && attributes::is_rtp(media))
            patch_accepted(media, line, offered[line.index], bundle);
    }
}

void patch_offer(GstSDPMessage* offer) {
    auto bundle = attributes::bundle(offer);
    auto lines = media_lines(offer);
    auto id = pick_extension_id(lines, extension::transport_cc);
    for (const auto& line : lines) {
        auto* media = media_at(offer, line.index);
        if (line.rejected || !attributes::is_rtp(media))
            continue;
        add_mux(media, bundle);
        if (id > 0 && !line.extension_id(extension::transport_cc))
            add_extension(media, id, extension::transport_cc);
        for (const auto& payload : line.payloads) {
            if (!carries_media(payload))
                continue;
            add_feedback(media, payload, "transport-cc");
            if (line.media == "video")
                for (auto* feedback : {"nack", "nack pli", "ccm fir"})
                    add_feedback(media, payload, feedback);
        }
    }
}

} // namespace rtc::sdp
