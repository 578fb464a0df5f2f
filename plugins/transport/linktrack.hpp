// One track of a DirectLink.
#pragma once

#include "plugins/transport/directlink.hpp"
#include "plugins/transport/protection.hpp"

#include <utility>

namespace rtc {

// How often a growing 16-bit number has wrapped.
class Rollover {
public:
    guint32 next(guint16 sequence) {
        if (begun_ && sequence < last_)
            count_++;
        begun_ = true;
        last_ = sequence;
        return count_;
    }
    // For one that went before.
    guint32 of(guint16 sequence) const { return sequence > last_ ? count_ - 1 : count_; }

private:
    bool begun_ = false;
    guint16 last_ = 0;
    guint32 count_ = 0;
};

// The sequence numbers of an SSRC that begins here; the first is low enough not to wrap before the
// peer has seen one (RFC 3711 section 3.3.1).
class DirectLink::OwnNumbers {
public:
    void give(Outgoing& packet) {
        packet.fields.sequence = next_++;
        packet.rollover = rollover_.next(packet.fields.sequence);
    }

private:
    guint16 next_ = guint16(g_random_int_range(0, 0x8000));
    Rollover rollover_;
};

// What is sent under one SSRC, and the SSRCs of its repair. Its state belongs to the send thread.
class DirectLink::Track : public Transport, public std::enable_shared_from_this<Track> {
public:
    Track(std::weak_ptr<DirectLink> link, TrackSettings given)
        : settings(std::move(given))
        , protection(settings.fec ? settings.fec->format : FecFormat::ulpfec)
        , link_(std::move(link)) {}

    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) override {
        if (auto link = link_.lock())
            link->queue({shared_from_this(), packet, fields, pts});
    }
    void flush() override {
        if (auto link = link_.lock())
            link->wake();
    }

    // What the extensions of a packet say that come now and then: at keyframes, and once a second
    // (as libwebrtc does; the receiver fills in what is between).
    bool tells_more(const RtpFields& fields, bool keyframe, GstClockTime now) {
        bool begins = !begun || fields.timestamp != last_timestamp;
        begun = true;
        last_timestamp = fields.timestamp;
        if (!begins || (!keyframe && now < told + GST_SECOND))
            return false;
        told = now;
        return true;
    }

    // Where ULPFEC is agreed, media and repair are in RED, one block a packet, of which only the
    // format is told (RFC 2198 section 3). All media is, so that what goes again is the same.
    void encapsulate(Outgoing& packet, guint8 format) const {
        if (!settings.fec || settings.fec->format != FecFormat::ulpfec)
            return;
        packet.fields.payload_type = settings.fec->red;
        packet.prefix[0] = format;
        packet.prefix_size = 1;
    }
    // The share of the packets since the last report that was lost; what came again under the SSRC
    // of the media counts as received for the peer (RFC 3550 section A.3).
    double lost(double fraction) {
        auto sent = std::exchange(reported, packets);
        auto back = std::exchange(again, 0);
        return packets == sent ? fraction : fraction + double(back) / double(packets - sent);
    }
    double protection_rate(GstClockTime now) const {
        return settings.fec ? protection.rate(now) : 0;
    }

    const TrackSettings settings;
    Rollover rollover;
    OwnNumbers repair_numbers, fec_numbers;
    Retransmissions retransmissions;
    Protection protection;
    guint16 inserted = 0; // packets of ULPFEC, between those of the stream
    guint32 packets = 0, payload_bytes = 0;
    guint32 reported = 0; // packets, when the peer's last report came
    guint32 again = 0;    // packets that have gone again as they were, since then
    guint32 reports = 0;  // SRTCP index
    bool begun = false;
    guint32 last_timestamp = 0;
    GstClockTime told = 0;
    GstClockTime last_pts = GST_CLOCK_TIME_NONE;

private:
    std::weak_ptr<DirectLink> link_;
};

} // namespace rtc
