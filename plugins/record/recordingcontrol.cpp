// The part of Recording that is told from outside while a call is recorded: segments, pauses,
// snapshots. Any thread, except where it is said.
#include "plugins/record/filename.hpp"
#include "plugins/record/recording.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {

std::string directory_of(const std::string& path) {
    Owned<char> directory{g_path_get_dirname(path.c_str())};
    return directory.get();
}

// A camera that has been silent for longer is not waited for with a cut.
constexpr gint64 camera_patience_us = 2 * G_USEC_PER_SEC;
// How long the keyframe that was asked for is waited for before the last one has to do.
constexpr std::chrono::seconds keyframe_patience{2};

} // namespace

void Recording::come_back() {
    Lock lock(mutex_);
    reconnects_++;
}

void Recording::split() {
    Lock lock(mutex_);
    cut_soon();
}

// At the next keyframe, or at once where there is no picture to wait for.
void Recording::cut_soon() {
    if (!current_ || wants_cut_)
        return;
    auto now = g_get_monotonic_time();
    wants_cut_ = std::any_of(tracks_.begin(), tracks_.end(), [&](const auto& track) {
        return track->kind == Kind::video && track->place && !track->ended &&
               now - track->last_activity < camera_patience_us;
    });
    if (!wants_cut_)
        cut(nullptr);
}

// Before a buffer is written.
void Recording::cut_when_full(const Stamp& stamp) {
    if (!current_ || wants_cut_)
        return;
    bool long_enough = options_.segment_duration.count() > 0 &&
                       stamp.order() - current_->base >=
                           std::chrono::nanoseconds(options_.segment_duration).count();
    bool large_enough = options_.segment_size > 0 && current_->bytes >= options_.segment_size;
    if (long_enough || large_enough)
        cut_soon();
}

void Recording::pause() {
    Lock lock(mutex_);
    if (over_ || std::exchange(paused_, true))
        return;
    pauses_++;
    resume_at_.reset();
    for (auto& track : tracks_) {
        auto* encoding = track->encoding.get();
        auto end = encoding ? encoding->end : track->end;
        auto& gate = encoding ? encoding->gate : track->gate;
        if (gate.begun)
            resume_at_ = std::max(resume_at_.value_or(end), end);
        if (track->kind == Kind::video)
            gate.ready = false;
    }
}

void Recording::resume() {
    Lock lock(mutex_);
    paused_ = false;
    for (auto& track : tracks_)
        track->last_activity = g_get_monotonic_time();
}

// The first buffer after a pause stands where the last one before it ended.
void Recording::close_pause(const Stamp& stamp) {
    if (auto at = std::exchange(resume_at_, std::nullopt)) {
        auto left_out = std::max(stamp.order() - *at, gint64(0));
        shift_ += left_out;
        paused_for_ += left_out;
    }
}

void Recording::take_snapshot(const std::string& location) {
    loop_.post([weak = weak_from_this(), location] {
        if (auto self = weak.lock())
            self->begin_snapshot(location);
    });
}

// On the loop, as all that follows.
void Recording::begin_snapshot(const std::string& location) {
    Lock lock(mutex_);
    auto track = std::find_if(tracks_.begin(), tracks_.end(), [](const auto& other) {
        return other->kind == Kind::video && (other->codec || other->encoding) && !other->ended;
    });
    if (over_ || track == tracks_.end()) {
        lock.unlock();
        tell_trouble("no snapshot: there is no picture");
        return;
    }
    (*track)->wants_keyframe = true;
    snapshot_wanted_.push_back(location);
    if (snapshot_timer_)
        return;
    snapshot_timer_ = loop_.after(keyframe_patience, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->make_snapshots();
    });
}

// The keyframe is there, or isn't going to come.
void Recording::make_snapshots() {
    snapshot_timer_.cancel();
    Lock lock(mutex_);
    auto wanted = std::exchange(snapshot_wanted_, {});
    Ref<GstBuffer> keyframe;
    Ref<GstCaps> caps;
    for (auto& track : tracks_) {
        track->wants_keyframe = false;
        if (!keyframe && track->kind == Kind::video && !track->ended && track->keyframe) {
            keyframe = track->keyframe;
            caps = track->caps;
        }
    }
    auto beside = files_.empty() ? options_.location : files_.back()->summary.location;
    lock.unlock();
    if (wanted.empty())
        return;
    if (!keyframe) {
        tell_trouble("no snapshot: no keyframe has come yet");
        return;
    }
    for (const auto& location : wanted) {
        auto path = location.empty() ? replace_ending(beside, "jpg") : location;
        auto done = [weak = weak_from_this()](const Result<std::string>& result) {
            if (auto self = weak.lock())
                self->snapshot_done(result);
        };
        auto made = Snapshot::start(loop_, caps.get(), keyframe, path, options_.file_mode, done);
        snapshots_.push_back(std::move(made));
    }
}

void Recording::snapshot_done(const Result<std::string>& result) {
    loop_.post([weak = weak_from_this()] {
        auto self = weak.lock();
        if (self && !self->snapshots_.empty())
            self->snapshots_.pop_front();
    });
    if (!result) {
        tell_trouble("no snapshot: " + result.error().message);
        return;
    }
    Lock lock(mutex_);
    bool beside =
        !files_.empty() && directory_of(*result) == directory_of(files_.front()->summary.location);
    if (beside)
        snapshots_taken_.push_back(*result);
    auto manifest = snapshot();
    lock.unlock();
    if (beside)
        write_manifest(manifest);
    if (auto listener = listener_.lock())
        listener->snapshot_taken(manifest, *result);
}

} // namespace rtc
