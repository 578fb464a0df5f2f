// Which lost packets of one track are sent again, so that a peer on a bad network can't turn its
// complaints into a storm. Pure; time is an argument.
//
// What has been sent lately is remembered by sequence number, the packets themselves are shared by
// all sessions. A packet goes again once a round trip at most, and all of them within a budget.
// Where that does not suffice, a keyframe makes up for the rest: what was sent before it does not
// go again.
#pragma once

#include "plugins/publish/packet.hpp"
#include "plugins/transport/headers.hpp"

#include <array>
#include <memory>
#include <optional>

namespace rtc {

class Retransmissions {
public:
    struct Sent {
        PacketRef packet;
        RtpFields fields;
        // What its header extensions said, so that it is the same again; nullptr: nothing.
        std::unique_ptr<const ExtensionValues> values = nullptr;
        GstClockTime again = GST_CLOCK_TIME_NONE; // when it was last sent again
    };

    void sent(const PacketRef& packet, const RtpFields& fields, const ExtensionValues& values = {});
    // bit/s that may go into retransmissions.
    void set_budget(double bitrate) { bitrate_ = bitrate; }
    void set_rtt(GstClockTime rtt) { rtt_ = CLAMP(rtt, 10 * GST_MSECOND, GST_SECOND); }
    // The packet to send again, or nothing: it is forgotten, on its way, made up for by a keyframe,
    // or there is no budget.
    const Sent* lost(guint16 sequence, GstClockTime now);

    // The packet that was sent `back` packets before the last one; nothing: not kept any more.
    const Sent* recent(guint16 back) const;

    guint64 refused() const { return refused_; } // for want of budget
    // Whether to ask for a keyframe: something was refused, and none has gone since. Not more often
    // than every two seconds, for all viewers get it.
    bool wants_keyframe(GstClockTime now);

private:
    bool take(size_t bytes, GstClockTime now);

    static constexpr size_t kept = 512;
    std::array<Sent, kept> sent_;
    std::optional<guint16> last_;
    std::optional<guint16> useless_before_; // a keyframe begins here
    bool needs_keyframe_ = false;
    std::optional<GstClockTime> asked_;
    double bitrate_ = 250'000;
    double budget_ = 0; // bytes
    std::optional<GstClockTime> filled_;
    GstClockTime rtt_ = 100 * GST_MSECOND;
    guint64 refused_ = 0;
};

} // namespace rtc
