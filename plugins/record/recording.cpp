#include "plugins/record/recording.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {

// More than that in memory, and the file starts with what is there.
constexpr guint64 max_held_bytes = 8 * 1024 * 1024;

void note_size(TrackSummary& summary, const GstCaps* caps) {
    const auto* structure = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(structure, "width", &summary.width);
    gst_structure_get_int(structure, "height", &summary.height);
}

} // namespace

std::shared_ptr<Recording> Recording::create(Loop& loop, RecordingOptions options,
                                             std::weak_ptr<RecordingListener> listener) {
    return std::shared_ptr<Recording>(new Recording(loop, std::move(options), std::move(listener)));
}

Recording::~Recording() = default;

void Recording::set_names(const CallTags& names) {
    Lock lock(mutex_);
    sessions_.push_back(names.session);
    if (!files_.empty())
        return;
    if (!names.session.empty())
        names_.session = names.session;
    if (!names.peer.empty())
        names_.peer = names.peer;
    if (!names.room.empty())
        names_.room = names.room;
}

bool Recording::is_session(const std::string& id) const {
    Lock lock(mutex_);
    return !over_ && (names_.session == id ||
                      std::find(sessions_.begin(), sessions_.end(), id) != sessions_.end());
}

std::shared_ptr<RecordingTrack> Recording::add_track(Kind kind, const std::string& id,
                                                     const std::string& owner, bool live) {
    Lock lock(mutex_);
    if (over_)
        return nullptr;
    if (names_.session.empty())
        names_.session = id;
    const auto& track = tracks_.emplace_back(std::make_shared<RecordingTrack>(kind, id, owner));
    track->live = live;
    return track;
}

void Recording::set_caps(RecordingTrack& track, const GstCaps* caps) {
    Lock lock(mutex_);
    const auto* codec = find_codec_for_caps(caps);
    if (over_ || !codec)
        return;
    if (!takes_to_transcoding(track, *codec, caps))
        return take_caps(track, codec, caps);
    auto why_not = transcode(track, *codec, caps);
    if (why_not.empty())
        return;
    auto trouble = go_on_as_it_comes(track, why_not);
    loop_.post([weak = weak_from_this(), trouble] {
        if (auto self = weak.lock())
            self->tell_trouble(trouble);
    });
}

// Of what is written.
void Recording::take_caps(RecordingTrack& track, const Codec* codec, const GstCaps* caps) {
    bool first = !track.codec;
    bool same = !first && track.codec == codec && goes_on(*codec, track.caps.get(), caps);
    track.codec = codec;
    track.summary.codec = codec;
    track.caps = retain(const_cast<GstCaps*>(caps));
    note_size(track.summary, caps);
    if (first)
        return;
    if (same && track.place) {
        track.place->part->writer->set_caps(track.place->input, caps);
    } else if (!same) {
        if (track.place)
            cut(nullptr);
        for (const auto& held : track.held) // of another form than what follows
            held_bytes_ -= gst_buffer_get_size(held.buffer.get());
        track.held.clear();
        track.gate.ready = false;
    }
}

bool Recording::push(RecordingTrack& track, const GstSegment& segment, Ref<GstBuffer> buffer) {
    Lock lock(mutex_);
    if (over_ || failed_ || paused_ || track.rest.lasts(g_get_monotonic_time()))
        return true;
    if (track.encoding)
        return push_source(lock, track, segment, std::move(buffer));
    if (!track.codec)
        return true;
    if (!admit(track, track.gate, buffer.get()))
        return false;
    if (resume_at_)
        if (auto stamp = Timeline().place(segment, buffer.get(), shift_))
            close_pause(*stamp);
    auto stamp = track.timeline.place(segment, buffer.get(), shift_);
    if (!stamp)
        return true;
    complete_duration(*track.codec, *stamp, buffer.get());
    return write(lock, track, *stamp, std::move(buffer));
}

// Returns false when a keyframe is waited for.
bool Recording::write(Lock& lock, RecordingTrack& track, const Stamp& stamp,
                      Ref<GstBuffer> buffer) {
    bool keyframe = is_keyframe(track.kind, buffer.get());
    if (beyond_limits(track, stamp, buffer.get()))
        return true;
    account(track, stamp, buffer.get());
    if (keyframe)
        note_keyframe(track, buffer.get());
    cut_when_full(stamp);
    if (wants_cut_ && track.place && keyframe)
        cut(&track);
    while (!deliver(lock, track, stamp, buffer))
        lock.lock();
    return track.kind == Kind::audio || !((wants_cut_ && track.place) || track.wants_keyframe);
}

