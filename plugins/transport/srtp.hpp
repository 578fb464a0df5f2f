// SRTP and SRTCP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, the profile that DTLS agrees on (RFC
// 5764 section 4.1.2). Pure: bytes in, bytes out.
//
// An SrtpSealer or SrtpOpener holds the keys of one direction of one session; who calls it keeps
// the counts. A packet index must never be sealed twice with different payloads under one SSRC.
#pragma once

#include "signaling/base/secret.hpp"

#include <memory>
#include <optional>
#include <span>

namespace rtc {

// The master key and the master salt after it, as DTLS exports them.
using SrtpMaster = SecretBytes<30>;

inline constexpr size_t srtp_tag_size = 10;
// What a sealed RTCP packet is longer by: E flag and index, and the tag.
inline constexpr size_t srtcp_trailer_size = 4 + srtp_tag_size;

namespace detail {
class SrtpKeys;
}

// Whether OpenSSL has what this takes. A configuration may leave it out: then nothing is sealed and
// nothing opened.
bool srtp_is_available();

class SrtpSealer {
public:
    explicit SrtpSealer(const SrtpMaster& master);
    ~SrtpSealer();
    SrtpSealer(SrtpSealer&&) noexcept;

    // Writes header and encrypted payload and tag to out, which has room for all three; returns
    // the size, 0 where OpenSSL failed: what is in out must not be sent then. header: with CSRCs
    // and extension. rollover: how often the sequence number of this SSRC has wrapped. start: what
    // goes before the payload, encrypted too.
    size_t seal_rtp(std::span<const guint8> header, std::span<const guint8> payload,
                    guint32 rollover, guint8* out, std::span<const guint8> start = {});
    // A compound packet, in place; the buffer has room for the trailer. index: counts the packets
    // of the sender SSRC, modulo 2^31. Likewise 0 for a failure.
    size_t seal_rtcp(guint8* packet, size_t size, guint32 index);

private:
    std::unique_ptr<detail::SrtpKeys> rtp_, rtcp_; // nullptr where OpenSSL failed
};

class SrtpOpener {
public:
    explicit SrtpOpener(const SrtpMaster& master);
    ~SrtpOpener();
    SrtpOpener(SrtpOpener&&) noexcept;

    // Decrypts in place: the span of header and payload, or nothing where the packet is not
    // authentic. rollover: as guessed for its sequence number (RFC 3711 section 3.3.1).
    std::optional<std::span<guint8>> open_rtp(std::span<guint8> packet, guint32 rollover);
    std::optional<std::span<guint8>> open_rtcp(std::span<guint8> packet);

private:
    std::unique_ptr<detail::SrtpKeys> rtp_, rtcp_; // nullptr where OpenSSL failed
};

// The length of an RTP header with CSRCs and extension (RFC 3550 sections 5.1, 5.3.1); 0 where the
// packet is none or is cut short.
size_t rtp_header_size(std::span<const guint8> packet);

} // namespace rtc
