#include "plugins/receive/bridge.hpp"

#include "plugins/receive/padfunctions.hpp"
#include "plugins/rtc/calltags.hpp"

namespace rtc {
namespace {

// rtpopusdepay leaves the rate out, which muxers ask for. RFC 7587, section 4.1: it is 48 kHz.
Ref<GstCaps> complete(GstCaps* caps) {
    auto result = retain(caps);
    auto* structure = gst_caps_get_structure(caps, 0);
    if (gst_structure_has_name(structure, "audio/x-opus") &&
        !gst_structure_has_field(structure, "rate")) {
        result = adopt(gst_caps_make_writable(result.release()));
        gst_caps_set_simple(result.get(), "rate", G_TYPE_INT, 48000, nullptr);
    }
    return result;
}

} // namespace

Bridge::Bridge(GstPad* output, Parameters parameters)
    : output_(retain(output))
    , parameters_(std::move(parameters))
    , pad_(sink(gst_pad_new("bridge", GST_PAD_SINK))) {}

std::shared_ptr<Bridge> Bridge::create(GstPad* output, Parameters parameters) {
    std::shared_ptr<Bridge> bridge(new Bridge(output, std::move(parameters)));
    set_chain_function<&Bridge::push>(bridge->pad(), bridge);
    set_chain_list_function<&Bridge::push_list>(bridge->pad(), bridge);
    set_event_function<&Bridge::event>(bridge->pad(), bridge);
    set_query_function<&Bridge::query>(bridge->pad(), bridge);
    gst_pad_set_active(bridge->pad(), TRUE);
    return bridge;
}

void Bridge::start() {
    // A pad forgets its events when it is deactivated.
    if (adopt(gst_pad_get_sticky_event(output_.get(), GST_EVENT_STREAM_START, 0)))
        return;
    auto event = adopt(gst_event_new_stream_start(parameters_.stream_id.c_str()));
    gst_event_set_group_id(event.get(), parameters_.group_id);
    gst_event_set_stream_flags(event.get(), GST_STREAM_FLAG_NONE);
    announce_tracks(event.get(), parameters_.tracks);
    gst_pad_push_event(output_.get(), event.release());
}

void Bridge::renew() {
    gst_pad_set_active(pad(), FALSE);
    gst_pad_set_active(pad(), TRUE);
    running_time_ = {};
}

void Bridge::close() {
    gst_pad_set_active(pad(), FALSE);
}

void Bridge::end() {
    start();
    if (auto reason = parameters_.end_reason ? parameters_.end_reason() : ""; !reason.empty())
        gst_pad_push_event(output_.get(), make_session_ended(reason).release());
    gst_pad_push_event(output_.get(), gst_event_new_eos());
}

// The segment follows the caps, at the last moment.
void Bridge::begin() {
    if (has_segment_)
        return;
    has_segment_ = true;
    start();
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(output_.get(), gst_event_new_segment(&segment));
    if (parameters_.tags)
        gst_pad_push_event(output_.get(),
                           gst_event_new_tag(retain(parameters_.tags.get()).release()));
}

GstFlowReturn Bridge::settle(GstFlowReturn flow) {
    if (flow != GST_FLOW_OK && parameters_.refused)
        parameters_.refused(flow);
    return GST_FLOW_OK;
}

GstFlowReturn Bridge::push(Ref<GstBuffer> buffer) {
    begin();
    return settle(gst_pad_push(output_.get(), running_time_.apply(std::move(buffer)).release()));
}

GstFlowReturn Bridge::push_list(Ref<GstBufferList> list) {
    begin();
    auto writable = adopt(gst_buffer_list_make_writable(list.release()));
    gst_buffer_list_foreach(
        writable.get(),
        [](GstBuffer** buffer, guint, gpointer data) -> gboolean {
            *buffer = static_cast<Bridge*>(data)->running_time_.apply(adopt(*buffer)).release();
            return TRUE;
        },
        this);
    return settle(gst_pad_push_list(output_.get(), writable.release()));
}

void Bridge::push_caps(GstCaps* caps) {
    start();
    has_caps_ = true;
    gst_pad_push_event(output_.get(), gst_event_new_caps(complete(caps).get()));
}

// Of two lists of one scope a pad keeps the last, so ours go along with the stream's own.
void Bridge::push_tags(const GstTagList* tags) {
    auto* own = parameters_.tags.get();
    auto merged = own && gst_tag_list_get_scope(own) == gst_tag_list_get_scope(tags)
                      ? gst_tag_list_merge(own, tags, GST_TAG_MERGE_KEEP)
                      : gst_tag_list_copy(tags);
    begin();
    gst_pad_push_event(output_.get(), gst_event_new_tag(merged));
}

void Bridge::push_gap(GstEvent* gap) {
    GstClockTime time;
    GstClockTime duration;
    GstGapFlags flags;
    gst_event_parse_gap(gap, &time, &duration);
    gst_event_parse_gap_flags(gap, &flags);
    begin();
    auto event = adopt(gst_event_new_gap(running_time_.apply(time), duration));
    gst_event_set_gap_flags(event.get(), flags);
    gst_pad_push_event(output_.get(), event.release());
}

bool Bridge::event(Ref<GstEvent> event) {
    switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_EOS:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_STREAM_COLLECTION:
    case GST_EVENT_STREAM_GROUP_DONE:
        return true;
    case GST_EVENT_CAPS: {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event.get(), &caps);
        push_caps(caps);
        return true;
    }
    case GST_EVENT_SEGMENT: {
        const GstSegment* segment = nullptr;
        gst_event_parse_segment(event.get(), &segment);
        running_time_.set_segment(*segment);
        return true;
    }
    case GST_EVENT_TAG: {
        GstTagList* tags = nullptr;
        gst_event_parse_tag(event.get(), &tags);
        if (has_caps_)
            push_tags(tags);
        return true;
    }
    case GST_EVENT_GAP:
        if (has_caps_)
            push_gap(event.get());
        return true;
    default:
        break;
    }
    gst_pad_push_event(output_.get(), event.release());
    return true;
}

// Caps are never refused here: the push says it, and then it is told in one place.
bool Bridge::query(GstQuery* query) {
    if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
        gst_query_set_accept_caps_result(query, TRUE);
        return true;
    }
    if (gst_pad_peer_query(output_.get(), query))
        return true;
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
        return false;
    // Nothing is linked at the moment: anything goes.
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    auto caps = filter ? retain(filter) : adopt(gst_caps_new_any());
    gst_query_set_caps_result(query, caps.get());
    return true;
}

} // namespace rtc
