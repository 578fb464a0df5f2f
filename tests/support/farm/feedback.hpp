// Transport-wide feedback of what came (draft-holmer-rmcat-transport-wide-cc-extensions-01).
// Pure; time is an argument.
#pragma once

#include <glib.h>

#include <map>
#include <optional>
#include <span>
#include <vector>

namespace rtc::farm {

// The transport-wide number of a packet: the header extension of this id (RFC 8285 section 4.2).
std::optional<guint16> transport_number(std::span<const guint8> packet, guint8 id);

class FeedbackLog {
public:
    void packet(guint16 number, gint64 now); // µs
    // The RTCP packet about all since the last; empty where nothing came.
    std::vector<guint8> take(guint32 sender_ssrc, guint32 media_ssrc);

private:
    std::map<gint64, gint64> came_; // when, by number, unwrapped
    std::optional<gint64> last_, told_;
    guint8 count_ = 0;
};

} // namespace rtc::farm
