// Small changes to one section.
#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <set>

namespace rtc::sdp {
namespace {

std::optional<int> leading_type(std::string_view value) {
    auto type = text::number(take(value, ' '), 127);
    return type ? std::optional<int>(int(*type)) : std::nullopt;
}

} // namespace

void keep_payloads(GstSDPMedia* media, const std::vector<int>& types) {
    auto is_kept = [&](std::string_view text) {
        auto type = leading_type(text);
        return type && std::find(types.begin(), types.end(), *type) != types.end();
    };
    bool any = false;
    for (guint i = 0; i < gst_sdp_media_formats_len(media); i++)
        any |= is_kept(gst_sdp_media_get_format(media, i));
    if (!any)
        return;
    for (guint i = gst_sdp_media_formats_len(media); i-- > 0;)
        if (!is_kept(gst_sdp_media_get_format(media, i)))
            gst_sdp_media_remove_format(media, i);
    attributes::remove_if(media, [&](std::string_view key, std::string_view value) {
        if (key == "rtcp-fb" && value.starts_with('*'))
            return false;
        return (key == "rtpmap" || key == "fmtp" || key == "rtcp-fb") && !is_kept(value);
    });
}

void add_payload(GstSDPMedia* media, int type, std::string_view name, guint clock_rate,
                 std::string_view fmtp) {
    auto format = std::to_string(type);
    for (guint i = 0; i < gst_sdp_media_formats_len(media); i++)
        if (format == gst_sdp_media_get_format(media, i))
            return;
    gst_sdp_media_add_format(media, format.c_str());
    attributes::add(media, "rtpmap",
                    format + " " + std::string(name) + "/" + std::to_string(clock_rate));
    if (!fmtp.empty())
        attributes::add(media, "fmtp", format + " " + std::string(fmtp));
}

std::optional<int> unused_payload_type(const GstSDPMessage* message) {
    std::set<int> used;
    for (const auto& line : media_lines(message))
        for (const auto& payload : line.payloads)
            used.insert(payload.type);
    for (auto [first, last] : {std::pair(96, 127), std::pair(35, 63)})
        for (int type = first; type <= last; type++)
            if (!used.contains(type))
                return type;
    return {};
}

void keep_extensions(GstSDPMedia* media, std::span<const std::string_view> uris) {
    attributes::remove_if(media, [&](std::string_view key, std::string_view value) {
        if (key != "extmap")
            return false;
        take(value, ' ');
        value = trim(value);
        return std::find(uris.begin(), uris.end(), take(value, ' ')) == uris.end();
    });
}

void set_msid(GstSDPMedia* media, std::string_view stream_id, std::string_view track_id) {
    attributes::set(media, "msid", std::string(stream_id) + " " + std::string(track_id));
}

void set_ssrcs(GstSDPMedia* media, const Ssrcs& ssrcs, std::string_view cname) {
    attributes::remove(media, "ssrc");
    attributes::remove(media, "ssrc-group");
    auto first = std::to_string(ssrcs.media);
    for (auto [group, ssrc] : {std::pair("FID ", ssrcs.repair), std::pair("FEC-FR ", ssrcs.fec)})
        if (ssrc)
            attributes::add(media, "ssrc-group", group + first + " " + std::to_string(ssrc));
    for (auto ssrc : {ssrcs.media, ssrcs.repair, ssrcs.fec})
        if (ssrc)
            attributes::add(media, "ssrc", std::to_string(ssrc) + " cname:" + std::string(cname));
}

} // namespace rtc::sdp
