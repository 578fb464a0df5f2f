// What a peer says by RTCP about the media that we send, and the sender reports that we owe it.
// Pure: bytes to messages and back.
#pragma once

#include <glib.h>

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

// The messages of a compound packet, up to the first part that is malformed.
std::vector<Message> parse(std::span<const guint8> compound);

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
