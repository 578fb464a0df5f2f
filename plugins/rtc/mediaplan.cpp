#include "plugins/rtc/mediaplan.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace rtc {
namespace {

// Header extensions that we read or write.
constexpr std::array<std::string_view, 3> supported_extensions{
    sdp::extension::transport_cc, sdp::extension::abs_capture_time, sdp::extension::playout_delay};

std::optional<Kind> kind_of(const sdp::MediaLine& line) {
    if (line.media == "audio")
        return Kind::audio;
    if (line.media == "video")
        return Kind::video;
    return std::nullopt;
}

TrackPlan::Format make_format(const sdp::MediaLine& line, const sdp::Payload& payload,
                              const Codec* codec) {
    const auto* rtx = line.rtx_for(payload.type);
    TrackPlan::Format format{codec, payload, rtx ? rtx->type : -1};
    if (!codec || codec->kind != Kind::video)
        return format;
    auto type_of = [&](const char* name) {
        auto found = std::ranges::find_if(line.payloads, [&](const auto& p) { return p.is(name); });
        return found == line.payloads.end() ? -1 : found->type;
    };
    format.flexfec_type = type_of(flexfec_name);
    if (codec->is("VP8") || codec->is("VP9")) {
        format.red_type = type_of("red");
        format.ulpfec_type = type_of("ulpfec");
    }
    return format;
}

const Codec* find_in(const std::vector<const Codec*>& list, const sdp::Payload& payload) {
    for (const auto* codec : list)
        if (codec->is(payload.name) && codec->clock_rate == payload.clock_rate)
            return codec;
    return nullptr;
}

std::optional<TrackPlan::Format> choose_receive(const sdp::MediaLine& line,
                                                const std::vector<const Codec*>& codecs) {
    for (const auto& payload : line.payloads)
        if (const auto* codec = find_in(codecs, payload); codec && codec->can_receive())
            return make_format(line, payload, codec);
    return std::nullopt;
}

// The payload that fits exactly what the stream is; else, for H264, any that carries it the same
// way: browsers decode other profiles than the ones that they list.
const sdp::Payload* find_payload(const sdp::MediaLine& line, const SendSource::Format& format) {
    const auto& codec = *format.codec;
    for (const auto& payload : line.payloads)
        if (sdp::same_codec(payload, codec.name, codec.clock_rate, codec.channels, format.fmtp))
            return &payload;
    if (codec.is("H264"))
        for (const auto& payload : line.payloads)
            if (payload.is("H264") && sdp::fmtp_value(payload.fmtp, "packetization-mode") == "1")
                return &payload;
    return nullptr;
}

std::optional<TrackPlan::Format> choose_send(const sdp::MediaLine& line, const SendSource& source) {
    for (const auto& format : source.formats)
        if (const auto* payload = find_payload(line, format))
            return make_format(line, *payload, format.codec);
    return std::nullopt;
}

std::string names_of(const sdp::MediaLine& line) {
    std::string names;
    std::set<std::string> seen;
    for (const auto& payload : line.payloads)
        if (!payload.name.empty() && payload.apt < 0 && seen.insert(payload.name).second)
            names += (names.empty() ? "" : ", ") + payload.name;
    return names.empty() ? "nothing" : names;
}

void read_extensions(TrackPlan& track, const sdp::MediaLine& line) {
    track.transport_cc_id = line.extension_id(sdp::extension::transport_cc);
    track.abs_capture_time_id = line.extension_id(sdp::extension::abs_capture_time);
    track.playout_delay_id = line.extension_id(sdp::extension::playout_delay);
}

TrackPlan start_track(const sdp::MediaLine& line, Kind kind) {
    TrackPlan track;
    track.mline = line.index;
    track.kind = kind;
    read_extensions(track, line);
    return track;
}

// An inactive section still needs a format: the first real one that was offered.
void make_inactive(TrackPlan& track, const sdp::MediaLine& line) {
    track.direction = sdp::Direction::inactive;
    track.formats.clear();
    for (const auto& payload : line.payloads) {
        if (payload.name.empty() || payload.apt >= 0)
            continue;
        track.formats.push_back(make_format(line, payload, find_codec(payload.name)));
        return;
    }
}

// Takes the first unused source of the line's kind that has a codec in common.
bool take_source(TrackPlan& track, const sdp::MediaLine& line, const Capabilities& capabilities,
                 std::set<std::string>& used) {
    for (const auto& source : capabilities.send) {
        if (source.kind != track.kind || used.contains(source.stream_id))
            continue;
        if (auto format = choose_send(line, source)) {
            used.insert(source.stream_id);
            track.direction = sdp::Direction::sendonly;
            track.stream_id = source.stream_id;
            track.formats = {*format};
            return true;
        }
    }
    return false;
}

} // namespace

bool TrackPlan::wants_nack() const {
    return std::ranges::any_of(formats,
                               [](const auto& f) { return f.payload.has_feedback("nack"); });
}

