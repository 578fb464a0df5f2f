// What a peer says by RTCP about the media that we send, and the sender reports that we owe it.
// Pure: bytes to messages and back.
#pragma once

#include <glib.h>

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace rtc::rtcp {

// A report block of an SR or RR (RFC 3550 section 6.4.1).
struct Report {
    guint32 ssrc = 0;       // that it is about
    guint8 fraction = 0;    // lost since the last report, of 256
    gint32 lost = 0;        // in all
    guint32 highest = 0;    // extended sequence number
    guint32 jitter = 0;     // timestamp units
    guint32 last_sr = 0;    // the middle of the NTP time of our last SR; 0: none came
    guint32 since_last = 0; // 1/65536 s between that and this
};
// Lost packets to be sent again (RFC 4585 section 6.2.1).
struct Nack {
    guint32 ssrc = 0;
    std::vector<guint16> sequences;
};
// A picture loss or full intra request (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1).
struct KeyframeRequest {
    guint32 ssrc = 0;
};
// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).
struct Remb {
    guint64 bitrate = 0; // bit/s
};
// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
struct Feedback {
    struct Packet {
        guint16 sequence = 0;
        bool received = false;
        gint64 at = 0; // µs of the peer's clock, modulo 2^24 · 64 ms
    };
    std::vector<Packet> packets;
};
using Message = std::variant<Report, Nack, KeyframeRequest, Remb, Feedback>;

using Bytes = std::span<const guint8>;

// A packet of a compound (RFC 3550 section 6.1), with its common header.
struct Part {
    guint8 type = 0;
    guint8 count = 0; // of blocks, or the format of feedback
    Bytes bytes;      // at least the header's four
};
// Takes the next part off a compound; nothing at its end, or where it is malformed.
std::optional<Part> take_part(Bytes& compound);
// What a NACK asks for (RFC 4585 section 6.2.1), and the packets that a transport-wide feedback
// says it is about: what it costs to read them. 0 for any other part.
size_t count_missed(const Part& part);
size_t count_reported(const Part& part);

// What is beyond these is hostile, or broken: nothing is made of it.
inline constexpr size_t most_parts = 32;   // of a compound
inline constexpr size_t most_missed = 512; // packets that one NACK gets again: as many as are kept
inline constexpr size_t most_reported = 0x8000; // by transport-wide feedback: half the numbers

// The messages of a compound packet, up to the first part that is malformed. A keyframe of one SSRC
// is asked for once, and a packet missed once. reported: of so many packets all transport-wide
// feedback in it can tell, as many as were sent; what claims to tell of more is left out.
std::vector<Message> parse(Bytes compound, size_t reported = most_reported);

// A sender report with the CNAME after it (RFC 3550 sections 6.4.1, 6.5.1).
struct SenderReport {
    guint32 ssrc = 0;
    guint64 ntp = 0; // 32.32 fixed point since 1900
    guint32 timestamp = 0;
    guint32 packets = 0;
    guint32 bytes = 0; // of payload
};
std::vector<guint8> write(const SenderReport& report, const std::string& cname);

// The NTP time of a moment in µs since 1970 (g_get_real_time).
guint64 ntp_time(gint64 real_time);

} // namespace rtc::rtcp
