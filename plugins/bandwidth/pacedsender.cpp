#include "plugins/bandwidth/pacedsender.hpp"

#include <gst/rtp/rtp.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace rtc {
namespace {

// What waits is gone after this, whatever the target says: a picture may come late, but not much.
constexpr GstClockTime longest_wait = 500 * GST_MSECOND;
constexpr size_t most_waiting = 4096; // packets; then the streams wait
constexpr size_t probe_packets = 5;   // of media that wait: enough for a probe
// rtpsession reports the payload's size: the header, and the extension with the number, are ours.
constexpr guint header_size = 12 + 8;
constexpr char transport_cc_uri[] =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

GstClockTime now_ns() {
    return gst_util_get_timestamp(); // as rtpsession counts, too
}

Ref<GstEvent> sticky(GstPad* pad, GstEventType type) {
    return adopt(gst_pad_get_sticky_event(pad, type, 0));
}

bool is_audio(GstEvent* caps_event) {
    if (!caps_event)
        return false;
    GstCaps* caps = nullptr;
    gst_event_parse_caps(caps_event, &caps);
    const auto* media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");
    return media && g_str_equal(media, "audio");
}

// "extmap-3" of the caps, where that is transport-wide congestion control: 3; else 0. The value is
// a URI, or direction, URI and attributes.
guint transport_cc_id(GstEvent* caps_event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(caps_event, &caps);
    const auto* structure = gst_caps_get_structure(caps, 0);
    for (guint id = 1; id <= 14; id++) { // those of one-byte headers, RFC 8285 section 4.2
        auto name = "extmap-" + std::to_string(id);
        const auto* value = gst_structure_get_value(structure, name.c_str());
        if (value && GST_VALUE_HOLDS_ARRAY(value) && gst_value_array_get_size(value) > 1)
            value = gst_value_array_get_value(value, 1);
        if (value && G_VALUE_HOLDS_STRING(value) &&
            g_strcmp0(g_value_get_string(value), transport_cc_uri) == 0)
            return id;
    }
    return 0;
}

// What an event RTPTWCCPackets says; packets that rtpsession does not remember are left out.
std::vector<PacketReport> read_reports(const GstStructure* structure,
                                       SequenceUnwrapper& unwrapper) {
    std::vector<PacketReport> reports;
    const auto* list = gst_structure_get_value(structure, "packets");
    if (!list || !g_str_equal(G_VALUE_TYPE_NAME(list), "GValueArray"))
        return reports;
    const auto* array = static_cast<GValueArray*>(g_value_get_boxed(list));
    for (guint i = 0; array && i < array->n_values; i++) {
        guint sequence = 0, size = 0;
        guint64 sent = 0, received = 0;
        gboolean lost = FALSE;
        if (gst_structure_get(gst_value_get_structure(&array->values[i]), "seqnum", G_TYPE_UINT,
                              &sequence, "local-ts", G_TYPE_UINT64, &sent, "remote-ts",
                              G_TYPE_UINT64, &received, "size", G_TYPE_UINT, &size, "lost",
                              G_TYPE_BOOLEAN, &lost, nullptr) &&
            GST_CLOCK_TIME_IS_VALID(sent))
            reports.push_back({unwrapper.unwrap(guint16(sequence)), sent,
                               lost ? GST_CLOCK_TIME_NONE : received, size + header_size});
    }
    // Packets that were missing between two messages stand behind the others.
    std::ranges::stable_sort(reports, {}, &PacketReport::sequence);
    return reports;
}

} // namespace

PacedSender::PacedSender(GstPad* sink, GstPad* source, std::function<void()> changed)
    : sink_(sink)
    , source_(source)
    , changed_(std::move(changed))
    , estimator_(BandwidthEstimator::Settings{}) {}

void PacedSender::configure(const BandwidthSettings& settings) {
    Lock lock(mutex_);
    bool anew = settings.start != settings_.start && !estimator_.seen_feedback();
    settings_ = settings;
    if (anew)
        estimator_ = BandwidthEstimator({settings.start, settings.minimum, settings.maximum});
    estimator_.set_limits(settings.minimum, settings.maximum);
    pacer_.set_target(estimator_.target());
    wake_.notify_all();
}