// Pictures are left out before the first keyframe, and, by policy, from a loss to the next one.
bool Recording::admit(RecordingTrack& track, RecordingTrack::Gate& gate, const GstBuffer* buffer) {
    if (gate.begun && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT))
        track.summary.losses++;
    if (track.kind == Kind::audio || is_keyframe(track.kind, buffer)) {
        gate = {true, false, true};
        return true;
    }
    if (gate.ready && options_.loss_policy == LossPolicy::drop_until_keyframe &&
        GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT))
        gate.lossy = true;
    if (gate.ready && !gate.lossy)
        return true;
    (gate.ready ? track.summary.after_loss : track.summary.before_keyframe)++;
    return false;
}

// Into the file, or into memory. Returns false, unlocked, when the file was cut meanwhile.
bool Recording::deliver(Lock& lock, RecordingTrack& track, const Stamp& stamp,
                        Ref<GstBuffer>& buffer) {
    if (current_ && !track.place && track.held.empty() && !take_over_place(track) &&
        (follows_another_codec(track) || (track.starts_over && is_only_picture(track))))
        cut(&track);
    track.starts_over = false;
    if (!current_ || !track.place || !track.held.empty()) {
        hold(lock, track, stamp, std::move(buffer));
        return true;
    }
    current_->end = std::max(current_->end, stamp.end());
    current_->bytes += gst_buffer_get_size(buffer.get());
    auto place = *track.place;
    lock.unlock();
    auto stamped = adopt(gst_buffer_make_writable(Ref<GstBuffer>(buffer).release()));
    apply_stamp(stamped.get(), stamp, place.part->base);
    if (!place.part->writer->push(place.input, std::move(stamped)))
        return false;
    lock.lock();
    return true;
}

