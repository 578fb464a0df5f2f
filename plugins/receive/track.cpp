#include "plugins/receive/track.hpp"

#include "plugins/receive/padfunctions.hpp"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY(rtc_receive_debug);
#define GST_CAT_DEFAULT rtc_receive_debug

namespace rtc {
namespace {

// How long a keyframe that is likely on its way is waited for before it is asked for.
constexpr guint64 patience_ms = 250;

GstPad* peer_of(GstPad* pad) {
    GST_OBJECT_LOCK(pad);
    auto* peer = GST_PAD_PEER(pad);
    GST_OBJECT_UNLOCK(pad);
    return peer;
}

bool is_discont(GstBuffer* buffer) {
    return GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
}

} // namespace

guint64 ReceivedTrack::now_ms() {
    return guint64(g_get_monotonic_time()) / 1000;
}

ReceivedTrack::ReceivedTrack(GstBin* bin, GstPad* output, Receiver::Parameters parameters)
    : parameters_(std::move(parameters))
    , codec_(*parameters_.codec)
    , output_(retain(output))
    , intake_(sink(gst_pad_new("intake", GST_PAD_SINK)))
    , feed_(sink(gst_pad_new("feed", GST_PAD_SRC)))
    , times_(parameters_.sender_clock)
    , bin_(retain(bin))
    , requests_(parameters_.keyframe_interval_ms) {}

std::shared_ptr<ReceivedTrack> ReceivedTrack::create(GstBin* bin, GstPad* rtp_pad, GstPad* output,
                                                     Receiver::Parameters parameters) {
    static gsize once = 0;
    if (g_once_init_enter(&once)) {
        GST_DEBUG_CATEGORY_INIT(rtc_receive_debug, "rtcreceive", 0, "tracks received by rtcsrc");
        g_once_init_leave(&once, 1);
    }
    std::shared_ptr<ReceivedTrack> track(new ReceivedTrack(bin, output, std::move(parameters)));
    const auto& ours = track->parameters_;
    auto refused = [weak = std::weak_ptr(track)](GstFlowReturn flow) {
        if (auto self = weak.lock())
            self->refused_ = flow;
    };
    track->bridge_ = Bridge::create(
        output, {ours.stream_id, ours.group_id, ours.tracks, ours.tags, refused, ours.end_reason});
    track->bridge_->start();
    track->bind_pads();
    gst_pad_set_active(track->feed_.get(), TRUE);
    gst_pad_set_active(track->intake_.get(), TRUE);
    attach_output_listener(output, track);
    if (gst_pad_link_full(rtp_pad, track->intake_.get(), GST_PAD_LINK_CHECK_NOTHING))
        GST_ERROR_OBJECT(output, "can't link %s", GST_PAD_NAME(rtp_pad));
    return track;
}

void ReceivedTrack::bind_pads() {
    auto self = shared_from_this();
    set_chain_function<&ReceivedTrack::take_packet>(intake_.get(), self);
    set_chain_list_function<&ReceivedTrack::take_list>(intake_.get(), self);
    set_event_function<&ReceivedTrack::intake_event>(intake_.get(), self);
    set_query_function<&ReceivedTrack::intake_query>(intake_.get(), self);
    set_event_function<&ReceivedTrack::feed_event>(feed_.get(), self);
    set_query_function<&ReceivedTrack::feed_query>(feed_.get(), self);
}

void ReceivedTrack::close() {
    std::call_once(closing_, [this] {
        closed_ = true;
        attach_output_listener(output_.get(), {});
        gst_pad_set_active(intake_.get(), FALSE);
        if (auto rtp_pad = adopt(gst_pad_get_peer(intake_.get())))
            gst_pad_unlink(rtp_pad.get(), intake_.get());
        chain_.reset();
        bridge_->close();
        gst_pad_set_active(feed_.get(), FALSE);
        bin_.reset();
    });
}

void ReceivedTrack::finish() {
    close();
    std::call_once(finishing_, [this] { bridge_->end(); });
}

GstFlowReturn ReceivedTrack::take_packet(Ref<GstBuffer> packet) {
    if (admit(is_discont(packet.get()))) {
        judge(gst_pad_push(feed_.get(), times_.set(std::move(packet)).release()));
        tell_news();
    }
    return GST_FLOW_OK;
}

GstFlowReturn ReceivedTrack::take_list(Ref<GstBufferList> packets) {
    bool empty = gst_buffer_list_length(packets.get()) == 0;
    if (!empty && admit(is_discont(gst_buffer_list_get(packets.get(), 0)))) {
        judge(gst_pad_push_list(feed_.get(), times_.set(std::move(packets)).release()));
        tell_news();
    }
    return GST_FLOW_OK;
}

// How the peer's clock goes, in its place among the media.
void ReceivedTrack::tell_news() {
    if (auto event = times_.news())
        gst_pad_push_event(feed_.get(), event.release());
}

// Whether what has come goes on, having asked for a keyframe where one is missing.
bool ReceivedTrack::admit(bool discont) {
    if (!ready()) {
        missed_ = true;
        return false;
    }
    bool missed = std::exchange(missed_, false);
    if (codec_.kind == Kind::audio)
        return true;
    bool lost = lost_.exchange(false) || discont || missed;
    if (lost && gated())
        gate_.close(now_ms());
    if (missed && !gated())
        request_keyframe();
    ask_for_keyframe();
    return true;
}

bool ReceivedTrack::intake_event(Ref<GstEvent> event) {
    switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_EOS:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
        break;
    default:
        gst_pad_push_event(feed_.get(), event.release());
        break;
    }
    return true;
}

