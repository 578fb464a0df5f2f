#include "plugins/record/transcoder.hpp"

#include "plugins/receive/bufferprobe.hpp"
#include "plugins/record/transcodeprofile.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

namespace rtc {
namespace {

using Weak = std::weak_ptr<Transcoder>;

// Without any output for that long, while there is input, it has failed.
constexpr gint64 patience_us = 10 * G_USEC_PER_SEC;
constexpr guint enough_to_give_something = 50; // buffers
constexpr std::chrono::milliseconds look_interval{500};
constexpr gint64 keyframe_interval_us = G_USEC_PER_SEC;
// Sound that is missing for less is concealed, for longer it stays a hole.
constexpr gint64 longest_concealment = 200 * GST_MSECOND;
constexpr gint64 least_concealment = 5 * GST_MSECOND;
// A mark and the sound behind it may differ by as much.
constexpr gint64 mark_tolerance = 10 * GST_MSECOND;

std::string factory_of(GstObject* element) {
    auto* factory =
        GST_IS_ELEMENT(element) ? gst_element_get_factory(GST_ELEMENT(element)) : nullptr;
    const char* name = factory ? GST_OBJECT_NAME(factory) : nullptr;
    return name ? name : "";
}

void set_discont(GstBuffer* buffer, bool discont) {
    if (discont)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    else
        GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
}

void forget(gpointer weak) {
    delete static_cast<Weak*>(weak);
}

void to_null(GstElement* element, gpointer) {
    gst_element_set_state(element, GST_STATE_NULL);
}

} // namespace

Result<std::shared_ptr<Transcoder>> Transcoder::prepare(Loop& loop, Plan plan,
                                                        Callbacks callbacks) {
    std::shared_ptr<Transcoder> transcoder(
        new Transcoder(loop, std::move(plan), std::move(callbacks)));
    if (auto built = transcoder->build(); !built)
        return built.error();
    transcoder->watch();
    if (gst_element_set_state(transcoder->pipeline_.get(), GST_STATE_PAUSED) ==
        GST_STATE_CHANGE_FAILURE)
        return Error{std::string(transcoder->row_->factory) + " can't be started"};
    return transcoder;
}

Transcoder::~Transcoder() {
    // This may be one of its own threads.
    if (!over_ && pipeline_)
        gst_element_call_async(pipeline_.get(), to_null, nullptr, nullptr);
}

void Transcoder::watch() {
    GstAppSinkCallbacks callbacks = {};
    callbacks.new_sample = [](GstAppSink*, gpointer data) {
        auto self = static_cast<Weak*>(data)->lock();
        return self ? self->take_sample() : GST_FLOW_EOS;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(sink_.get()), &callbacks, new Weak(weak_from_this()),
                               forget);
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto source = adopt(gst_bus_create_watch(bus.get()));
    auto callback = [](GstBus*, GstMessage* message, gpointer data) -> gboolean {
        if (auto self = static_cast<Weak*>(data)->lock())
            self->on_message(message);
        return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source.get(), G_SOURCE_FUNC(static_cast<GstBusFunc>(callback)),
                          new Weak(weak_from_this()), forget);
    bus_watch_ = Timer(source);
    watchdog_ = loop_.every(look_interval, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->look_after();
    });
    g_source_attach(source.get(), loop_.context());
}

// In front of the encoder.
void Transcoder::watch_raw_media() {
    auto output = adopt(gst_element_get_static_pad(queue_.get(), "src"));
    auto on_event = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto* event = GST_PAD_PROBE_INFO_EVENT(info);
        auto self = static_cast<Weak*>(data)->lock();
        if (!self || GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
            return GST_PAD_PROBE_OK;
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        self->fix_form(caps);
        return GST_PAD_PROBE_OK;
    };
    gst_pad_add_probe(output.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
                      new Weak(weak_from_this()), forget);
    add_buffer_probe(output.get(), [weak = weak_from_this()](GstPad*, auto& picture) {
        auto self = weak.lock();
        if (self && self->thin_out(picture.get()))
            picture.reset();
    });
}

