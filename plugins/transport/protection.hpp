// When repair packets are sent with one track, and how many: as many as the peer's losses ask for,
// and none while a retransmission comes as quickly. Pure; time is an argument.
//
// Repair goes at the ends of pictures, so that it holds up none. Where a picture is due less than
// one packet of it, several pictures share one.
#pragma once

#include "plugins/transport/expectedloss.hpp"
#include "plugins/transport/fec.hpp"

namespace rtc {

class Protection {
public:
    explicit Protection(FecFormat format)
        : format_(format) {}

    // What the peer says of the way to it: lost of the packets since its last report, 0 to 1, and
    // the round trip.
    void report(double loss, guint packets, GstClockTime rtt, GstClockTime now);
    double expected_loss(GstClockTime now) const { return loss_.at(now); }
    // Repair packets for each packet of media, 0 to 0.5.
    double rate(GstClockTime now) const;

    // Takes a packet that goes now. Gives the payloads of the repair that is due after it.
    std::vector<std::vector<guint8>> sent(const ProtectedPacket& packet, GstClockTime now);

private:
    const FecFormat format_;
    ExpectedLoss loss_;
    GstClockTime rtt_ = 0;
    std::vector<ProtectedPacket> group_; // that no repair has been sent for
    double due_ = 0;                     // packets of repair
};

} // namespace rtc
