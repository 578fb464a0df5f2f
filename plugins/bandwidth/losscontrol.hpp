// The bit rate that loss allows, from transport-wide feedback.
//
// draft-ietf-rmcat-gcc-02, section 6, lowers the rate whenever more than a tenth is lost, so that a
// radio link that loses a tenth of anything starves. libwebrtc's later LossBasedBweV2
// (modules/congestion_controller/goog_cc/loss_based_bwe_v2.cc) tells the two kinds of loss apart,
// and so does this: a link of capacity B with inherent loss p loses p of what is sent below B, and
// p + (1 - p) (rate - B) / rate above. Of some candidates for B, each with the p that fits it best,
// the one is taken under which the last observations are most likely, the larger one in doubt.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/packetreport.hpp"

#include <deque>
#include <optional>

namespace rtc {

class LossControl {
public:
    // A packet that arrived or was found missing.
    void add(const PacketReport& packet);
    // ceiling: what delay allows, bit/s. throughput: what arrives, bit/s.
    void update(double ceiling, std::optional<double> throughput);

    // bit/s; nothing before there were losses.
    std::optional<double> bitrate() const { return bitrate_; }
    double loss() const; // share of the last seconds' packets, 0 to 1
    // The loss that is there most of the time, whatever is sent: the median; 0 where that is more
    // than 0.15.
    double inherent() const;

private:
    struct Observation {
        double packets = 0;
        double lost = 0;
        double rate = 0; // bit/s sent
    };
    struct Fit {
        double inherent;
        double likelihood; // log, a packet
    };
    bool close_observation(GstClockTime sent);
    Fit fit(double capacity) const;
    double likelihood(double capacity, double inherent) const;

    std::deque<Observation> observations_;
    bool fresh_ = false; // an observation since the last update
    Observation open_;
    double open_bytes_ = 0;
    GstClockTime open_since_ = GST_CLOCK_TIME_NONE;
    std::optional<double> bitrate_;
};

} // namespace rtc
