// The bit rate that delay allows: additive or multiplicative increase, multiplicative decrease
// (draft-ietf-rmcat-gcc-02, section 5.5). What the link carried when it was last overused is
// remembered as an estimate with a variance; near it the rate grows by some packets a
// round trip; far from it by 8 % a second, and faster the longer nothing was in the way.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/trendline.hpp"

#include <optional>

namespace rtc {

// What the link carried at its limit.
class LinkCapacity {
public:
    void overused(double throughput) { update(throughput, 0.05); }
    void probed(double throughput) { update(throughput, 0.5); }
    void reset() { estimate_.reset(); }
    std::optional<double> estimate() const { return estimate_; } // bit/s
    double upper() const;                                        // bit/s
    double lower() const;                                        // bit/s

private:
    void update(double sample, double weight);
    double deviation() const;

    std::optional<double> estimate_;
    double variance_ = 0.4; // of kbit/s, relative to the estimate
};

class RateControl {
public:
    explicit RateControl(double bitrate)
        : bitrate_(bitrate) {}

    // throughput: what arrives, bit/s, where it is known.
    void update(Usage usage, std::optional<double> throughput, GstClockTime now);
    // A probe has shown that the link carries this.
    void set_probed(double bitrate, GstClockTime now);
    // Something else lowered or raised the rate.
    void set_bitrate(double bitrate, GstClockTime now);
    void set_rtt(GstClockTime rtt) { rtt_ = rtt; }
    void set_limits(double minimum, double maximum);

    double bitrate() const { return bitrate_; } // bit/s
    const LinkCapacity& capacity() const { return capacity_; }
    GstClockTime last_decrease() const { return last_decrease_; } // none before the first

private:
    enum class State { increase, hold };

    void increase(std::optional<double> throughput, GstClockTime now);
    void decrease(double throughput, GstClockTime now);
    bool may_decrease(std::optional<double> throughput, GstClockTime now) const;
    double additive_step(double seconds) const;
    double growth_at(GstClockTime now) const;

    double bitrate_;
    double minimum_ = 0;
    double maximum_ = 1e9;
    GstClockTime rtt_ = 200 * GST_MSECOND;
    State state_ = State::increase;
    LinkCapacity capacity_;
    GstClockTime last_change_ = GST_CLOCK_TIME_NONE;
    GstClockTime last_decrease_ = GST_CLOCK_TIME_NONE;
};

} // namespace rtc
