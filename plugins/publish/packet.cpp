#include "plugins/publish/packet.hpp"

#include <gst/rtp/gstrtpbuffer.h>

#include <cstring>

namespace rtc {

Packet::~Packet() {
    if (payload_)
        gst_buffer_unmap(payload_.get(), &map_);
}

bool Packet::take(GstBuffer* buffer, KeyframeTest keyframe_start) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp))
        return false;
    auto header_size = gst_rtp_buffer_get_header_len(&rtp);
    gst_rtp_buffer_unmap(&rtp);
    header.resize(header_size);
    gst_buffer_extract(buffer, 0, header.data(), header_size);
    fields = read_rtp_fields(header.data());
    auto payload =
        adopt(gst_buffer_copy_region(buffer, GST_BUFFER_COPY_MEMORY, header_size, gsize(-1)));
    if (!set_payload(std::move(payload)))
        return false;
    starts_keyframe = keyframe_start && keyframe_start(bytes());
    return true;
}

bool Packet::set_payload(Ref<GstBuffer> payload) {
    if (!gst_buffer_map(payload.get(), &map_, GST_MAP_READ))
        return false;
    payload_ = std::move(payload);
    return true;
}

Ref<GstBuffer> Packet::with(const RtpFields& own, GstClockTime own_pts) const {
    auto size = header.size() + own.start_size;
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    GstMapInfo map;
    gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE);
    std::memcpy(map.data, header.data(), header.size());
    std::memcpy(map.data + header.size(), own.start.data(), own.start_size);
    write_rtp_fields(map.data, own);
    gst_buffer_unmap(buffer.get(), &map);

    auto* shared =
        gst_buffer_copy_region(payload_.get(), GST_BUFFER_COPY_MEMORY, own.start_size, gsize(-1));
    buffer = adopt(gst_buffer_append(buffer.release(), shared));
    GST_BUFFER_PTS(buffer.get()) = own_pts;
    if (own.marker)
        GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_MARKER);
    return buffer;
}

} // namespace rtc
