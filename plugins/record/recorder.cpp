#include "plugins/record/recorder.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/messages.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <gst/video/video.h>

#include <algorithm>

namespace rtc {
namespace {

constexpr gint64 keyframe_interval_us = G_USEC_PER_SEC;
constexpr guint composing_deadlines = 10; // how many finalize-timeouts composing may take
constexpr gint64 every_pad = G_MININT64;  // the group of them all, with single-call

// Pads that a live source makes as peers come: their EOS is a hang-up. A demuxer's pads, or those
// that were there from the start, end with the media itself.
bool comes_and_goes(GstPad* pad) {
    auto peer = adopt(gst_pad_get_peer(pad));
    if (!peer)
        return true;
    auto pad_template = adopt(gst_pad_get_pad_template(peer.get()));
    if (pad_template && GST_PAD_TEMPLATE_PRESENCE(pad_template.get()) != GST_PAD_SOMETIMES)
        return false;
    auto query = adopt(gst_query_new_latency());
    if (!gst_pad_query(peer.get(), query.get()))
        return true;
    gboolean live = TRUE;
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
    return live;
}

RecordingOptions options_of(const RecordSettings& settings) {
    using std::chrono::milliseconds;
    RecordingOptions options;
    options.location = settings.location;
    options.fall_back = settings.fallback == 0;
    options.loss_policy = LossPolicy(settings.loss_policy);
    options.track_timeout = milliseconds(settings.track_timeout);
    options.stall_timeout = milliseconds(settings.stall_timeout);
    options.finalize_timeout = milliseconds(settings.finalize_timeout);
    options.segment_duration = milliseconds(settings.segment_duration);
    options.segment_size = settings.segment_size;
    options.manifest = settings.manifest;
    return options;
}

} // namespace

void Recorder::start(const RecordSettings& settings) {
    auto leftovers =
        find_leftovers(fixed_directory(settings.location), placeholder_depth(settings.location));
    {
        std::lock_guard lock(mutex_);
        settings_ = settings;
        loop_ = std::make_unique<Loop>("rtcrecordsink");
        draining_ = ending_ = eos_posted_ = false;
    }
    auto tell = [weak = weak_from_this()](const std::string& location, const std::string& trouble) {
        if (auto self = weak.lock())
            self->leftover_finished(location, trouble);
    };
    loop_->call([&] { recovery_ = Recovery::start(*loop_, std::move(leftovers), tell); });
}

void Recorder::leftover_finished(const std::string& location, const std::string& trouble) {
    if (!trouble.empty()) {
        auto text = "Left unfinished by an earlier run: " + location + ": " + trouble;
        GST_ELEMENT_WARNING(element_, RESOURCE, READ, ("%s", text.c_str()), (nullptr));
    }
    post(leftover_message(location));
}

void Recorder::release() {
    std::vector<std::shared_ptr<Recording>> all;
    {
        std::lock_guard lock(mutex_);
        all = recordings_;
    }
    for (const auto& recording : all)
        recording->release();
}

void Recorder::stop() {
    finish_all("shutdown");
    std::unique_ptr<Loop> loop;
    {
        std::unique_lock lock(mutex_);
        auto closed = [&] { return recordings_.empty(); };
        // Each recording has its own deadline; a second more is for renaming and manifests. Files
        // that are made of parts may take longer.
        auto deadline = std::chrono::milliseconds(settings_.finalize_timeout);
        constexpr std::chrono::seconds grace{1};
        if (!closed_.wait_for(lock, composing_deadlines * deadline + grace, closed)) {
            for (const auto& recording : recordings_)
                recording->abandon();
            closed_.wait_for(lock, grace, closed);
        }
        for (const auto& input : inputs_) {
            input->recording = nullptr;
            input->track = nullptr;
        }
        loop = std::move(loop_);
        calls_.clear();
    }
    if (loop)
        loop->call([this] {
            deadline_.cancel();
            recovery_ = nullptr;
        });
    loop.reset();
    std::lock_guard lock(mutex_);
    recordings_.clear();
}

void Recorder::drain(guint32 seqnum) {
    {
        std::lock_guard lock(mutex_);
        eos_seqnum_ = seqnum;
        if (!loop_ || std::exchange(draining_, true))
            return;
        // Pads that are still fed get their own EOS from upstream, behind its last data.
        loop_->post([weak = weak_from_this()] {
            auto self = weak.lock();
            if (!self)
                return;
            std::unique_lock inner(self->mutex_);
            if (!self->loop_)
                return;
            auto wait = std::chrono::milliseconds(self->settings_.finalize_timeout);
            self->deadline_ = self->loop_->after(wait, [weak] {
                if (auto recorder = weak.lock()) {
                    recorder->finish_all("eos");
                    recorder->post_eos_when_done();
                }
            });
        });
    }
    check_end();
}

Recorder::Input* Recorder::add_input(GstPad* pad, Kind kind) {
    std::lock_guard lock(mutex_);
    auto& input = inputs_.emplace_back(std::make_unique<Input>());
    input->kind = kind;
    input->pad = pad;
    gst_segment_init(&input->segment, GST_FORMAT_TIME);
    return input.get();
}

void Recorder::remove_input(Input* input) {
    end_input(*input);
    {
        std::lock_guard lock(mutex_);
        std::erase_if(inputs_, [&](const auto& other) { return other.get() == input; });
    }
    check_end();
}

GstFlowReturn Recorder::chain(Input& input, Ref<GstBuffer> buffer) {
    std::shared_ptr<Recording> recording = join(input);
    if (!recording)
        return GST_FLOW_OK;
    if (!recording->push(*input.track, input.segment, std::move(buffer)))
        request_keyframe(input);
    return GST_FLOW_OK;
}

void Recorder::event(Input& input, GstEvent* event) {
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
        start_stream(input, event);
        break;
    case GST_EVENT_CAPS:
        set_caps(input, event);
        break;
    case GST_EVENT_SEGMENT:
        gst_event_copy_segment(event, &input.segment);
        break;
    case GST_EVENT_TAG: {
        GstTagList* list = nullptr;
        gst_event_parse_tag(event, &list);
        set_names(input, parse_call_tags(list));
        break;
    }
    case GST_EVENT_EOS:
        end_input(input);
        check_end();
        break;
    default:
        break;
    }
}