Result<std::vector<TrackPlan>> plan_answer(const std::vector<sdp::MediaLine>& offer,
                                           const Capabilities& capabilities) {
    std::vector<TrackPlan> plan;
    std::set<std::string> used;
    bool any = false;
    std::string unmatched;
    for (const auto& line : offer) {
        auto kind = kind_of(line);
        if (!kind || line.rejected)
            continue;
        auto track = start_track(line, *kind);
        auto possible = sdp::reversed(line.direction);
        bool wants_to_receive = sdp::receives(possible) && !capabilities.receive.empty();
        if (wants_to_receive) {
            auto format = choose_receive(line, capabilities.receive);
            if (!format)
                return Error{"No " + line.media + " codec in common: the offer has " +
                             names_of(line)};
            track.formats = {*format};
            track.direction = sdp::Direction::recvonly;
        }
        if (sdp::sends(possible) && !capabilities.send.empty()) {
            auto received = track;
            if (take_source(track, line, capabilities, used)) {
                // One format serves both ways; the other side's choice wins where they differ.
                if (wants_to_receive)
                    track.direction = sdp::Direction::sendrecv;
            } else {
                track = received;
                unmatched += (unmatched.empty() ? "" : "; ") + line.media + ": " + names_of(line);
            }
        }
        if (track.direction == sdp::Direction::inactive)
            make_inactive(track, line);
        any = any || track.direction != sdp::Direction::inactive;
        if (!track.formats.empty())
            plan.push_back(std::move(track));
    }
    if (!any)
        return Error{unmatched.empty()
                         ? "The offer and this end have no media in common: nothing to send or "
                           "receive in these directions"
                         : "No codec in common with what is being published (offered " + unmatched +
                               ")"};
    return plan;
}

std::vector<TrackPlan> plan_offer(const Capabilities& capabilities) {
    std::vector<TrackPlan> plan;
    int next_type = 96;
    auto add_format = [&](TrackPlan& track, const Codec* codec, const std::string& fmtp) {
        sdp::Payload payload;
        payload.type = codec->static_payload_type >= 0 ? codec->static_payload_type : next_type++;
        payload.name = codec->name;
        payload.clock_rate = codec->clock_rate;
        payload.channels = codec->channels;
        payload.fmtp = fmtp;
        if (codec->kind == Kind::video)
            payload.feedback = {"nack", "nack pli", "ccm fir", "transport-cc"};
        track.formats.push_back({codec, std::move(payload), -1});
    };
    for (const auto& source : capabilities.send) {
        if (source.formats.empty())
            continue;
        TrackPlan track;
        track.mline = guint(plan.size());
        track.kind = source.kind;
        track.direction = sdp::Direction::sendonly;
        track.stream_id = source.stream_id;
        for (const auto& format : source.formats)
            add_format(track, format.codec,
                       format.fmtp.empty() ? format.codec->default_fmtp : format.fmtp);
        plan.push_back(std::move(track));
    }
    for (auto kind : {Kind::video, Kind::audio}) {
        TrackPlan track;
        track.mline = guint(plan.size());
        track.kind = kind;
        track.direction = sdp::Direction::recvonly;
        for (const auto* codec : capabilities.receive)
            if (codec->kind == kind && codec->can_receive())
                add_format(track, codec, codec->default_fmtp);
        if (!track.formats.empty())
            plan.push_back(std::move(track));
    }
    return plan;
}

Result<std::vector<TrackPlan>> plan_from_answer(const std::vector<TrackPlan>& offered,
                                                const std::vector<sdp::MediaLine>& answer) {
    std::vector<TrackPlan> plan;
    bool any = false;
    for (const auto& track : offered) {
        if (track.mline >= answer.size())
            return Error{"The answer has fewer media sections than the offer"};
        const auto& line = answer[track.mline];
        auto agreed = track;
        agreed.formats.clear();
        read_extensions(agreed, line);
        agreed.direction = line.rejected
                               ? sdp::Direction::inactive
                               : sdp::intersect(track.direction, sdp::reversed(line.direction));
        for (const auto& payload : line.payloads)
            for (const auto& format : track.formats)
                if (format.payload.type == payload.type) {
                    agreed.formats.push_back(make_format(line, payload, format.codec));
                    agreed.formats.back().red_type = -1; // never offered
                }
        if (agreed.formats.empty())
            agreed.direction = sdp::Direction::inactive;
        any = any || agreed.direction != sdp::Direction::inactive;
        plan.push_back(std::move(agreed));
    }
    if (!any)
        return Error{"The answer accepts none of the media that was offered"};
    return plan;
}

void narrow_offer(GstSDPMessage* offer, const std::vector<TrackPlan>& plan) {
    for (const auto& track : plan) {
        auto* media = sdp::media_at(offer, track.mline);
        std::vector<int> types;
        for (const auto& format : track.formats) {
            types.push_back(format.payload.type);
            if (format.rtx_type >= 0)
                types.push_back(format.rtx_type);
        }
        sdp::keep_payloads(media, types);
        sdp::keep_extensions(media, supported_extensions);
    }
}

void narrow_answer(GstSDPMessage* answer, const std::vector<int>& beside_webrtcbin) {
    for (const auto& line : sdp::media_lines(answer)) {
        std::vector<int> types;
        for (const auto& payload : line.payloads)
            if (std::ranges::find(beside_webrtcbin, payload.type) == beside_webrtcbin.end())
                types.push_back(payload.type);
        if (types.size() < line.payloads.size())
            sdp::keep_payloads(sdp::media_at(answer, line.index), types);
    }
}

} // namespace rtc
