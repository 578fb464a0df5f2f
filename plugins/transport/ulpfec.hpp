// Repair packets for a group of RTP packets: any one of those that a repair packet protects can be
// made anew from it and the others (ULPFEC, RFC 5109, with one level of protection). Pure.
#pragma once

#include "plugins/publish/packet.hpp"
#include "plugins/transport/headers.hpp"

#include <array>
#include <span>
#include <vector>

namespace rtc {

// A packet as the repair knows it: without RED, with extensions, the transport-wide number 0, for
// receivers (libwebrtc) leave out what changes on the way.
struct ProtectedPacket {
    RtpFields fields;
    std::array<guint8, max_rtp_header> header{};
    size_t header_size = 0;
    PacketRef packet;

    size_t size() const { return header_size + packet->bytes().size(); }
};

// Sequence numbers that one group can span (RFC 5109 section 7.4: the long mask).
inline constexpr guint ulpfec_span = 48;

// `count` repair packets, each of which protects every count-th of the group, so that a burst of
// losses hits each once. The group is in order of sequence numbers and spans ulpfec_span of them at
// most. What they are: payloads of a packet, for RED to say that it is ULPFEC.
std::vector<std::vector<guint8>> make_ulpfec(std::span<const ProtectedPacket> group, size_t count);

} // namespace rtc
