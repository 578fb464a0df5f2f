#include "plugins/record/recorder.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/messages.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <gst/video/video.h>

#include <algorithm>

namespace rtc {
namespace {

constexpr std::chrono::milliseconds grace_interval{100};
constexpr gint64 keyframe_interval_us = G_USEC_PER_SEC;
constexpr guint composing_deadlines = 10; // how many finalize-timeouts composing may take

} // namespace

Result<void> Recorder::start(const RecordSettings& settings) {
    if (auto started = start_hooks(settings); !started)
        return started;
    auto directory = fixed_directory(settings.location);
    auto depth = placeholder_depth(settings.location);
    auto leftovers = find_leftovers(directory, depth);
    {
        std::lock_guard lock(mutex_);
        settings_ = settings;
        loop_ = std::make_unique<Loop>("rtcrecordsink");
        draining_ = ending_ = eos_posted_ = false;
    }
    auto tell = [weak = weak_from_this()](const std::string& location, const std::string& manifest,
                                          const std::string& trouble) {
        if (auto self = weak.lock())
            self->leftover_finished(location, manifest, trouble);
    };
    if (settings.reconnect_timeout > 0)
        loop_->call([&] {
            grace_ = loop_->every(grace_interval, [weak = weak_from_this()] {
                if (auto self = weak.lock())
                    self->give_up_waiting();
            });
        });
    settle_manifests(directory, depth);
    start_chores(settings);
    loop_->call([&] {
        recovery_ = Recovery::start(*loop_, std::move(leftovers.files), settings.checksum, tell);
    });
    if (!leftovers.unmarked.empty())
        warn_of_unmarked(leftovers.unmarked);
    return {};
}

void Recorder::leftover_finished(const std::string& location, const std::string& manifest,
                                 const std::string& trouble) {
    if (!trouble.empty()) {
        auto text =
            "Left unfinished by an earlier run: " + (location.empty() ? "" : location + ": ") +
            trouble;
        GST_ELEMENT_WARNING(element_, RESOURCE, READ, ("%s", text.c_str()), (nullptr));
    }
    if (location.empty())
        return;
    post(leftover_message(location));
    if (hooks_ && !manifest.empty())
        hooks_->tell_recovered(location, manifest);
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
    std::shared_ptr<Retention> retention;
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
        retention = std::exchange(retention_, nullptr);
        calls_.clear();
        spent_.clear();
        waiting_.clear();
    }
    if (retention)
        retention->stop();
    if (loop)
        loop->call([this] {
            deadline_.cancel();
            grace_.cancel();
            space_watch_.cancel();
            recovery_ = nullptr;
        });
    loop.reset();
    if (auto hooks = std::exchange(hooks_, nullptr))
        hooks->close(std::chrono::milliseconds(settings_.hooks_timeout));
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
    auto joined = join(input);
    if (!joined.recording)
        return GST_FLOW_OK;
    if (!joined.recording->push(*joined.track, input.segment, std::move(buffer)))
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
    case GST_EVENT_CUSTOM_DOWNSTREAM:
        if (gst_event_has_name(event, session_ended_event))
            input.end_reason = parse_session_ended(event);
        else if (auto news = parse_sender_clock(event))
            note_clock(input, *news);
        break;
    case GST_EVENT_EOS:
        end_input(input);
        check_end();
        break;
    default:
        break;
    }
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
    tell_hooks(Hooks::Event::started, manifest);
}

void Recorder::segment_started(const Manifest& manifest) {
    post(segment_message(manifest));
    tell_hooks(Hooks::Event::segment, manifest);
}

void Recorder::recording_finished(const Manifest& manifest) {
    post(finished_message(manifest));
    tell_hooks(Hooks::Event::finished, manifest);
}

void Recorder::snapshot_taken(const Manifest& manifest, const std::string& path) {
    post(snapshot_message(manifest, path));
}

void Recorder::track_stalled(const Manifest& manifest, const TrackSummary& track, bool stalled) {
    post(stalled_message(manifest, track, stalled));
}

void Recorder::recording_trouble(const Manifest& manifest, const std::string& what) {
    auto text = "Recording of session " + manifest.session +
                (manifest.peer.empty() ? "" : " (" + manifest.peer + ")") + ": " + what;
    GST_ELEMENT_WARNING(element_, RESOURCE, WRITE, ("%s", text.c_str()), (nullptr));
}

void Recorder::recording_over(Recording* recording) {
    bool ending = false;
    std::shared_ptr<Retention> retention;
    {
        std::lock_guard lock(mutex_);
        std::erase_if(calls_, [&](const auto& call) {
            if (call.second.get() != recording)
                return false;
            if (recording->is_limited())
                spent_.insert(call.first);
            return true;
        });
        std::erase_if(waiting_,
                      [&](const auto& call) { return call.second.recording.get() == recording; });
        std::erase_if(recordings_, [&](const auto& other) { return other.get() == recording; });
        ending = ending_;
        retention = retention_;
        closed_.notify_all();
    }
    if (retention)
        retention->sweep_soon();
    if (ending)
        post_eos_when_done();
}

} // namespace rtc
