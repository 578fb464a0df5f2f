// Pure helpers over GstSDPMessage (RFC 8866): what a description says, whether it can be used, and
// how it must be changed before webrtcbin sees it or the peer does.
//
// A description of a peer goes through parse(), validate() and normalise() before
// set-remote-description; an answer of webrtcbin's goes through patch_answer() before
// set-local-description, an offer through patch_offer(). No I/O, no state, any thread.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <gst/sdp/sdp.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtc {
RTC_OWNED_TRAITS(GstSDPMessage, gst_sdp_message_free);
} // namespace rtc

namespace rtc::sdp {

using Message = Owned<GstSDPMessage>;

// What a peer may ask us to read.
struct Limits {
    size_t bytes = 128 * 1024;
    guint media_lines = 32;
    guint candidates = 200;
    guint payloads_per_line = 64;
};

enum class DescriptionType { offer, answer };

// Reading ----------------------------------------------------------------------------------------

// Reads a description; lines end in LF or CRLF. Refused, with the reason in words: what is empty
// or over the limits, is not UTF-8, holds a NUL, does not start with v=0, lacks o= or s=, or has a
// line that RFC 8866 section 9 has no form for.
Result<Message> parse(std::string_view text, const Limits& limits = {});
std::string to_string(const GstSDPMessage* message);
Message copy(const GstSDPMessage* message);

// Whether a session may be built on the description (RFC 8829 section 5, RFC 8827 section 6.5):
// BUNDLE over all media, DTLS with a sha-256 or stronger fingerprint and no SDES, ICE credentials,
// rtcp-mux, a WebRTC protocol and a setup role that the type allows. Works on normalised
// descriptions and on those as the peer wrote them.
Result<void> validate(const GstSDPMessage* message, DescriptionType type);

enum class Direction {
    inactive = 0,
    sendonly = 1,
    recvonly = 2,
    sendrecv = 3
}; // bits: 1 send, 2 receive

const char* to_string(Direction direction); // as the attribute is called: "sendonly"
// The same line seen from the other end: sendonly becomes recvonly.
Direction reversed(Direction direction);
// What both allow; both are seen from the same end.
Direction intersect(Direction a, Direction b);
inline bool sends(Direction direction) {
    return int(direction) & 1;
}
inline bool receives(Direction direction) {
    return int(direction) & 2;
}

// One format of an m-line, with its a=rtpmap, a=fmtp and a=rtcp-fb.
struct Payload {
    int type = -1;
    std::string name; // as written: "H264", "opus"; empty for a dynamic type without a=rtpmap
    guint clock_rate = 0;
    guint channels = 0; // as written; 0 where it is left out
    std::string fmtp;
    std::vector<std::string> feedback; // "nack pli"; those of the wildcard "*" too
    int apt = -1;                      // the payload type that an rtx line repairs (RFC 4588)

    bool is(std::string_view other_name) const; // names compare without case (RFC 4855)
    bool has_feedback(std::string_view feedback) const;
};

// One RTP header extension, a=extmap (RFC 8285).
struct Extension {
    guint id = 0;
    std::string uri;
    std::string direction; // "" where it is left out
};

struct MediaLine {
    guint index = 0;
    std::string mid;
    std::string media; // "audio", "video", "application"
    std::string protocol;
    Direction direction = Direction::sendrecv;
    bool rejected = false;         // port 0, and not bundle-only (RFC 9143)
    std::vector<Payload> payloads; // in the order of the line
    std::vector<Extension> extensions;
    std::vector<guint32> ssrcs;
    std::string msid; // "stream track"; "" where there is none

