// A peer's description, as webrtcbin 1.22 to 1.28 takes it.
#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/candidate.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <set>

namespace rtc::sdp {
namespace {

using attributes::Bundle;
using attributes::effective;

constexpr const char* directions[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
// One value each that a section has from the session or from the section that it is bundled with.
constexpr const char* transport_keys[] = {"setup", "ice-ufrag", "ice-pwd"};

// webrtcbin asserts that a section has a=mid; the index of the section is free unless a peer uses
// numbers for some sections only.
void add_mids(GstSDPMessage* message) {
    std::set<std::string> used;
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++)
        if (const char* mid = attributes::value(media_at(message, i), "mid"))
            used.insert(mid);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
        auto* media = media_at(message, i);
        if (attributes::has(media, "mid"))
            continue;
        auto mid = std::to_string(i);
        while (!used.insert(mid).second)
            mid = "m" + mid;
        attributes::add(media, "mid", mid);
    }
}

// webrtcbin reads the first a=group alone, whatever it is, and takes the transport of the first
// section in it.
Bundle settle_bundle(GstSDPMessage* message) {
    auto bundle = attributes::bundle(message);
    bool had_group = !bundle.mids.empty();
    std::vector<std::string> used;
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
        auto* media = media_at(message, i);
        if (attributes::is_rejected(media, bundle))
            continue;
        used.emplace_back(attributes::value(media, "mid"));
        if (gst_sdp_media_get_port(media) == 0)
            gst_sdp_media_set_port_info(media, 9, 0); // RFC 9143 section 7.3.1: as if offered so
        attributes::remove(media, "bundle-only");
    }
    if (had_group)
        std::erase_if(bundle.mids, [&](const std::string& mid) {
            return std::find(used.begin(), used.end(), mid) == used.end();
        });
    else if (used.size() == 1)
        bundle.mids = used;
    attributes::set_bundle(message, bundle);
    return bundle;
}

std::vector<std::string> strong_fingerprints(const GstSDPMessage* message,
                                             const GstSDPMedia* first) {
    auto lines = attributes::values(first, "fingerprint");
    if (lines.empty())
        lines = attributes::values(message, "fingerprint");
    std::vector<std::string> result;
    for (const auto& line : lines)
        if (auto fingerprint = parse_fingerprint(line); fingerprint && is_strong(*fingerprint))
            result.push_back(fingerprint->algorithm + " " + fingerprint->value);
    return result;
}

void set_fingerprints(GstSDPMedia* media, const std::vector<std::string>& lines) {
    attributes::remove(media, "fingerprint");
    for (const auto& line : lines)
        attributes::add(media, "fingerprint", line);
}

// webrtcbin wants the transport's attributes in each section, rejected ones too, and alike; what
// counts in a BUNDLE group is what the tagged section has (RFC 9143 section 7.1.3, RFC 8859).
void spread_transport(GstSDPMessage* message, const Bundle& bundle) {
    const auto* first = attributes::tagged(message, bundle);
    std::vector<std::string> fingerprints;
    if (first)
        fingerprints = strong_fingerprints(message, first);
    for (guint i = 0; first && i < gst_sdp_message_medias_len(message); i++) {
        auto* media = media_at(message, i);
        if (attributes::is_rtp(media) && !attributes::has(media, "rtcp-mux"))
            attributes::add(media, "rtcp-mux");
        for (const char* key : transport_keys)
            if (const char* shared = effective(message, first, bundle, key))
                attributes::set(media, key, shared);
        set_fingerprints(media, fingerprints);
    }
    attributes::remove_if(message, [](std::string_view key, std::string_view) {
        return key == "fingerprint" ||
               std::find(std::begin(transport_keys), std::end(transport_keys), key) !=
                   std::end(transport_keys);
    });
}

bool is_direction(std::string_view key) {
    return std::find(std::begin(directions), std::end(directions), key) != std::end(directions);
}

// webrtcbin looks for it in sections only, and takes two for none.
void spread_direction(GstSDPMessage* message) {
    for (const auto& line : media_lines(message)) {
        if (line.media == "application")
            continue;
        auto* media = media_at(message, line.index);
        attributes::remove_if(media, [](auto key, auto) { return is_direction(key); });
        attributes::add(media, line.rejected ? "inactive" : to_string(line.direction));
    }
    attributes::remove_if(message, [](auto key, auto) { return is_direction(key); });
}

bool is_unusable(std::string_view key, std::string_view value) {
    if (key == "rid" || key == "simulcast" || key == "extmap-allow-mixed")
        return true;
    if (key != "candidate")
        return false;
    auto candidate = parse_candidate(value);
    return !candidate || !candidate->is_usable();
}

} // namespace

void normalise(GstSDPMessage* message) {
    add_mids(message);
    auto bundle = settle_bundle(message);
    spread_transport(message, bundle);
    spread_direction(message);
    attributes::remove_if(message, is_unusable);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++)
        attributes::remove_if(media_at(message, i), is_unusable);
}

} // namespace rtc::sdp
