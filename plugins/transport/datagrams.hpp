// Datagrams on their way to one address, sent with as few system calls as the kernel allows.
#pragma once

#include <glib.h>

#include <netinet/in.h>
#include <span>

namespace rtc {

// Sealed packets in the order of sending.
using Datagrams = std::span<const std::span<const guint8>>;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

// Sends over a UDP socket that does not block, and returns how many went; the others are lost, as
// the network could have lost them. Runs of equal sizes, the last of which may be shorter, go as
// one (UDP_SEGMENT, udp(7)) where kernel and interface can; where that fails once it is not tried
// again in this process.
size_t send_datagrams(int socket, const SocketAddress& to, Datagrams datagrams);

// How many of these, from the first on, can go as one.
size_t segment_run(Datagrams datagrams);

} // namespace rtc