    const Payload* find_payload(int type) const;
    const Payload* rtx_for(int type) const; // the rtx format that repairs it
    std::optional<guint> extension_id(std::string_view uri) const;
};

std::vector<MediaLine> media_lines(const GstSDPMessage* message);
// The section to change, or nullptr past the end.
GstSDPMedia* media_at(GstSDPMessage* message, guint index);

// One parameter of an a=fmtp value, "" where it isn't there; keys compare without case.
std::string fmtp_value(std::string_view fmtp, std::string_view key);

// Whether a payload is the codec described by the rest: name, clock rate, channels (0 and 1 are the
// same), and the parameters that tell incompatible streams apart: packetization-mode and profile
// for H264 (RFC 6184 section 8.2.2, level aside), profile-id for VP9, profile for AV1, profile-id
// and tier-flag for H265. What the payload leaves out has its default; what fmtp leaves out is not
// compared, so "" takes every form of the codec.
bool same_codec(const Payload& offered, std::string_view name, guint clock_rate, guint channels,
                std::string_view fmtp);

// Security ---------------------------------------------------------------------------------------

// a=fingerprint (RFC 8122).
struct Fingerprint {
    std::string algorithm; // lower case: "sha-256"
    std::string value;     // upper-case hexadecimal with colons
    bool operator==(const Fingerprint&) const = default;
};

// Nothing for what isn't "<hash> XX:XX:…".
std::optional<Fingerprint> parse_fingerprint(std::string_view text);
// sha-256, sha-384 or sha-512, of the right length.
bool is_strong(const Fingerprint& fingerprint);
// All that differ, of the session and of each section that isn't rejected.
std::vector<Fingerprint> fingerprints(const GstSDPMessage* message);
// Whether the certificate, in PEM, has one of these fingerprints; sha-256, sha-384 and sha-512
// count.
bool certificate_matches(std::string_view pem, std::span<const Fingerprint> fingerprints);

// ICE --------------------------------------------------------------------------------------------

struct IceCredentials {
    std::string ufrag, password;
    bool operator==(const IceCredentials&) const = default;
};
// Those of a section, else those of the session.
IceCredentials ice_credentials(const GstSDPMessage* message, guint mline = 0);
// m-line index and "candidate:…" of each a=candidate, in order.
std::vector<std::pair<guint, std::string>> candidates(const GstSDPMessage* message);
// Takes those away that the function does not want.
void keep_candidates(GstSDPMessage* message,
                     const std::function<bool(std::string_view candidate)>& wanted);
// Another ICE generation: credentials for all sections, and candidates in place of those before.
void set_ice(GstSDPMessage* message, const IceCredentials& credentials,
             const std::vector<std::pair<guint, std::string>>& candidates);
// Whether the description says that no candidate will follow: a=end-of-candidates (RFC 8840).
bool ice_complete(const GstSDPMessage* message);

// Changing ---------------------------------------------------------------------------------------

namespace extension {
inline constexpr std::string_view transport_cc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view mid = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view audio_level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view abs_send_time =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
inline constexpr std::string_view abs_capture_time =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
inline constexpr std::string_view playout_delay =
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
inline constexpr std::string_view video_orientation = "urn:3gpp:video-orientation";
inline constexpr std::string_view rtp_stream_id = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
inline constexpr std::string_view repaired_rtp_stream_id =
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
} // namespace extension

// What a section is sent under (RFC 3550 section 8.1); 0: it has none of these.
struct Ssrcs {
    guint32 media = 0;
    guint32 repair = 0; // of retransmissions that have their own
    guint32 fec = 0;    // of FlexFEC
};

// Makes a peer's valid description one that webrtcbin takes. What belongs to the transport (setup,
// strong fingerprints, ICE credentials, rtcp-mux) stands in each section, the same in all that are
// bundled, and not at session level; likewise the one direction. Each section has an a=mid, and the
// BUNDLE group is the only group and names no rejected section; bundle-only ones get a port. Gone
// are candidates that can't be used (mDNS and host names, unknown transports), a=rid, a=simulcast
// and a=extmap-allow-mixed.
void normalise(GstSDPMessage* message);

// Leaves only these payload types in the section: formats and their rtpmap, fmtp and rtcp-fb. Keeps
// the formats as they are where nothing would be left.
void keep_payloads(GstSDPMedia* media, const std::vector<int>& types);
// Adds a format with its rtpmap and fmtp, behind those that are there; one that is there stays.
void add_payload(GstSDPMedia* media, int type, std::string_view name, guint clock_rate,
                 std::string_view fmtp = {});
// A dynamic payload type that no section uses (RFC 3551 section 6; RFC 5761 section 4 for what lies
// below 96); nothing: all are in use.
std::optional<int> unused_payload_type(const GstSDPMessage* message);
// Leaves only these a=extmap lines.
void keep_extensions(GstSDPMedia* media, std::span<const std::string_view> uris);
// a=msid (RFC 8830), in place of any that is there.
void set_msid(GstSDPMedia* media, std::string_view stream_id, std::string_view track_id);
// a=ssrc with its cname (RFC 5576) for each, and the groups that tell what they are of each other
// (RFC 4588 section 8, RFC 5956), in place of any that are there.
void set_ssrcs(GstSDPMedia* media, const Ssrcs& ssrcs, std::string_view cname);

// Mends an answer of webrtcbin's before set-local-description and sending. Sections that are
// accepted get the offered extmap and rtcp-fb of transport-wide congestion control, and those that
// send the offered extmaps of abs-capture-time and playout-delay,
// the offer's H264 profile-level-id where there is none, rtcp-mux and rtcp-mux-only as offered;
// rejected ones get our fingerprint in place of the offerer's.
void patch_answer(GstSDPMessage* answer, const GstSDPMessage* offer);
// Mends an offer of webrtcbin's in the same places: extmap and rtcp-fb of transport-wide congestion
// control, and for video nack, nack pli and ccm fir; rtcp-mux-only in bundled sections.
void patch_offer(GstSDPMessage* offer);

} // namespace rtc::sdp