void Recorder::start_stream(Input& input, GstEvent* event) {
    const char* stream_id = nullptr;
    guint group_id = GST_GROUP_ID_INVALID;
    gst_event_parse_stream_start(event, &stream_id);
    bool grouped = gst_event_parse_group_id(event, &group_id);
    std::string id = stream_id ? stream_id : "";
    {
        std::lock_guard lock(mutex_);
        if (input.recording && input.stream_id == id && grouped && input.group == group_id)
            return;
    }
    end_input(input);
    bool transient = comes_and_goes(input.pad);
    std::lock_guard lock(mutex_);
    input.comes_and_goes = transient;
    input.stream_id = id;
    input.names = {};
    input.ended = false;
    if (settings_.single_call)
        input.group = every_pad;
    else
        input.group = grouped ? gint64(group_id) : --ungrouped_;
}

void Recorder::set_caps(Input& input, GstEvent* event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    if (auto recording = join(input))
        recording->set_caps(*input.track, caps);
}

void Recorder::set_names(Input& input, const CallTags& names) {
    if (names.session.empty() && names.peer.empty())
        return;
    input.names = names;
    std::unique_lock lock(mutex_);
    auto recording = input.recording;
    lock.unlock();
    if (recording)
        recording->set_names(names);
}

// The recording that the stream belongs to; it comes into being with its first caps.
std::shared_ptr<Recording> Recorder::join(Input& input) {
    std::unique_lock lock(mutex_);
    if (input.recording)
        return input.recording;
    if (!loop_ || input.ended || !input.group)
        return nullptr;
    // A second round where the call that is known has just ended.
    for (int round = 0; round < 2; round++) {
        auto& call = calls_[*input.group];
        if (!call) {
            call = Recording::create(*loop_, options_of(settings_), weak_from_this());
            recordings_.push_back(call);
        }
        auto recording = call;
        if (auto track = recording->add_track(input.kind, input.stream_id)) {
            input.recording = recording;
            input.track = track;
            recording->set_names(input.names);
            return recording;
        }
        call = nullptr;
    }
    return nullptr;
}

