// Repair packets for a group of RTP packets: any one of those that a repair packet protects can be
// made anew from it and the others. Pure.
//
// Both formats hold the same exclusive or, and differ in what goes before it. ULPFEC (RFC 5109,
// with one level of protection) goes between the packets that it protects, under their SSRC and
// numbers. FlexFEC has an SSRC and numbers of its own; it is that of
// draft-ietf-payload-flexible-fec-scheme-03 (section 4.2, with flexible masks and one SSRC), which
// browsers speak, and not RFC 8627.
#pragma once

#include "plugins/publish/packet.hpp"
#include "plugins/transport/headers.hpp"

#include <array>
#include <span>
#include <vector>

namespace rtc {

enum class FecFormat { ulpfec, flexfec };

// A packet as the repair knows it: without RED, with extensions, the transport-wide number 0, for
// receivers (libwebrtc) leave out what changes on the way.
struct ProtectedPacket {
    RtpFields fields;
    std::array<guint8, max_rtp_header> header{};
    size_t header_size = 0;
    PacketRef packet;

    size_t size() const { return header_size + packet->bytes().size(); }
};

// Sequence numbers that one group can span: those of the longest mask.
constexpr guint fec_span(FecFormat format) {
    return format == FecFormat::ulpfec ? 48 : 109;
}

// `count` repair packets, each of which protects every count-th of the group, so that a burst of
// losses hits each once. The group is of one SSRC, in order of sequence numbers, and spans
// fec_span() of them at most. What they are: payloads of a packet; for ULPFEC, in RED.
std::vector<std::vector<guint8>> make_fec(FecFormat format, std::span<const ProtectedPacket> group,
                                          size_t count);

} // namespace rtc
