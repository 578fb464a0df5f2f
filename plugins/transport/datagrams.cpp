#include "plugins/transport/datagrams.hpp"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace rtc {
namespace {

constexpr size_t max_segments = 64;
constexpr size_t max_run_bytes = 65'000;

std::atomic<bool> segmentation{true};

bool send_run(int socket, const SocketAddress& to, Datagrams run) {
    std::array<iovec, max_segments> parts;
    for (size_t i = 0; i < run.size(); i++)
        parts[i] = {const_cast<guint8*>(run[i].data()), run[i].size()};
    msghdr message{};
    message.msg_name = const_cast<sockaddr_storage*>(&to.storage);
    message.msg_namelen = to.size;
    message.msg_iov = parts.data();
    message.msg_iovlen = run.size();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(guint16))] = {};
    if (run.size() > 1) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof(guint16));
        auto size = guint16(run[0].size());
        std::memcpy(CMSG_DATA(header), &size, sizeof size);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

// What the kernel says where segmentation is not to be had.
bool refuses_segments(int error) {
    return error == EINVAL || error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT ||
           error == EMSGSIZE;
}

} // namespace

size_t segment_run(Datagrams datagrams) {
    size_t count = 0, bytes = 0;
    while (count < datagrams.size() && count < max_segments) {
        auto size = datagrams[count].size();
        bool fits = bytes + size <= max_run_bytes && size <= datagrams[0].size();
        if (count > 0 && !fits)
            break;
        count++;
        bytes += size;
        if (size < datagrams[0].size())
            break;
    }
    return count;
}

size_t send_datagrams(int socket, const SocketAddress& to, Datagrams datagrams) {
    size_t gone = 0;
    while (!datagrams.empty()) {
        bool whole = segmentation.load(std::memory_order_relaxed);
        auto run = datagrams.first(whole ? segment_run(datagrams) : 1);
        bool sent = send_run(socket, to, run);
        if (!sent && run.size() > 1 && refuses_segments(errno)) {
            segmentation = false;
            continue;
        }
        if (!sent && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
            return gone;
        gone += sent ? run.size() : 0;
        datagrams = datagrams.subspan(run.size());
    }
    return gone;
}

} // namespace rtc
