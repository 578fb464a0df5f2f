// The RTP header of a packet as one peer gets it, with the header extensions that were agreed with
// it. Pure.
#pragma once

#include "plugins/publish/forwarder.hpp"

#include <optional>

namespace rtc {

// Identifiers of header extensions (RFC 8285 section 4.2); nothing: not agreed.
struct ExtensionIds {
    std::optional<guint> transport_cc;
    std::optional<guint> abs_capture_time;
    std::optional<guint> playout_delay;

    bool any() const { return transport_cc || abs_capture_time || playout_delay; }
};

// What one packet says in them; nothing: it leaves that one out.
struct ExtensionValues {
    std::optional<guint16> transport_cc;
    std::optional<guint64> abs_capture_time; // NTP time, 32.32
    struct PlayoutDelay {
        guint minimum = 0, maximum = 0; // ms, up to 40950
    };
    std::optional<PlayoutDelay> playout_delay;
};

inline constexpr size_t max_rtp_header = 12 + 4 + 20;

// Writes a header without CSRCs, and returns its size; out has room for max_rtp_header.
size_t write_rtp_header(const RtpFields& fields, const ExtensionIds& ids,
                        const ExtensionValues& values, guint8* out);

} // namespace rtc
