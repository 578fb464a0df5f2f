#include "plugins/rtc/shortcut.hpp"

#include "plugins/rtc/webrtcbinvalues.hpp"

namespace rtc {
namespace {

// The element behind a source pad.
Ref<GstElement> next_element(GstPad* pad) {
    auto peer = adopt(gst_pad_get_peer(pad));
    return peer ? adopt(gst_pad_get_parent_element(peer.get())) : nullptr;
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
    if (!is_made_by(next_element(queue_pad.get()).get(), "dtlssrtpdec"))
        return;
    queue_ = queue_pad;
    target_ = adopt(gst_pad_get_peer(queue_pad.get()));
}

bool Shortcut::take(GstPad* nicesrc_pad, GstBuffer* packet) {
    if (!looked_)
        look(nicesrc_pad);
    // webrtcbin blocks the queue while ICE isn't connected.
    if (!queue_ || gst_pad_is_blocked(queue_.get()))
        return false;
    // What comes before the first packet has passed the queue once this is there.
    if (!ready_)
        ready_ = bool(adopt(gst_pad_get_sticky_event(target_.get(), GST_EVENT_SEGMENT, 0)));
    if (!ready_)
        return false;
    // A fault behind ends with the session, not with the agent's thread, which STUN needs.
    gst_pad_chain(target_.get(), packet);
    return true;
}

} // namespace rtc
