// One RTP packet as the payloader made it, taken apart once and shared by all who send it on.
#pragma once

#include "plugins/publish/forwarder.hpp"
#include "plugins/publish/keyframestart.hpp"
#include "plugins/rtc/descriptor.hpp"
#include "signaling/base/refs.hpp"

#include <memory>
#include <span>
#include <vector>

namespace rtc {

class Packet {
public:
    Packet() = default;
    ~Packet();
    Packet(const Packet&) = delete;

    // False for what is no RTP. keyframe_start: of the codec, or nullptr.
    bool take(GstBuffer* buffer, KeyframeTest keyframe_start);
    bool set_payload(Ref<GstBuffer> payload);

    std::vector<guint8> header; // with CSRCs and extension
    RtpFields fields;
    GstClockTime pts = GST_CLOCK_TIME_NONE; // running time
    bool starts_keyframe = false;
    std::optional<PayloadDescriptor> descriptor; // of codecs that have one
    std::optional<PictureLayer> told; // its picture's layer, where the first packet carries it
    PictureLayer layer;               // its picture's, for certain

    // What follows the header, in one piece of memory.
    GstBuffer* payload() const { return payload_.get(); }
    std::span<const guint8> bytes() const { return {map_.data, map_.size}; }

    // A buffer with a header of its own before the same payload memory.
    Ref<GstBuffer> with(const RtpFields& fields, GstClockTime pts) const;

private:
    Ref<GstBuffer> payload_;
    GstMapInfo map_{};
};

using PacketRef = std::shared_ptr<const Packet>;

} // namespace rtc
