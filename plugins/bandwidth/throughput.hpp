// The rate at which packets arrive at the peer ("incoming bitrate" of draft-ietf-rmcat-gcc-02,
// section 5.5), over a sliding window of the peer's own time. The window ends at the last arrival:
// a pause of the sender lowers it only once packets come again.
//
// Pure. Not for use by two threads at once.
#pragma once

#include "plugins/bandwidth/packetreport.hpp"

#include <deque>
#include <optional>

namespace rtc {

class Throughput {
public:
    explicit Throughput(GstClockTime window = 500 * GST_MSECOND)
        : window_(window) {}

    void add(const PacketReport& packet);
    // bit/s; nothing before there is half a window of it.
    std::optional<double> bitrate() const;
    void reset();

private:
    struct Arrival {
        GstClockTime at;
        guint size;
    };
    GstClockTime window_;
    std::deque<Arrival> arrivals_;
    guint64 bytes_ = 0;
};

} // namespace rtc
