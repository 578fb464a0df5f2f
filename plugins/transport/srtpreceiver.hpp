// The RTP packets of one direction of a session, opened: what is not authentic, and what comes
// again, is refused (RFC 3711 section 3.3). Pure.
#pragma once

#include "plugins/transport/srtp.hpp"

#include <bitset>
#include <map>

namespace rtc {

class SrtpReceiver {
public:
    // How far behind the latest packet another may be. Packets that were asked for again come late.
    static constexpr guint64 window = 1024;
    // A session's tracks have two or three each; a peer that has this many wants our memory.
    static constexpr size_t max_sources = 256;

    explicit SrtpReceiver(const SrtpMaster& master)
        : opener_(master) {}

    // Decrypts in place: the span of header and payload, or nothing. A source counts from its first
    // authentic packet, which has rollover counter 0.
    std::optional<std::span<guint8>> open(std::span<guint8> packet);

private:
    // What came of one SSRC.
    struct Source {
        guint64 latest = 0; // packet index: rollover counter and sequence number
        std::bitset<window> seen;

        // Of the index that a sequence number stands for, the rollover counter (RFC 3711 section
        // 3.3.1 and appendix A); nothing where it would be before the first.
        std::optional<guint32> rollover_of(guint16 sequence) const;
        bool is_new(guint64 index) const;
        void add(guint64 index);
    };

    SrtpOpener opener_;
    std::map<guint32, Source> sources_;
};

} // namespace rtc