void Transcoder::go() {
    if (!started_.exchange(true))
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

bool Transcoder::has_room() {
    auto* source = GST_APP_SRC(source_.get());
    auto part = full_ ? 2 : 1; // once full, until half of it is gone
    full_ = gst_app_src_get_current_level_bytes(source) > most_bytes / part ||
            gst_app_src_get_current_level_time(source) > most_time / part;
    return !full_;
}

bool Transcoder::push(const Stamp& stamp, Ref<GstBuffer> buffer, bool lost) {
    if (plan_.live && !has_room())
        return false;
    auto stamped = adopt(gst_buffer_make_writable(buffer.release()));
    apply_stamp(stamped.get(), stamp, 0);
    // A stream may begin before zero with its decoding times, and those that were made zero would
    // mislead the decoder.
    GST_BUFFER_DTS(stamped.get()) = GST_CLOCK_TIME_NONE;
    bool hole = plan_.to->kind == Kind::audio && !conceal(stamp);
    if (lost)
        mark(stamp.pts);
    // Decoders start anew at one; here each loss of pictures is followed by a keyframe already.
    set_discont(stamped.get(), hole);
    end_ = stamp.end();
    gint64 nothing = 0;
    waiting_since_.compare_exchange_strong(nothing, g_get_monotonic_time());
    since_output_++;
    return gst_app_src_push_buffer(GST_APP_SRC(source_.get()), stamped.release()) == GST_FLOW_OK;
}

// Returns false where too much is missing.
bool Transcoder::conceal(const Stamp& stamp) {
    auto missing = end_ < 0 ? 0 : stamp.pts - end_;
    if (missing > longest_concealment)
        return false;
    if (missing >= least_concealment)
        gst_element_send_event(source_.get(),
                               gst_event_new_gap(GstClockTime(end_), GstClockTime(missing)));
    return true;
}

void Transcoder::set_caps(const GstCaps* caps) {
    gst_app_src_set_caps(GST_APP_SRC(source_.get()), caps);
}

void Transcoder::end() {
    if (ending_.exchange(true))
        return;
    gint64 nothing = 0;
    waiting_since_.compare_exchange_strong(nothing, g_get_monotonic_time());
    gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
}

void Transcoder::release() {
    g_object_set(source_.get(), "max-bytes", guint64(0), "max-time", guint64(0), nullptr);
}

void Transcoder::abort(const std::string& reason) {
    finish({reason, ""}, false);
}

guint Transcoder::waiting() const {
    guint queued = 0;
    g_object_get(queue_.get(), "current-level-buffers", &queued, nullptr);
    return queued + guint(gst_app_src_get_current_level_buffers(GST_APP_SRC(source_.get())));
}

bool Transcoder::busy() const {
    if (waiting() > 0)
        return true;
    auto since = waiting_since_.load();
    return since_output_ > 0 && since > 0 && g_get_monotonic_time() - since < patience_us;
}

Ref<GstCaps> Transcoder::form() const {
    std::lock_guard lock(mutex_);
    return form_;
}

// --- streaming threads of the pipeline ---

// raw: of the first media; without any the form is the one that was planned.
void Transcoder::fix_form(const GstCaps* raw) {
    std::lock_guard lock(mutex_);
    if (form_)
        return;
    form_ = plan_.form ? plan_.form : raw_form(raw, plan_.to->kind);
    g_object_set(form_filter_.get(), "caps", form_.get(), nullptr);
    const auto* structure = gst_caps_get_structure(form_.get(), 0);
    int width = 0;
    int height = 0;
    if (plan_.bitrate == 0 && gst_structure_get_int(structure, "width", &width) &&
        gst_structure_get_int(structure, "height", &height))
        set_encoder_bitrate(*row_, encoder_.get(), usual_bitrate(width, height));
}

// Whether a picture is left out because the encoder doesn't keep up: of what waits for longer than
// half of the room, every other one, then two of three.
bool Transcoder::thin_out(GstBuffer* picture) {
    decoded_++;
    if (!plan_.live || plan_.to->kind == Kind::audio)
        return false;
    auto late = gst_app_src_get_current_level_time(GST_APP_SRC(source_.get()));
    auto one_of = late > most_time * 3 / 4 ? 3u : late > most_time / 2 ? 2u : 1u;
    if (++pictures_ % one_of == 0)
        return false;
    thinned_++;
    mark(gint64(GST_BUFFER_PTS(picture)));
    return true;
}

void Transcoder::mark(gint64 time) {
    std::lock_guard lock(mutex_);
    marks_.push_back(time);
}

bool Transcoder::is_marked(gint64 time) {
    std::lock_guard lock(mutex_);
    bool marked = false;
    for (; !marks_.empty() && marks_.front() <= time + mark_tolerance; marks_.pop_front())
        marked = true;
    return marked;
}

GstFlowReturn Transcoder::take_sample() {
    auto sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), 0));
    auto buffer = retain(sample ? gst_sample_get_buffer(sample.get()) : nullptr);
    if (!buffer)
        return GST_FLOW_OK;
    in_output_ = true;
    const auto& segment = *gst_sample_get_segment(sample.get());
    auto caps = retain(gst_sample_get_caps(sample.get()));
    auto time =
        gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer.get()));
    auto own_segment = segment;
    sample.reset();
    buffer = adopt(gst_buffer_make_writable(buffer.release()));
    bool lost = GST_CLOCK_TIME_IS_VALID(time) && is_marked(gint64(time));
    set_discont(buffer.get(), lost);
    if (!callbacks_.output(own_segment, caps.get(), std::move(buffer)))
        ask_for_keyframe();
    since_output_ = 0;
    decoded_ = 0;
    waiting_since_ = ending_ || waiting() > 0 ? g_get_monotonic_time() : 0;
    in_output_ = false;
    return GST_FLOW_OK;
}

