// The part of ReceivedTrack for what fails: its elements, or what is linked to it. A peer may send
// anything, so each fault costs the track alone its media, and that only until good media comes.
#include "plugins/receive/track.hpp"

#include "plugins/receive/decoders.hpp"

#define GST_CAT_DEFAULT rtc_receive_debug
GST_DEBUG_CATEGORY_EXTERN(rtc_receive_debug);

namespace rtc {
namespace {

// A chain whose elements fail is not built more often than this.
constexpr guint64 retry_ms = 1000;
// Nor one whose media downstream refuses again and again.
constexpr guint64 longest_pause_ms = 8000;

std::string describe(const GstCaps* caps) {
    return Owned<char>{gst_caps_to_string(caps)}.get();
}

} // namespace

// What became of the packets just taken.
void ReceivedTrack::judge(GstFlowReturn flow) {
    auto refused = refused_.exchange(GST_FLOW_OK);
    bool failed = flow == GST_FLOW_ERROR;
    {
        std::lock_guard lock(mutex_);
        failed |= failed_factory_.has_value();
    }
    if (failed)
        return recover();
    if (flow == GST_FLOW_NOT_NEGOTIATED || refused == GST_FLOW_NOT_NEGOTIATED)
        return chain_->form() == Form::rtp ? halt_for_negotiation() : pause_for_negotiation();
    bool drops_pictures = gated() && chain_->form() == Form::encoded;
    switch (refused) {
    case GST_FLOW_OK:
        break;
    case GST_FLOW_FLUSHING:
        if (drops_pictures)
            gate_.close(now_ms());
        break;
    case GST_FLOW_NOT_LINKED:
        if (drops_pictures)
            gate_.park();
        break;
    default:
        GST_INFO_OBJECT(output_.get(), "downstream returned %s: waiting until it changes",
                        gst_flow_get_name(refused));
        halted_ = true;
    }
}

// An element of the chain failed. A decoder makes way for the next one; others get a new start.
void ReceivedTrack::recover() {
    std::string factory;
    {
        std::lock_guard lock(mutex_);
        factory = failed_factory_.value_or("");
        failed_factory_.reset();
    }
    bool decoder = false;
    for (const auto& candidate : decoders_for(codec_))
        decoder |= factory == GST_OBJECT_NAME(candidate.get());
    if (decoder)
        broken_decoders_.insert(factory);
    else
        retry_at_ = now_ms() + retry_ms;
    drop_chain();
    missed_ = true;
}

void ReceivedTrack::give_decoders_a_rest() {
    broken_decoders_.clear();
    retry_at_ = now_ms() + retry_ms;
    missed_ = true;
}

// Not the form but what the peer's media is at the moment (a profile, a size) does not suit: it may
// change by itself, so it is tried again, after longer and longer pauses while nothing does.
void ReceivedTrack::pause_for_negotiation() {
    auto now = now_ms();
    bool again = pause_ms_ > 0 && now <= retry_at_ + pause_ms_;
    pause_ms_ = again ? MIN(2 * pause_ms_, longest_pause_ms) : retry_ms;
    retry_at_ = now + pause_ms_;
    missed_ = true;
    if (!again)
        warn_of_refusal();
    drop_chain();
}

void ReceivedTrack::halt_for_negotiation() {
    halted_ = true;
    warn_of_refusal();
}

void ReceivedTrack::warn_of_refusal() {
    auto wanted = adopt(gst_pad_peer_query_caps(output_.get(), nullptr));
    warn_about_output(output_.get(),
                      std::string("What is linked to ") + GST_PAD_NAME(output_.get()) +
                          " does not take " + codec_.name +
                          " in a form that it can be given: link an element that takes " +
                          describe(caps_of(codec_, Form::encoded).get()) + ", RTP or raw media",
                      "downstream takes " + describe(wanted.get()));
}

bool ReceivedTrack::chain_message(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        post_output_latency(output_.get());
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return false;
    auto error = parse_element_error(message);
    {
        std::lock_guard lock(mutex_);
        failed_factory_ = error.factory;
    }
    warn_about_output(output_.get(), error.factory + " failed: " + error.text, error.detail);
    return true;
}

} // namespace rtc