bool ReceivedTrack::intake_query(GstQuery* query) {
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS: {
        GstCaps* filter = nullptr;
        gst_query_parse_caps(query, &filter);
        auto caps = caps_of(codec_, Form::rtp);
        if (filter)
            caps = adopt(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
        gst_query_set_caps_result(query, caps.get());
        return true;
    }
    case GST_QUERY_ACCEPT_CAPS:
        gst_query_set_accept_caps_result(query, TRUE);
        return true;
    default:
        return gst_pad_peer_query(feed_.get(), query);
    }
}

// webrtcbin needs to know of no more than keyframe requests and the latency. A depayloader that
// asks for a keyframe gives nothing until it has one, so from now on it is asked for repeatedly.
bool ReceivedTrack::feed_event(Ref<GstEvent> event) {
    if (gst_video_event_is_force_key_unit(event.get())) {
        lost_ = true;
        request_keyframe();
        return true;
    }
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_LATENCY)
        return gst_pad_push_event(intake_.get(), event.release());
    return GST_EVENT_TYPE(event.get()) != GST_EVENT_SEEK;
}

bool ReceivedTrack::feed_query(GstQuery* query) {
    return gst_pad_peer_query(intake_.get(), query);
}

bool ReceivedTrack::output_query(GstQuery* query) {
    return gst_pad_peer_query(bridge_->pad(), query) ||
           (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY && gst_pad_peer_query(intake_.get(), query));
}

bool ReceivedTrack::output_event(Ref<GstEvent> event) {
    if (gst_video_event_is_force_key_unit(event.get())) {
        request_keyframe();
        return true;
    }
    switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_RECONFIGURE:
        changed_ = true;
        break;
    case GST_EVENT_SEEK:
    case GST_EVENT_NAVIGATION:
    case GST_EVENT_STEP:
        return false;
    default:
        break;
    }
    return gst_pad_push_event(bridge_->pad(), event.release());
}

// Whether packets may go into the chain, having built it where that was missing.
bool ReceivedTrack::ready() {
    if (closed_ || (parameters_.gate && !parameters_.gate()))
        return false;
    auto* peer = peer_of(output_.get());
    bool relinked = peer != peer_;
    peer_ = peer;
    if (!peer)
        return false;
    if (changed_.exchange(false) || relinked)
        look_again(relinked);
    if (!chain_ && !halted_ && now_ms() >= retry_at_)
        build();
    return chain_ && !halted_;
}

