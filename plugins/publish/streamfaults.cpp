// The part of PadStream for encoded input that its branch can't take. One frame may be broken, by
// accident or by a peer's design, and the next ones good: so a branch that has failed gets nothing
// more, and another one takes its place at the next keyframe.
#include "plugins/publish/padstream.hpp"

#include "plugins/rtc/calltags.hpp"

namespace rtc {
namespace {

// The least time between the starts of two branches, in µs.
constexpr gint64 restart_distance = 1 * G_USEC_PER_SEC;
// Branches in a row that have failed without a packet: input of our own pipeline won't get better.
constexpr guint most_faults = 3;

using Weak = std::weak_ptr<PadStream>;

GstBuffer* first_buffer(GstPadProbeInfo* info) {
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
        return GST_PAD_PROBE_INFO_BUFFER(info);
    return gst_buffer_list_get(GST_PAD_PROBE_INFO_BUFFER_LIST(info), 0);
}

} // namespace

// On the input's streaming thread. A peer's input may be anything, but its next frames may be good;
// an encoder of our own pipeline whose first frames all fail is a fault of the pipeline.
void PadStream::on_fault(const Codec& codec, const std::string& text) {
    guint faults = 0;
    bool hopeless = false;
    {
        Lock lock(mutex_);
        if (failed_ || closed_ || std::exchange(faulty_, true))
            return;
        auto& slot = output({&codec});
        if (slot.branch)
            slot.branch->unlink();
        slot.faults = slot.fanout->flowing() ? 1 : slot.faults + 1;
        faults = slot.faults;
        hopeless = faults >= most_faults && !carries_call(pad_.get());
        failed_ = hopeless;
        faulty_ = !hopeless;
    }
    if (hopeless) {
        fail(codec, text);
        return report();
    }
    if (faults == 1)
        warn(std::string("a part of this ") + codec.name + " can't be sent (" + text +
             "); it goes on with the next keyframe");
    wait_for_keyframe();
}

void PadStream::wait_for_keyframe() {
    gst_pad_add_probe(
        pad_.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
            auto self = static_cast<Weak*>(data)->lock();
            return self ? self->take_up(first_buffer(info)) : GST_PAD_PROBE_REMOVE;
        },
        new Weak(weak_from_this()), [](gpointer data) { delete static_cast<Weak*>(data); });
}

// Each buffer of the input, outside of any branch, until there is a branch again.
GstPadProbeReturn PadStream::take_up(GstBuffer* buffer) {
    const Codec* codec = nullptr;
    bool request = false, begins = false;
    {
        Lock lock(mutex_);
        if (!faulty_ || closed_ || !input_codec_)
            return GST_PAD_PROBE_REMOVE;
        begins = is_new_start(buffer, request);
        codec = input_codec_;
        faulty_ = !begins;
    }
    if (request)
        send_keyframe_request(pad_.get());
    if (!begins)
        return GST_PAD_PROBE_OK;
    restart_encoded(*codec);
    return GST_PAD_PROBE_REMOVE;
}

// With the lock held.
bool PadStream::is_new_start(GstBuffer* buffer, bool& request) {
    auto now = g_get_monotonic_time();
    bool due = now - output({input_codec_}).started >= restart_distance;
    bool keyframe =
        kind_ == Kind::audio || !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (due && keyframe) {
        fault_keyframes_.keyframe();
        return true;
    }
    request = due && fault_keyframes_.request(GstClockTime(now) * GST_USECOND);
    return false;
}

void PadStream::restart_encoded(const Codec& codec) {
    Result<void> started;
    {
        Lock building(building_);
        take_branches().clear();
        started = start_encoded(codec);
    }
    if (!started)
        on_fault(codec, started.error().message);
}

} // namespace rtc
