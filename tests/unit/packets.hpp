// Packets out of payloads, as a fan-out passes them on.
#pragma once

#include "plugins/publish/packet.hpp"

#include <vector>

namespace rtc {

inline std::shared_ptr<Packet> make_packet(const char* codec, guint32 timestamp,
                                           const std::vector<guint8>& payload) {
    auto packet = std::make_shared<Packet>();
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, payload.size(), nullptr));
    gst_buffer_fill(buffer.get(), 0, payload.data(), payload.size());
    packet->header.resize(12);
    packet->fields.timestamp = timestamp;
    packet->set_payload(std::move(buffer));
    packet->descriptor = read_descriptor(*find_codec(codec), packet->bytes());
    if (packet->descriptor)
        packet->told = packet->descriptor->layer;
    return packet;
}

} // namespace rtc
