// The way of one session's share of a stream to its peer.
#pragma once

#include "plugins/publish/packet.hpp"

namespace rtc {

class Transport {
public:
    virtual ~Transport() = default;
    // The next packet, with the header fields and the running time that are the subscriber's own.
    // On the stream's streaming thread. Must not block.
    virtual void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) = 0;
    // What came together has been given: time to send it.
    virtual void flush() {}
};

} // namespace rtc