void Recording::account(RecordingTrack& track, const Stamp& stamp, const GstBuffer* buffer) {
    auto& summary = track.summary;
    if (summary.frames == 0)
        summary.first = stamp.pts;
    summary.end = std::max(summary.end, stamp.end());
    summary.frames++;
    summary.bytes += gst_buffer_get_size(const_cast<GstBuffer*>(buffer));
    summary.moved = track.timeline.moved();
    track.gaps.add(stamp, GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
    summary.gaps = track.gaps.count();
    summary.missing = track.gaps.missing();
    track.end = std::max(track.end, stamp.end());
    track.last_activity = g_get_monotonic_time();
}

// Kept for snapshots; one that is waited for is made at once.
void Recording::note_keyframe(RecordingTrack& track, GstBuffer* buffer) {
    track.keyframe = retain(buffer);
    if (std::exchange(track.wants_keyframe, false))
        post(&Recording::make_snapshots);
}

void Recording::hold(Lock& lock, RecordingTrack& track, const Stamp& stamp, Ref<GstBuffer> buffer) {
    held_bytes_ += gst_buffer_get_size(buffer.get());
    track.held.push_back({stamp, std::move(buffer)});
    if (!started_)
        started_ = adopt(g_date_time_new_now_utc());
    if (!collecting_ && !current_) {
        collecting_ = true;
        post(&Recording::arm_track_timeout);
    }
    if (current_ || all_ready() || held_bytes_ >= max_held_bytes)
        post_begin();
    room_.wait(lock,
               [&] { return held_bytes_ < 2 * max_held_bytes || over_ || failed_ || released_; });
}

// Whether waiting longer brings nothing: every track is there, and both kinds, or those that the
// file before had.
bool Recording::all_ready() const {
    bool audio = false;
    bool video = false;
    for (const auto& track : tracks_) {
        if (track->ended && track->held.empty())
            continue;
        if (!track->waits())
            return false;
        (track->kind == Kind::audio ? audio : video) = true;
    }
    return resumed_ || (audio && video);
}

// A track that ended leaves its place in the file to one of the same kind and codec.
bool Recording::take_over_place(RecordingTrack& track) {
    for (const auto& other : tracks_) {
        if (!other->ended || !other->place || other->codec != track.codec ||
            other->owner != track.owner ||
            !goes_on(*track.codec, other->caps.get(), track.caps.get()))
            continue;
        track.place = std::exchange(other->place, std::nullopt);
        track.place->part->writer->set_caps(track.place->input, track.caps.get());
        return true;
    }
    return false;
}

// Whether its forerunner, which has ended, was of a form that the file can't go on with.
bool Recording::follows_another_codec(const RecordingTrack& track) const {
    return std::any_of(tracks_.begin(), tracks_.end(), [&](const auto& other) {
        return other->ended && other->place && other->kind == track.kind &&
               other->owner == track.owner;
    });
}

// Others' pictures would have to wait for a keyframe in the next file.
bool Recording::is_only_picture(const RecordingTrack& track) const {
    return track.kind == Kind::video &&
           std::none_of(tracks_.begin(), tracks_.end(), [&](const auto& other) {
               return other.get() != &track && other->kind == Kind::video && !other->ended;
           });
}

// The file ends here, what follows is held for the next one.
void Recording::cut(const RecordingTrack* at_keyframe) {
    if (current_) {
        loop_.post([file = current_->file] { file->end(); });
        current_ = nullptr;
    }
    resumed_ = true;
    wants_cut_ = false;
    for (auto& track : tracks_) {
        track->place.reset();
        if (track->kind == Kind::video && track.get() != at_keyframe && track->held.empty())
            track->gate.ready = false;
    }
}

void Recording::post_begin() {
    if (!std::exchange(beginning_, true))
        post(&Recording::begin);
}

void Recording::post(void (Recording::*method)()) {
    loop_.post([weak = weak_from_this(), method] {
        if (auto self = weak.lock())
            (self.get()->*method)();
    });
}

void Recording::end_track(RecordingTrack& track) {
    Lock lock(mutex_);
    if (track.encoding && !track.encoding->transcoders.empty()) {
        track.encoding->ending = true; // it has ended when all has come out
        for (const auto& transcoder : track.encoding->transcoders)
            transcoder->end();
        return;
    }
    if (std::exchange(track.ended, true) || over_)
        return;
    if (collecting_ && all_ready())
        post_begin();
}

void Recording::finish(const std::string& reason) {
    Lock lock(mutex_);
    over(reason);
}

void Recording::over(const std::string& reason) {
    if (std::exchange(over_, true))
        return;
    if (reason_.empty())
        reason_ = reason;
    room_.notify_all();
    if (!end_transcoders())
        post(&Recording::close_files);
}

void Recording::release() {
    Lock lock(mutex_);
    released_ = true;
    room_.notify_all();
    for (auto& file : files_)
        file->file->release();
    for (auto& track : tracks_)
        if (track->encoding)
            for (const auto& transcoder : track->encoding->transcoders)
                transcoder->release();
}

void Recording::abandon() {
    loop_.post([weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        self->abandon_transcoders();
        for (const auto& file : std::vector(self->files_)) {
            file->file->abort_composing();
            if (file->digest)
                file->digest->stop();
        }
    });
}

Manifest Recording::snapshot() const {
    Manifest result;
    result.path = manifest_path_;
    result.id = id_;
    result.only_track = options_.track;
    result.session = names_.session;
    result.peer = names_.peer;
    result.room = names_.room;
    result.snapshots = snapshots_taken_;
    result.started = started_;
    result.stopped = stopped_;
    result.reason = reason_;
    result.pauses = pauses_;
    result.reconnects = reconnects_;
    result.paused = paused_for_;
    gint64 zero = G_MAXINT64;
    for (const auto& track : tracks_)
        if (track->summary.frames)
            zero = std::min(zero, track->summary.first);
    result.clock = zero == G_MAXINT64 ? 0 : zero;
    for (const auto& track : tracks_) {
        auto summary = track->summary;
        if (summary.frames) {
            summary.first -= zero;
            summary.end -= zero;
        }
        result.tracks.push_back(summary);
    }
    for (const auto& file : files_) {
        auto summary = file->summary;
        summary.offset = file->base - zero;
        if (file->lost)
            result.unwritten.push_back(summary.location);
        else
            result.segments.push_back(summary);
    }
    return result;
}

std::string Recording::wanted_location(const Container& container) const {
    auto local = adopt(g_date_time_to_local(started_.get()));
    NameValues values{names_.session,   names_.peer, local.get(),   guint(files_.size() + 1),
                      container.ending, names_.room, options_.track};
    return replace_ending(expand_name_template(options_.location, values), container.ending);
}

} // namespace rtc
