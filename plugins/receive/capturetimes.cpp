#include "plugins/receive/capturetimes.hpp"

#include "plugins/rtc/calltags.hpp"

namespace rtc {
namespace {

constexpr gint64 interval = GST_SECOND;

} // namespace

// RFC 3550, 5.1: timestamp and SSRC are the second and the third word.
Ref<GstBuffer> CaptureTimes::set(Ref<GstBuffer> packet) {
    guint32 words[2];
    if (!clock_ || !GST_BUFFER_PTS_IS_VALID(packet.get()) ||
        gst_buffer_extract(packet.get(), 4, words, sizeof words) != sizeof words)
        return packet;
    auto before = gint64(GST_BUFFER_PTS(packet.get()));
    ssrc_ = GUINT32_FROM_BE(words[1]);
    auto time = clock_->place(ssrc_, GUINT32_FROM_BE(words[0]), before);
    now_ = before;
    if (time == before || time < 0)
        return packet;
    auto stamped = adopt(gst_buffer_make_writable(packet.release()));
    GST_BUFFER_PTS(stamped.get()) = GstClockTime(time);
    if (GST_BUFFER_DTS_IS_VALID(stamped.get()))
        GST_BUFFER_DTS(stamped.get()) = GstClockTime(time);
    return stamped;
}

Ref<GstBufferList> CaptureTimes::set(Ref<GstBufferList> packets) {
    if (!clock_)
        return packets;
    auto writable = adopt(gst_buffer_list_make_writable(packets.release()));
    gst_buffer_list_foreach(
        writable.get(),
        [](GstBuffer** buffer, guint, gpointer self) -> gboolean {
            *buffer = static_cast<CaptureTimes*>(self)->set(adopt(*buffer)).release();
            return TRUE;
        },
        this);
    return writable;
}

Ref<GstEvent> CaptureTimes::news() {
    if (!clock_ || now_ - told_ < interval)
        return nullptr;
    told_ = now_;
    auto known = clock_->measure(ssrc_);
    return known ? make_sender_clock(*known) : nullptr;
}

} // namespace rtc