// Something changed downstream. The chain stays if what it gives is still taken, and, behind a new
// link, if it is what would be chosen now.
void ReceivedTrack::look_again(bool relinked) {
    halted_ = false;
    refused_ = GST_FLOW_OK;
    if (std::exchange(pause_ms_, 0) > 0)
        retry_at_ = 0;
    broken_decoders_.clear();
    if (!chain_)
        return;
    auto wanted = adopt(gst_pad_peer_query_caps(output_.get(), nullptr));
    auto current = adopt(gst_pad_get_current_caps(output_.get()));
    bool fits = !current || gst_caps_can_intersect(wanted.get(), current.get());
    if (relinked || !current)
        fits = fits && choose_form(codec_, wanted.get()) == chain_->form();
    if (!fits)
        drop_chain();
    else if (gated() && (relinked || gate_.parked()))
        gate_.close(now_ms());
}

void ReceivedTrack::build() {
    auto peer_caps = adopt(gst_pad_peer_query_caps(output_.get(), nullptr));
    auto form = choose_form(codec_, peer_caps.get());
    if (!form)
        return halt_for_negotiation();
    Chain::Request request;
    request.codec = &codec_;
    request.form = *form;
    request.peer_caps = peer_caps.get();
    request.unwanted_decoders = broken_decoders_;
    request.message = [weak = weak_from_this()](GstMessage* message) {
        auto self = weak.lock();
        return self && self->chain_message(message);
    };
    request.picture = [weak = weak_from_this()](GstBuffer* buffer) {
        auto self = weak.lock();
        return self && self->picture(buffer);
    };
    request.warning = [weak = weak_from_this()](const std::string& text) {
        if (auto self = weak.lock())
            warn_about_output(self->output_.get(), self->codec_.name + (": " + text), "");
    };
    auto chain = Chain::build(bin_.get(), feed_.get(), bridge_->pad(), request);
    if (!chain) {
        bridge_->renew();
        // What the decoders failed at may be over: they get another try, from the first.
        if (!broken_decoders_.empty())
            return give_decoders_a_rest();
        halted_ = true;
        return warn_about_output(output_.get(), chain.error().message, "");
    }
    chain_ = std::move(*chain);
    GST_DEBUG_OBJECT(output_.get(), "gives %s as %s", codec_.name, to_string(*form));
    // The first packets that come are mostly those of a keyframe: that one is waited for.
    if (gated()) {
        auto patience = missed_ ? 0 : patience_ms;
        gate_.close(now_ms(), patience);
        std::lock_guard lock(mutex_);
        requests_.hold(now_ms(), patience);
    }
    post_output_latency(output_.get());
}

void ReceivedTrack::drop_chain() {
    chain_.reset();
    bridge_->renew();
}

// Pictures are only known apart behind the depayloader.
bool ReceivedTrack::gated() const {
    return codec_.kind == Kind::video && chain_ && chain_->form() != Form::rtp;
}

void ReceivedTrack::ask_for_keyframe() {
    auto now = now_ms();
    bool due = false;
    {
        std::lock_guard lock(mutex_);
        due = requests_.due(now);
    }
    if (due || (gated() && gate_.wants_keyframe(now)))
        request_keyframe();
}

bool ReceivedTrack::picture(GstBuffer* buffer) {
    bool keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (keyframe) {
        lost_ = false;
        std::lock_guard lock(mutex_);
        requests_.answered();
    }
    if (is_discont(buffer))
        gate_.close(now_ms());
    return gate_.pass(keyframe);
}

// Everybody's requests pass here: the depayloader's, downstream's, and our own.
void ReceivedTrack::request_keyframe() {
    guint count = 0;
    {
        std::lock_guard lock(mutex_);
        if (!requests_.request(now_ms()))
            return;
        count = request_count_++;
    }
    GST_DEBUG_OBJECT(output_.get(), "asking for a keyframe");
    // A new event: one from downstream may name the SSRC of another session. RFC 5104, section
    // 4.3.1.1: a FIR with the count of the last one is a repetition, so each has its own.
    gst_pad_push_event(intake_.get(), gst_video_event_new_upstream_force_key_unit(
                                          GST_CLOCK_TIME_NONE, TRUE, count));
}

} // namespace rtc
