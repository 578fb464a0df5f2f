// How fast a session may send: the estimate of what its network carries, and when the next packet
// may go. Pure; time is an argument. For one thread.
#pragma once

#include "plugins/bandwidth/pacer.hpp"
#include "plugins/bandwidth/ratemeter.hpp"
#include "plugins/bandwidth/sentpackets.hpp"
#include "plugins/transport/rtcp.hpp"

namespace rtc {

// What a packet is for.
enum class Traffic {
    sound,   // goes before all others, and is not paced
    media,   // pictures, and what protects them beforehand
    repair,  // media that goes again, at once
    padding, // fills up a probe
};

class LinkControl {
public:
    explicit LinkControl(const BandwidthEstimator::Settings& settings);

    // A packet that has gone. number: transport-wide, where that was agreed.
    void sent(std::optional<guint16> number, guint size, Traffic traffic, GstClockTime now);
    void answer(const rtcp::Feedback& feedback, GstClockTime now);
    void answer(const rtcp::Remb& remb, GstClockTime now);
    void report(const ReceiverReport& report, GstClockTime now);
    // Once a second.
    void tick(GstClockTime now);

    // When the next packet may go. packets, bytes: how much waits; can_pad: a probe may be filled
    // up with something else.
    GstClockTime next(size_t packets, guint64 bytes, bool can_pad, GstClockTime now);
    // Nothing waits any more: whether the probe under way is to be filled up.
    bool wants_padding() const { return pacer_.probing(); }
    void end_probe();

    // What pictures may take now beside sound and repair, in bit/s, where it has changed since the
    // last call, or tick() was called. Nothing before the network has had time to show what it
    // carries, or what it does not.
    std::optional<guint> changed(GstClockTime now);
    // What pictures would make use of, in bit/s, though they are sent at less: a better rung. 0: as
    // they are.
    void set_wanted(guint pictures) { wanted_ = pictures; }
    guint target() const { return estimator_.target(); }             // bit/s, of everything
    double repair_budget() const { return target() * repair_share; } // bit/s
    const BandwidthEstimator& estimator() const { return estimator_; }

private:
    static constexpr double repair_share = 0.25;

    void follow(GstClockTime now);
    bool settled(GstClockTime now) const;

    BandwidthEstimator estimator_;
    SentPackets packets_;
    Pacer pacer_;
    Throughput sound_{GST_SECOND};
    RateMeter repair_;
    guint told_ = 0, wanted_ = 0;
    guint start_;
    GstClockTime first_answer_ = GST_CLOCK_TIME_NONE;
};

} // namespace rtc
