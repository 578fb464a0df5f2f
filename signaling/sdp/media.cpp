#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <array>

namespace rtc::sdp {
namespace {

constexpr Direction all_directions[] = {Direction::inactive, Direction::sendonly,
                                        Direction::recvonly, Direction::sendrecv};

std::optional<Direction> parse_direction(std::string_view name) {
    for (auto direction : all_directions)
        if (name == to_string(direction))
            return direction;
    return std::nullopt;
}

// Reads one section; the payloads are found by type while its attributes go by.
class SectionReader {
public:
    SectionReader(const GstSDPMedia* media, guint index)
        : media_(media) {
        line_.index = index;
        line_.media = gst_sdp_media_get_media(media);
        line_.protocol = gst_sdp_media_get_proto(media);
    }

    MediaLine read(const GstSDPMessage* message, const attributes::Bundle& bundle) {
        line_.rejected = attributes::is_rejected(media_, bundle);
        if (attributes::is_rtp(media_))
            read_formats();
        std::optional<Direction> direction;
        attributes::for_each(media_, [&](std::string_view key, std::string_view value) {
            if (!direction)
                direction = parse_direction(key);
            read_attribute(key, value);
        });
        if (!direction)
            attributes::for_each(message, [&](std::string_view key, std::string_view) {
                if (!direction)
                    direction = parse_direction(key);
            });
        line_.direction = direction.value_or(Direction::sendrecv); // RFC 8866 section 6.7
        for (auto& payload : line_.payloads)
            finish(payload);
        return std::move(line_);
    }

private:
    void read_formats() {
        by_type_.fill(-1);
        for (guint i = 0; i < gst_sdp_media_formats_len(media_); i++) {
            auto type = text::number(gst_sdp_media_get_format(media_, i), 127);
            if (!type || by_type_[*type] >= 0)
                continue;
            by_type_[*type] = int(line_.payloads.size());
            line_.payloads.push_back(Payload{.type = int(*type)});
        }
    }

    Payload* find(std::string_view type) {
        auto value = text::number(type, 127);
        if (!value || line_.payloads.empty() || by_type_[*value] < 0)
            return nullptr;
        return &line_.payloads[by_type_[*value]];
    }

    void read_attribute(std::string_view key, std::string_view value) {
        if (key == "mid")
            line_.mid = value;
        else if (key == "msid" && line_.msid.empty())
            line_.msid = value;
        else if (key == "rtpmap")
            read_rtpmap(value);
        else if (key == "fmtp")
            read_fmtp(value);
        else if (key == "rtcp-fb")
            read_feedback(value);
        else if (key == "extmap")
            read_extension(value);
        else if (key == "ssrc")
            read_ssrc(value);
    }

    // <type> <name>/<clock rate>[/<channels>]
    void read_rtpmap(std::string_view value) {
        auto* payload = find(take(value, ' '));
        if (!payload || !payload->name.empty())
            return;
        value = trim(value);
        auto name = take(value, '/');
        auto rate = text::number(take(value, '/'), G_MAXINT);
        if (name.empty() || !rate || *rate == 0)
            return;
        payload->name = name;
        payload->clock_rate = guint(*rate);
        payload->channels = guint(text::number(value, 255).value_or(0));
    }

    void read_fmtp(std::string_view value) {
        auto* payload = find(take(value, ' '));
        if (payload && payload->fmtp.empty())
            payload->fmtp = trim(value);
    }

    void read_feedback(std::string_view value) {
        auto type = take(value, ' ');
        auto* payload = find(type);
        auto feedback = std::string(trim(value));
        if (payload)
            payload->feedback.push_back(feedback);
        else if (type == "*")
            for (auto& each : line_.payloads)
                each.feedback.push_back(feedback);
    }

    // <id>[/<direction>] <uri> [<attributes>]
    void read_extension(std::string_view value) {
        auto head = take(value, ' ');
        auto id = text::number(take(head, '/'), 65535);
        value = trim(value);
        auto uri = take(value, ' ');
        if (id && *id > 0 && !uri.empty())
            line_.extensions.push_back({guint(*id), std::string(uri), std::string(head)});
    }

    void read_ssrc(std::string_view value) {
        auto ssrc = text::number(take(value, ' '), G_MAXUINT32);
        auto& known = line_.ssrcs;
        if (ssrc && std::find(known.begin(), known.end(), guint32(*ssrc)) == known.end())
            known.push_back(guint32(*ssrc));
    }

    // Types that need no a=rtpmap (RFC 3551 table 4), and what an rtx format repairs.
    void finish(Payload& payload) {
        if (payload.name.empty() && line_.media == "audio" &&
            (payload.type == 0 || payload.type == 8)) {
            payload.name = payload.type == 0 ? "PCMU" : "PCMA";
            payload.clock_rate = 8000;
            payload.channels = 1;
        }
        if (payload.is("rtx"))
            if (auto apt = text::number(fmtp_value(payload.fmtp, "apt"), 127))
                payload.apt = int(*apt);
    }

    const GstSDPMedia* media_;
    MediaLine line_;
    std::array<int, 128> by_type_{};
};

} // namespace

const char* to_string(Direction direction) {
    switch (direction) {
    case Direction::inactive:
        return "inactive";
    case Direction::sendonly:
        return "sendonly";
    case Direction::recvonly:
        return "recvonly";
    case Direction::sendrecv:
        break;
    }
    return "sendrecv";
}

Direction reversed(Direction direction) {
    return Direction((sends(direction) ? 2 : 0) | (receives(direction) ? 1 : 0));
}

Direction intersect(Direction a, Direction b) {
    return Direction(int(a) & int(b));
}

bool Payload::is(std::string_view other_name) const {
    return equal_ignoring_case(name, other_name);
}

bool Payload::has_feedback(std::string_view wanted) const {
    return std::find(feedback.begin(), feedback.end(), wanted) != feedback.end();
}

const Payload* MediaLine::find_payload(int type) const {
    for (const auto& payload : payloads)
        if (payload.type == type)
            return &payload;
    return nullptr;
}

const Payload* MediaLine::rtx_for(int type) const {
    for (const auto& payload : payloads)
        if (payload.apt == type)
            return &payload;
    return nullptr;
}

std::optional<guint> MediaLine::extension_id(std::string_view uri) const {
    for (const auto& extension : extensions)
        if (extension.uri == uri)
            return extension.id;
    return std::nullopt;
}

std::vector<MediaLine> media_lines(const GstSDPMessage* message) {
    std::vector<MediaLine> result;
    auto bundle = attributes::bundle(message);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++)
        result.push_back(
            SectionReader(gst_sdp_message_get_media(message, i), i).read(message, bundle));
    return result;
}

GstSDPMedia* media_at(GstSDPMessage* message, guint index) {
    if (index >= gst_sdp_message_medias_len(message))
        return nullptr;
    return const_cast<GstSDPMedia*>(gst_sdp_message_get_media(message, index));
}

} // namespace rtc::sdp
