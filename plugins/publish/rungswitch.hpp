// One viewer's packets out of several rungs: those of one at a time, numbered as one stream,
// without the pictures of temporal layers that are too much for it.
//
// The rung that is wanted next begins with a keyframe; with its first packet it replaces the one
// before. Sequence numbers and picture ids go on without a gap, and no picture goes back in time,
// though encoders differ in delay.
//
// Threads: gates are called on the streaming threads of their rungs, the rest from any.
#pragma once

#include "plugins/publish/thinner.hpp"
#include "plugins/publish/transport.hpp"

#include <mutex>
#include <optional>

namespace rtc {

class RungSwitch : public std::enable_shared_from_this<RungSwitch> {
public:
    RungSwitch(guint16 first_sequence, std::shared_ptr<Transport> transport);

    // Where a rung's packets go in.
    std::shared_ptr<Transport> gate(size_t rung);
    // This rung next, from its first packet on, up to this temporal layer.
    void want(size_t rung, guint8 layer = all_layers);
    // Of the rung that passes now: pictures up to this temporal layer.
    void thin(guint8 layer);
    guint8 wanted_layer() const; // what it was told last of the rung that passes now
    guint8 layer() const;        // the highest that passes, of those that the rung has
    size_t current() const;
    std::optional<size_t> wanted() const;

private:
    class Gate;
    void send(size_t rung, const PacketRef& packet, const RtpFields& fields, GstClockTime pts);
    void flush(size_t rung);
    bool takes_picture(const Packet& packet);
    void renumber(RtpFields& fields, bool begins);
    void number_picture(const Packet& packet, const PayloadDescriptor& descriptor,
                        RtpFields& fields, bool switched);

    const std::shared_ptr<Transport> transport_;

    mutable std::mutex mutex_;
    std::optional<size_t> current_, wanted_;
    guint16 next_sequence_;
    Thinner thinner_;
    guint8 next_layer_ = all_layers;    // of the rung that is wanted
    std::optional<guint32> picture_in_; // timestamp of the picture that is passing, or left out
    bool passes_ = true;
    guint32 picture_out_ = 0;
    bool late_ = false; // the rung's time is not yet past that of the one before
    // What is added to the numbers of pictures, and of those of the base layer.
    guint16 picture_offset_ = 0, last_picture_ = 0;
    guint8 base_offset_ = 0, last_base_ = 0;
    bool numbered_ = false;
};

} // namespace rtc
