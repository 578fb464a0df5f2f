// When the packets of a peer were captured, by its sender reports (RFC 3550, 6.4.1). Pure, but for
// a mutex: streams call it from their own threads.
//
// A jitter buffer stamps packets by their arrival, so sound and picture are as far apart as their
// ways were. A report tells which wall-clock time an RTP timestamp stands for; once two streams of
// one source (CNAME) have reported, the distance of their captures is known. The stream that takes
// longest leads: the others wait for it. Corrections are slewed (10 % of the time that passes), so
// that nothing jumps. The common offset follows the leader's arrivals slowly (0.1 %), and with them
// the drift of the sender's clock against ours.
//
// A sender that held its sound may count on from where it was, so that its RTP clock lacks the time
// of the hold until the next report says so. Where packets come much later than their timestamps
// say all at once, that is taken for such a hole: it stays on the timeline. Where those that follow
// come early by that, it was a network, or a machine, that stood still, and the hole is closed
// again.
//
// Times are nanoseconds.
#pragma once

#include "plugins/rtc/calltags.hpp"

#include <glib.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace rtc {

class SenderClock {
public:
    struct Report {
        guint32 ssrc = 0;
        std::string cname;
        guint32 rtp = 0;
        gint64 wall = 0; // NTP time
        guint clock_rate = 0;
    };
    void report(const Report& report);
    // How a stream's clock goes against ours since it was first placed by a report.
    std::optional<SenderClockNews> measure(guint32 ssrc);
    // The time of a packet that is stamped `time`. As it is until its stream has reported.
    gint64 place(guint32 ssrc, guint32 rtp, gint64 time);

private:
    struct Source {
        std::optional<guint32> leader; // SSRC
        gint64 offset = 0;             // from wall-clock time to ours
    };
    struct Stream {
        Report report;
        bool begun = false; // has been placed since it has reported
        gint64 rest = 0;    // what is left to be corrected
        guint32 last_rtp = 0;
        gint64 last = 0;           // capture
        gint64 skipped = 0;        // what its RTP clock lacks since the report
        gint64 lag_before = 0;     // the last hole
        std::optional<gint64> lag; // of the last packet behind its capture
        // What a packet needs at least, in the first stretch of time and in the last whole one:
        // more than that is by chance.
        struct Stretch {
            gint64 from;
            gint64 least;
        };
        std::optional<Stretch> first, last_whole, now;
        void forget_drift() { first = last_whole = now = std::nullopt; }
    };
    static gint64 captured(const Stream& stream, guint32 rtp);
    void lead(Stream& stream, Source& source, gint64 offset);
    static void watch(Stream& stream, gint64 time);
    static void skip_hole(Stream& stream, guint32 rtp, gint64 time);
    void begin(Stream& stream, Source& source, gint64 offset);

    std::mutex mutex_;
    std::map<guint32, Stream> streams_;
    std::map<std::string, Source> sources_;
};

} // namespace rtc