// The call's other pads decide whether its recording ends as well.
void Recorder::end_input(Input& input) {
    std::unique_lock lock(mutex_);
    input.ended = true;
    auto recording = std::exchange(input.recording, nullptr);
    auto track = std::exchange(input.track, nullptr);
    std::shared_ptr<Recording> over;
    if (input.group && call_is_over(*input.group))
        if (auto call = calls_.find(*input.group); call != calls_.end())
            over = call->second;
    lock.unlock();
    if (recording)
        recording->end_track(*track);
    if (over)
        over->finish("ended");
}

bool Recorder::call_is_over(gint64 group) const {
    return std::none_of(inputs_.begin(), inputs_.end(), [&](const auto& input) {
        return !input->ended &&
               (input->group == group || (group == every_pad && gst_pad_is_linked(input->pad)));
    });
}

void Recorder::unlinked(Input& input) {
    end_input(input);
    {
        std::lock_guard lock(mutex_);
        input.comes_and_goes = true;
    }
    check_end();
}

guint Recorder::for_each_call(const std::string& session,
                              const std::function<void(Recording&)>& function) {
    std::vector<std::shared_ptr<Recording>> chosen;
    {
        std::lock_guard lock(mutex_);
        for (const auto& recording : recordings_)
            if (session.empty() || recording->is_session(session))
                chosen.push_back(recording);
    }
    for (const auto& recording : chosen)
        function(*recording);
    return guint(chosen.size());
}

// Whether the element has nothing more to expect.
void Recorder::check_end() {
    {
        std::lock_guard lock(mutex_);
        bool all = std::all_of(inputs_.begin(), inputs_.end(),
                               [](const auto& input) { return input->ended; });
        bool fixed = !inputs_.empty() &&
                     std::none_of(inputs_.begin(), inputs_.end(),
                                  [](const auto& input) { return input->comes_and_goes; });
        if (!loop_ || !all || !(draining_ || fixed))
            return;
    }
    finish_all("eos");
    post_eos_when_done();
}

void Recorder::finish_all(const std::string& reason) {
    std::vector<std::shared_ptr<Recording>> all;
    {
        std::lock_guard lock(mutex_);
        all = recordings_;
    }
    for (const auto& recording : all)
        recording->finish(reason);
}

void Recorder::post_eos_when_done() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
        if (!recordings_.empty() || std::exchange(eos_posted_, true))
            return;
    }
    auto* message = gst_message_new_eos(GST_OBJECT(element_));
    if (eos_seqnum_ != GST_SEQNUM_INVALID)
        gst_message_set_seqnum(message, eos_seqnum_);
    gst_element_post_message(element_, message);
}

void Recorder::request_keyframe(Input& input) {
    auto now = g_get_monotonic_time();
    if (now < input.next_keyframe_request)
        return;
    input.next_keyframe_request = now + keyframe_interval_us;
    gst_pad_push_event(input.pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void Recorder::post(GstStructure* structure) {
    gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

void Recorder::recording_started(const Manifest& manifest) {
    post(started_message(manifest));
}

void Recorder::segment_started(const Manifest& manifest) {
    post(segment_message(manifest));
}

void Recorder::recording_finished(const Manifest& manifest) {
    post(finished_message(manifest));
}

void Recorder::snapshot_taken(const Manifest& manifest, const std::string& path) {
    post(snapshot_message(manifest, path));
}

void Recorder::recording_trouble(const Manifest& manifest, const std::string& what) {
    auto text = "Recording of session " + manifest.session +
                (manifest.peer.empty() ? "" : " (" + manifest.peer + ")") + ": " + what;
    GST_ELEMENT_WARNING(element_, RESOURCE, WRITE, ("%s", text.c_str()), (nullptr));
}

void Recorder::recording_over(Recording* recording) {
    bool ending = false;
    {
        std::lock_guard lock(mutex_);
        std::erase_if(calls_, [&](const auto& call) { return call.second.get() == recording; });
        std::erase_if(recordings_, [&](const auto& other) { return other.get() == recording; });
        ending = ending_;
        closed_.notify_all();
    }
    if (ending)
        post_eos_when_done();
}

} // namespace rtc
