// How one subscriber numbers the packets that all subscribers share. Pure: packet headers in,
// packet headers out.
//
// The subscriber sees one RTP stream (RFC 3550 section 5.1): its own SSRC and payload type, and
// sequence numbers without a gap, whatever the source does: start late, pause, begin anew, or be
// another encoder. Timestamps are moved by a constant. All sources of a stream count them from the
// same running time, so they go on evenly when the source changes.
#pragma once

#include <glib.h>

#include <array>

namespace rtc {

// The fields of an RTP header that differ between subscribers, and the marker.
struct RtpFields {
    guint8 payload_type = 0;
    bool marker = false;
    guint16 sequence = 0;
    guint32 timestamp = 0;
    guint32 ssrc = 0;
    // What the payload begins with instead: a payload descriptor of the subscriber's own.
    guint8 start_size = 0;
    std::array<guint8, 5> start{};

    bool operator==(const RtpFields&) const = default;
};

// Reads them from the first 12 bytes of a packet.
RtpFields read_rtp_fields(const guint8* header);
// Writes them into the first 12 bytes, leaving version, padding, extension and CSRC count alone.
void write_rtp_fields(guint8* header, const RtpFields& fields);

// How one session wants a stream's packets written, after what it negotiated with its peer.
struct SendParameters {
    guint8 payload_type = 0;
    guint32 ssrc = 0;
    guint16 first_sequence = 0;   // sequence number of the first packet
    guint32 timestamp_offset = 0; // added to the stream's own RTP timestamps
    bool from_history = true;     // start with the last keyframe where it is young, not the next
    // What the peer makes use of, by its description (RFC 7587 section 6.1).
    bool takes_audio_fec = false; // packets that hold what the one before lost
    bool takes_audio_dtx = false; // no packets while it is silent
};

class Forwarder {
public:
    explicit Forwarder(const SendParameters& parameters)
        : parameters_(parameters) {}

    // The subscriber's header for the next packet of the source.
    RtpFields forward(const RtpFields& packet);
    // A packet out of the burst that a joiner starts with. Played at their own pace, the old
    // pictures would fill the peer's jitter buffer for as long as they are old; so time runs
    // `catch_up` times faster up to `newest`, the timestamp of the newest packet in the burst.
    RtpFields catch_up(const RtpFields& packet, guint32 newest);
    static constexpr guint32 catch_up_factor = 32;

private:
    SendParameters parameters_;
    guint16 packets_ = 0; // sent, modulo 2^16: the next one's sequence offset
};

} // namespace rtc