void PacedSender::start() {
    {
        Lock lock(mutex_);
        flushing_ = false;
        result_ = GST_FLOW_OK;
        estimator_ = BandwidthEstimator({settings_.start, settings_.minimum, settings_.maximum});
        pacer_ = Pacer();
        pacer_.set_target(estimator_.target());
        pushed_ = {};
    }
    gst_pad_start_task(
        source_, [](gpointer self) { static_cast<PacedSender*>(self)->loop(); }, this, nullptr);
}

void PacedSender::stop() {
    {
        Lock lock(mutex_);
        flushing_ = true;
        result_ = GST_FLOW_FLUSHING;
        first_.clear();
        waiting_.clear();
        queued_ = 0;
    }
    wake_.notify_all();
    space_.notify_all();
    gst_pad_stop_task(source_);
}

void PacedSender::flush_start() {
    Lock lock(mutex_);
    flushing_ = true;
    result_ = GST_FLOW_FLUSHING;
    first_.clear();
    waiting_.clear();
    queued_ = 0;
    wake_.notify_all();
    space_.notify_all();
}

// The task pauses while it is flushed; the estimate goes on.
void PacedSender::flush_stop() {
    gst_pad_pause_task(source_); // waits for the task's present turn
    {
        Lock lock(mutex_);
        flushing_ = false;
        result_ = GST_FLOW_OK;
        pushed_ = {};
    }
    gst_pad_start_task(
        source_, [](gpointer self) { static_cast<PacedSender*>(self)->loop(); }, this, nullptr);
}

PacedSender::Item PacedSender::make_item(Ref<GstBuffer> buffer) const {
    auto size = guint(gst_buffer_get_size(buffer.get()));
    Context context{sticky(sink_, GST_EVENT_STREAM_START), sticky(sink_, GST_EVENT_CAPS),
                    sticky(sink_, GST_EVENT_SEGMENT)};
    return {std::move(buffer), nullptr, std::move(context), size};
}

GstFlowReturn PacedSender::chain(Ref<GstBuffer> buffer) {
    auto item = make_item(std::move(buffer));
    bool audio = is_audio(item.context.caps.get());
    Lock lock(mutex_);
    if (!settings_.pacing && first_.empty() && waiting_.empty() && !flushing_) {
        lock.unlock();
        return push(std::move(item));
    }
    enqueue(std::move(item), audio, lock);
    return result_;
}

bool PacedSender::event(Ref<GstEvent> event) {
    Lock lock(mutex_);
    enqueue({nullptr, std::move(event), {}, 0}, false, lock);
    return result_ == GST_FLOW_OK;
}

void PacedSender::enqueue(Item item, bool first, Lock& lock) {
    space_.wait(lock, [this] { return flushing_ || waiting_.size() < most_waiting; });
    if (flushing_ || result_ != GST_FLOW_OK)
        return;
    queued_ += item.size;
    (first ? first_ : waiting_).push_back(std::move(item));
    wake_.notify_one();
}

// With the lock held.
void PacedSender::begin_probe(GstClockTime now) {
    if (pacer_.probing() || waiting_.size() < probe_packets)
        return;
    auto probe = estimator_.probe(now);
    if (!probe)
        return;
    pacer_.begin_probe(*probe, now);
    probes_++;
}

// Until a packet is there and may go. False: it is to stop.
bool PacedSender::wait_for_item(Lock& lock) {
    while (!flushing_) {
        if (first_.empty() && waiting_.empty()) {
            if (auto probe = pacer_.end_probe())
                estimator_.on_probe_sent(*probe);
            wake_.wait(lock);
            continue;
        }
        auto now = now_ns();
        begin_probe(now);
        pacer_.set_queued(queued_, longest_wait);
        auto next = pacer_.next(now);
        if (next <= now || !settings_.pacing || (first_.empty() && waiting_.front().event))
            return true;
        wake_.wait_for(lock, std::chrono::nanoseconds(next - now));
    }
    return false;
}

PacedSender::Item PacedSender::take_item() {
    auto& queue = first_.empty() ? waiting_ : first_;
    auto item = std::move(queue.front());
    queue.pop_front();
    queued_ -= item.size;
    space_.notify_one();
    return item;
}

