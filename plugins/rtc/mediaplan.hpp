// What each media section of a session will carry: the offer of one side held against what the
// other can send and receive. Pure.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/sdp/sdp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rtc {

// The name of FlexFEC's format, after its draft.
inline constexpr char flexfec_name[] = "flexfec-03";

// Something that can be sent: a stream, with its codecs in order of preference.
struct SendSource {
    struct Format {
        const Codec* codec;
        std::string fmtp; // what its packets are, "" for anything the codec allows
    };
    std::string stream_id;
    Kind kind;
    std::vector<Format> formats;
};

struct Capabilities {
    std::vector<const Codec*> receive; // in order of preference; empty: receives nothing
    std::vector<SendSource> send;
};

// One media section as it was agreed, or is about to be offered; directions are ours.
struct TrackPlan {
    guint mline = 0;
    Kind kind = Kind::audio;
    sdp::Direction direction = sdp::Direction::inactive;
    // Best first. An answer has one, an offer one or several.
    struct Format {
        const Codec* codec = nullptr; // nullptr only for inactive sections
        sdp::Payload payload;
        int rtx_type = -1;
        // Forward error correction; -1: not known to the peer. FlexFEC beside any pictures; else
        // ULPFEC (RFC 5109) in RED (RFC 2198) between them, for codecs whose pictures a peer puts
        // together without having every number.
        int flexfec_type = -1;
        int red_type = -1, ulpfec_type = -1;

        bool takes_flexfec() const { return flexfec_type >= 0; }
        bool takes_ulpfec() const { return !takes_flexfec() && red_type >= 0 && ulpfec_type >= 0; }
    };
    std::vector<Format> formats;
    // Header extensions that both sides know (RFC 8285).
    std::optional<guint> transport_cc_id;
    std::optional<guint> abs_capture_time_id; // only where we send
    std::optional<guint> playout_delay_id;    // likewise
    std::string stream_id;                    // what is sent

    bool sends() const { return sdp::sends(direction); }
    bool receives() const { return sdp::receives(direction); }
    bool wants_nack() const;
};

// Answers an offer. A peer that sends gets its first codec that we take; a line that it sends and
// nobody can read refuses the whole offer (RFC 9725 section 4.4). A peer that receives gets, line
// by line, the streams in order; a line without a stream is inactive.
Result<std::vector<TrackPlan>> plan_answer(const std::vector<sdp::MediaLine>& offer,
                                           const Capabilities& capabilities);
// Makes an offer: a section for each stream, and one of each kind for what we receive.
std::vector<TrackPlan> plan_offer(const Capabilities& capabilities);
// Reads the answer to such an offer: what was agreed of it.
Result<std::vector<TrackPlan>> plan_from_answer(const std::vector<TrackPlan>& offered,
                                                const std::vector<sdp::MediaLine>& answer);
// Leaves in an offer of the peer only what the plan uses, so that webrtcbin has no choice.
void narrow_offer(GstSDPMessage* offer, const std::vector<TrackPlan>& plan);
// Takes out of a peer's answer the payload types that were not offered by webrtcbin.
void narrow_answer(GstSDPMessage* answer, const std::vector<int>& beside_webrtcbin);

} // namespace rtc
