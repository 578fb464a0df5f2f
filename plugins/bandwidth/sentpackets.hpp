// What was sent, by transport-wide sequence number, for a transport that numbers packets itself:
// makes reports for the estimator out of feedback messages.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/estimator.hpp"

#include <vector>

namespace rtc {

class SentPackets {
public:
    // What a feedback message says of one packet.
    struct Arrival {
        guint16 sequence = 0;
        std::optional<GstClockTime> at; // by the peer's clock; nothing: not received
    };

    void sent(guint16 sequence, guint size, GstClockTime now);
    // In the order of the message, without packets that are not known (any more) or whose arrival
    // is reported again.
    std::vector<PacketReport> report(std::span<const Arrival> arrivals);

private:
    struct Sent {
        gint64 sequence;
        GstClockTime at;
        guint size;
        bool arrived;
    };
    SequenceUnwrapper sending_, reported_;
    std::deque<Sent> packets_; // in order of sequence, without gaps
};

} // namespace rtc
