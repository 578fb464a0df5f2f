#include "plugins/rtc/shortcut.hpp"

#include "plugins/rtc/webrtcbinvalues.hpp"

namespace rtc {
namespace {

// The element behind a source pad.
Ref<GstElement> next_element(GstPad* pad) {
    auto peer = adopt(gst_pad_get_peer(pad));
    return peer ? adopt(gst_pad_get_parent_element(peer.get())) : nullptr;
}

// RFC 5761, section 4: by the second byte.
bool is_rtcp(GstBuffer* packet) {
    guint8 type = 0;
    gst_buffer_extract(packet, 1, &type, 1);
    return type >= 192 && type <= 223;
}

} // namespace

bool is_rtp(GstBuffer* packet) {
    guint8 first = 0;
    gst_buffer_extract(packet, 0, &first, 1);
    return first >= 128 && first <= 191;
}

// Here versions of webrtcbin may differ: where its elements are not these, nothing is cut short.
void Shortcut::look(GstPad* nicesrc_pad) {
    looked_ = true;
    auto filter = next_element(nicesrc_pad);
    if (!is_made_by(filter.get(), "capsfilter"))
        return;
    auto filter_pad = adopt(gst_element_get_static_pad(filter.get(), "src"));
    auto queue = next_element(filter_pad.get());
    if (!is_made_by(queue.get(), "queue"))
        return;
    auto queue_pad = adopt(gst_element_get_static_pad(queue.get(), "src"));
    auto decoder = next_element(queue_pad.get());
    if (!is_made_by(decoder.get(), "dtlssrtpdec"))
        return;
    queue_ = queue_pad;
    target_ = adopt(gst_pad_get_peer(queue_pad.get()));
    auto rtp_pad = adopt(gst_element_get_static_pad(decoder.get(), "rtp_src"));
    rtp_target_ = adopt(gst_pad_get_peer(rtp_pad.get()));
}

bool Shortcut::open(GstBuffer* packet) {
    GstMapInfo map;
    if (!gst_buffer_map(packet, &map, GST_MAP_READWRITE))
        return false;
    auto opened = receiver_->open({map.data, map.size});
    gst_buffer_unmap(packet, &map);
    if (opened)
        gst_buffer_set_size(packet, gssize(opened->size()));
    return bool(opened);
}

// Every packet that srtpdec could open is seen here, from the first: what it has counted has been
// counted here, too. The first goes through it all the same, for the events that it sends ahead.
bool Shortcut::take_rtp(Ref<GstBuffer>& packet) {
    if (!receiver_)
        if (auto master = keys_())
            receiver_.emplace(*master);
    if (!receiver_ || !rtp_target_)
        return false;
    if (!rtp_ready_)
        rtp_ready_ = bool(adopt(gst_pad_get_sticky_event(rtp_target_.get(), GST_EVENT_SEGMENT, 0)));
    if (!rtp_ready_) {
        open(adopt(gst_buffer_copy_deep(packet.get())).get());
        return false;
    }
    auto own = adopt(gst_buffer_make_writable(packet.release()));
    if (open(own.get()))
        gst_pad_chain(rtp_target_.get(), own.release());
    return true;
}

void Shortcut::take(GstPad* nicesrc_pad, Ref<GstBuffer>& packet) {
    if (!looked_)
        look(nicesrc_pad);
    // webrtcbin blocks the queue while ICE isn't connected.
    if (!queue_ || gst_pad_is_blocked(queue_.get()))
        return;
    // A fault behind ends with the session, not with the agent's thread, which STUN needs.
    if (!is_rtcp(packet.get()) && take_rtp(packet))
        return;
    // What comes before the first packet has passed the queue once this is there.
    if (!ready_)
        ready_ = bool(adopt(gst_pad_get_sticky_event(target_.get(), GST_EVENT_SEGMENT, 0)));
    if (ready_)
        gst_pad_chain(target_.get(), packet.release());
}

} // namespace rtc
