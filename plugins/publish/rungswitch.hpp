// One viewer's packets out of several rungs: those of one at a time, numbered as one stream.
//
// The rung that is wanted next begins with a keyframe; with its first packet it replaces the one
// before. Sequence numbers and picture ids go on without a gap, and no picture goes back in time,
// though encoders differ in delay.
//
// Threads: gates are called on the streaming threads of their rungs, the rest from any.
#pragma once

#include "plugins/publish/transport.hpp"
#include "plugins/rtc/codec.hpp"

#include <mutex>
#include <optional>

namespace rtc {

class RungSwitch : public std::enable_shared_from_this<RungSwitch> {
public:
    RungSwitch(const Codec& codec, guint16 first_sequence, std::shared_ptr<Transport> transport);

    // Where a rung's packets go in.
    std::shared_ptr<Transport> gate(size_t rung);
    // This rung next, from its first packet on.
    void want(size_t rung);
    size_t current() const;
    std::optional<size_t> wanted() const;

private:
    class Gate;
    void send(size_t rung, const PacketRef& packet, const RtpFields& fields, GstClockTime pts);
    void flush(size_t rung);
    void renumber(const PacketRef& packet, RtpFields& fields, bool switched);
    void number_picture(const PacketRef& packet, RtpFields& fields, bool switched);

    const Codec& codec_;
    const std::shared_ptr<Transport> transport_;

    mutable std::mutex mutex_;
    std::optional<size_t> current_, wanted_;
    guint16 next_sequence_;
    std::optional<guint32> picture_in_; // timestamp of the picture that is passing
    guint32 picture_out_ = 0;
    bool late_ = false; // the rung's time is not yet past that of the one before
    guint16 picture_offset_ = 0, last_picture_ = 0;
    bool numbered_ = false;
};

// The picture id of a VP8 or VP9 payload descriptor (RFC 7741 section 4.2, RFC 9628 section 4.2).
struct PictureId {
    size_t at = 0; // byte
    bool wide = false;
    guint16 value = 0; // of 15 bits, or of 7
};
std::optional<PictureId> read_picture_id(const Codec& codec, std::span<const guint8> payload);

} // namespace rtc
