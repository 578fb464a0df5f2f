#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/candidate.hpp"
#include "signaling/sdp/sdp.hpp"

#include <algorithm>

namespace rtc::sdp {

IceCredentials ice_credentials(const GstSDPMessage* message, guint mline) {
    if (mline >= gst_sdp_message_medias_len(message))
        return {};
    const auto* media = gst_sdp_message_get_media(message, mline);
    auto group = attributes::bundle(message);
    const char* ufrag = attributes::effective(message, media, group, "ice-ufrag");
    const char* password = attributes::effective(message, media, group, "ice-pwd");
    if (!ufrag || !password)
        return {};
    return {ufrag, password};
}

std::vector<std::pair<guint, std::string>> candidates(const GstSDPMessage* message) {
    std::vector<std::pair<guint, std::string>> result;
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++)
        for (const auto& value :
             attributes::values(gst_sdp_message_get_media(message, i), "candidate"))
            result.emplace_back(i, "candidate:" + value);
    return result;
}

void keep_candidates(GstSDPMessage* message,
                     const std::function<bool(std::string_view candidate)>& wanted) {
    auto unwanted = [&](std::string_view key, std::string_view value) {
        return key == "candidate" && !wanted(value);
    };
    attributes::remove_if(message, unwanted);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++)
        attributes::remove_if(media_at(message, i), unwanted);
}

void set_ice(GstSDPMessage* message, const IceCredentials& credentials,
             const std::vector<std::pair<guint, std::string>>& candidates) {
    constexpr std::string_view prefix = "candidate:";
    for (const char* key : {"ice-ufrag", "ice-pwd", "end-of-candidates"})
        attributes::remove(message, key);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
        auto* media = media_at(message, i);
        for (const char* key : {"candidate", "end-of-candidates"})
            attributes::remove(media, key);
        attributes::set(media, "ice-ufrag", credentials.ufrag);
        attributes::set(media, "ice-pwd", credentials.password);
        for (const auto& [mline, text] : candidates)
            if (mline == i && text.starts_with(prefix))
                attributes::add(media, "candidate", text.substr(prefix.size()));
    }
}

bool ice_complete(const GstSDPMessage* message) {
    constexpr auto key = "end-of-candidates";
    if (attributes::value(message, key))
        return true;
    auto group = attributes::bundle(message);
    bool used = false;
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
        const auto* media = gst_sdp_message_get_media(message, i);
        if (attributes::is_rejected(media, group))
            continue;
        used = true;
        if (!attributes::effective(message, media, group, key))
            return false;
    }
    return used;
}

} // namespace rtc::sdp
