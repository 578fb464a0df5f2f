// What a DirectLink sends against losses: packets again, and packets from which others are made
// anew.
#include "plugins/transport/linktrack.hpp"

namespace rtc {

void DirectLink::answer(const rtcp::Nack& nack, GstClockTime now) {
    auto track = find(nack.ssrc);
    if (!track || !track->settings.retransmits)
        return;
    auto refused = track->retransmissions.refused();
    for (auto sequence : nack.sequences)
        if (const auto* sent = track->retransmissions.lost(sequence, now))
            send_again(*track, *sent, Traffic::repair, now);
    counted_.nacks += nack.sequences.size();
    counted_.refused += track->retransmissions.refused() - refused;
    if (!track->settings.sound && track->retransmissions.wants_keyframe(now))
        track->settings.keyframe_needed();
}

void DirectLink::send_again(Track& track, const Retransmissions::Sent& sent, Traffic traffic,
                            GstClockTime now) {
    counted_.retransmitted++;
    auto fields = sent.fields;
    Outgoing outgoing{.fields = fields, .payload = sent.packet->bytes(), .traffic = traffic};
    if (sent.values)
        outgoing.values = *sent.values;
    if (track.settings.repair) {
        // RFC 4588 section 4: the original sequence number goes before the payload.
        outgoing.prefix = {guint8(fields.sequence >> 8), guint8(fields.sequence)};
        outgoing.prefix_size = 2;
        outgoing.fields.ssrc = track.settings.repair->ssrc;
        outgoing.fields.payload_type = track.settings.repair->payload_type;
        track.repair_numbers.give(outgoing);
    } else {
        track.again++;
        outgoing.rollover = track.rollover.of(fields.sequence);
        track.encapsulate(outgoing, fields.payload_type);
    }
    seal(track, outgoing, now);
}

// Repair that is due after a packet. ULPFEC goes under the SSRC and the numbers of the media, in
// RED (RFC 5109 section 14.1; RFC 2198); FlexFEC beside it, so that who lacks a number lacks a
// picture.
void DirectLink::protect(Track& track, ProtectedPacket packet, ExtensionValues values,
                         GstClockTime now) {
    if (track.settings.extensions.transport_cc)
        values.transport_cc = 0;
    packet.header_size =
        write_rtp_header(packet.fields, track.settings.extensions, values, packet.header.data());
    const auto& fec = *track.settings.fec;
    auto sequence = packet.fields.sequence;
    for (const auto& payload : track.protection.sent(packet, now)) {
        counted_.protecting++;
        Outgoing outgoing{.fields = packet.fields, .payload = payload};
        outgoing.fields.marker = false;
        outgoing.fields.start_size = 0;
        if (fec.format == FecFormat::flexfec) {
            outgoing.fields.payload_type = fec.payload_type;
            outgoing.fields.ssrc = fec.ssrc;
            track.fec_numbers.give(outgoing);
        } else {
            track.inserted++;
            track.packets++;
            track.payload_bytes += guint32(payload.size());
            outgoing.fields.sequence = ++sequence;
            outgoing.rollover = track.rollover.next(sequence);
            track.encapsulate(outgoing, fec.payload_type);
        }
        seal(track, outgoing, now);
    }
}

std::shared_ptr<DirectLink::Track> DirectLink::repaired_track() const {
    Lock lock(tracks_mutex_);
    for (const auto& track : tracks_)
        if (track->settings.repair && !track->settings.sound)
            return track;
    return nullptr;
}

// A probe for which too little waits is filled up with packets that have gone already, as repair:
// the peer may make use of them, or not.
void DirectLink::pad_probe(GstClockTime now) {
    auto track = repaired_track();
    guint16 back = 0;
    while (control_.wants_padding() && control_.next(0, 0, true, now) <= now) {
        const auto* sent = track ? track->retransmissions.recent(back++) : nullptr;
        if (!sent)
            return control_.end_probe();
        send_again(*track, *sent, Traffic::padding, now);
    }
}

} // namespace rtc