void PacedSender::loop() {
    Lock lock(mutex_);
    if (!wait_for_item(lock)) {
        gst_pad_pause_task(source_);
        return;
    }
    auto item = take_item();
    lock.unlock();
    auto result = push(std::move(item));
    lock.lock();
    if (flushing_)
        return;
    result_ = result;
    if (result != GST_FLOW_OK) {
        first_.clear();
        waiting_.clear();
        queued_ = 0;
        space_.notify_all();
    }
}

GstFlowReturn PacedSender::push(Item item) {
    if (!item.event)
        return push_packet(std::move(item), now_ns());
    gst_pad_push_event(source_, item.event.release());
    return GST_FLOW_OK;
}

void PacedSender::push_context(const Context& context) {
    auto push_changed = [this](Ref<GstEvent>& before, const Ref<GstEvent>& event) {
        if (!event || before.get() == event.get())
            return;
        before = event;
        gst_pad_push_event(source_, Ref(event).release());
    };
    push_changed(pushed_.stream_start, context.stream_start);
    if (context.caps && context.caps.get() != pushed_.caps.get())
        extension_ = transport_cc_id(context.caps.get());
    push_changed(pushed_.caps, context.caps);
    push_changed(pushed_.segment, context.segment);
}

Ref<GstBuffer> PacedSender::with_extension(Ref<GstBuffer> buffer) const {
    if (!extension_)
        return buffer;
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(buffer.get(), GST_MAP_READ, &rtp))
        return buffer;
    gpointer data = nullptr;
    guint size = 0;
    bool there =
        gst_rtp_buffer_get_extension_onebyte_header(&rtp, guint8(extension_), 0, &data, &size);
    gst_rtp_buffer_unmap(&rtp);
    if (there)
        return buffer;
    buffer = adopt(gst_buffer_make_writable(buffer.release()));
    rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(buffer.get(), GST_MAP_READWRITE, &rtp))
        return buffer;
    const guint8 number[2] = {0, 0};
    gst_rtp_buffer_add_extension_onebyte_header(&rtp, guint8(extension_), number, sizeof number);
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
}

GstFlowReturn PacedSender::push_packet(Item item, GstClockTime now) {
    push_context(item.context);
    std::optional<SentProbe> probe;
    {
        Lock lock(mutex_);
        estimator_.on_packet_sent(item.size, now);
        estimator_.tick(now);
        pacer_.set_target(estimator_.target());
        probe = pacer_.sent(item.size, now);
    }
    auto result = gst_pad_push(source_, with_extension(std::move(item.buffer)).release());
    if (probe)
        probe_sent(*probe);
    tell_if_changed();
    return result;
}

// rtpsession took its time after we took ours.
void PacedSender::probe_sent(SentProbe probe) {
    probe.last = now_ns();
    Lock lock(mutex_);
    estimator_.on_probe_sent(probe);
}

void PacedSender::feedback(const GstStructure* packets) {
    {
        Lock lock(mutex_);
        auto reports = read_reports(packets, reported_);
        if (!reports.empty())
            estimator_.on_feedback(reports, now_ns());
        pacer_.set_target(estimator_.target());
    }
    tell_if_changed();
}

void PacedSender::receiver_feedback(const ReceiverFeedback& feedback) {
    {
        Lock lock(mutex_);
        if (feedback.report)
            estimator_.on_receiver_report(*feedback.report, now_ns());
        if (feedback.remb)
            estimator_.on_remb(*feedback.remb, now_ns());
        pacer_.set_target(estimator_.target());
    }
    tell_if_changed();
}

void PacedSender::tell_if_changed() {
    {
        Lock lock(mutex_);
        if (std::exchange(told_, estimator_.target()) == estimator_.target())
            return;
    }
    changed_();
}

guint PacedSender::target() const {
    Lock lock(mutex_);
    return estimator_.target();
}

PacedSender::Statistics PacedSender::statistics() const {
    Lock lock(mutex_);
    return {estimator_.target(),
            guint64(estimator_.sent()),
            estimator_.throughput().value_or(0),
            estimator_.loss(),
            estimator_.rtt().value_or(GST_CLOCK_TIME_NONE),
            queued_,
            probes_,
            estimator_.seen_feedback()};
}

} // namespace rtc
