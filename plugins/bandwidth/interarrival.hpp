// Groups packets that were sent together and compares how far apart the groups were sent and came.
// draft-ietf-rmcat-gcc-02, sections 5.2 (pre-filtering) and 5.3; as libwebrtc does it, a group that
// arrives as a burst, having waited at a channel that sends at times only (Wi-Fi), stays one group
// (modules/congestion_controller/goog_cc/inter_arrival_delta.cc).
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/packetreport.hpp"

#include <optional>

namespace rtc {

class InterArrival {
public:
    struct Delta {
        double sent = 0;     // ms from group to group
        double received = 0; // ms
        GstClockTime at = 0; // when the later group was complete, by the peer's clock
    };

    // A packet that arrived, in the order of sending. A value when it completes a group.
    std::optional<Delta> add(const PacketReport& packet);
    void reset();
    // How irregularly groups arrive, ms: the mean deviation of their differences in transit time
    // (RFC 3550 section 6.4.1).
    double jitter() const { return jitter_; }

private:
    struct Group {
        GstClockTime first_sent = 0;
        GstClockTime last_sent = 0;
        GstClockTime first_received = 0;
        GstClockTime last_received = 0;
    };
    bool belongs_to_burst(const PacketReport& packet) const;
    static Group begin(const PacketReport& packet);

    std::optional<Group> current_;
    std::optional<Group> previous_;
    int reordered_ = 0;
    double jitter_ = 0;
};

} // namespace rtc