void Transcoder::ask_for_keyframe() {
    auto now = g_get_monotonic_time();
    if (now < next_keyframe_request_)
        return;
    next_keyframe_request_ = now + keyframe_interval_us;
    auto output = adopt(gst_element_get_static_pad(encoder_.get(), "src"));
    gst_pad_send_event(output.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

// --- the loop ---

void Transcoder::on_message(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
        return finish({}, true);
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return;
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    Owned<GError> owned{error};
    auto* culprit = GST_MESSAGE_SRC(message);
    bool known = culprit == GST_OBJECT(decoder_.get()) || culprit == GST_OBJECT(encoder_.get());
    auto name = factory_of(culprit);
    finish({name + ": " + error->message, known ? name : ""}, false);
}

void Transcoder::look_after() {
    auto since = waiting_since_.load();
    bool due = ending_ || since_output_ > enough_to_give_something;
    if (!started_ || in_output_ || since == 0 || !due ||
        g_get_monotonic_time() - since < patience_us)
        return;
    auto name = factory_of(GST_OBJECT((decoded_ > 0 ? encoder_ : decoder_).get()));
    finish({name + " has given nothing for " + std::to_string(patience_us / G_USEC_PER_SEC) + " s",
            name},
           false);
}

// idle: its threads have nothing to do any more, and can be waited for.
void Transcoder::finish(const Failure& failure, bool idle) {
    auto keep = shared_from_this();
    if (std::exchange(over_, true))
        return;
    bus_watch_.cancel();
    watchdog_.cancel();
    if (idle)
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    else
        gst_element_call_async(pipeline_.get(), to_null, nullptr, nullptr);
    callbacks_.done(*this, failure);
}

} // namespace rtc
