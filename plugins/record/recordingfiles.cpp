// The part of Recording that runs on the loop: files are opened, watched, closed and reported.
#include "plugins/record/filename.hpp"
#include "plugins/record/recording.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {
constexpr std::chrono::milliseconds least_resume_timeout{1000};
// New files after the muxer has failed, before the recording is given up.
constexpr guint max_faults = 3;
constexpr const char* disk_full = "disk-full"; // a reason
} // namespace

void Recording::arm_track_timeout() {
    auto timeout = options_.track_timeout;
    {
        Lock lock(mutex_);
        if (resumed_) // the tracks that were in the file before are about to go on
            timeout = std::max(timeout, least_resume_timeout);
    }
    track_timeout_ = loop_.after(timeout, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->begin();
    });
}

// What is held goes into a file: the first or the next one, or the one that is being written.
void Recording::begin() {
    Lock lock(mutex_);
    beginning_ = false;
    if (failed_ || completed_)
        return;
    if (current_)
        begin_late_tracks(lock);
    else
        begin_file(lock);
}

void Recording::begin_file(Lock& lock) {
    track_timeout_.cancel();
    Tracks tracks;
    for (const auto& track : tracks_)
        if (track->waits())
            tracks.push_back(track);
    collecting_ = false;
    if (tracks.empty())
        return;
    // Players take the first track of a kind for the main one, and expect the picture first.
    std::stable_sort(tracks.begin(), tracks.end(), [](const auto& one, const auto& other) {
        return one->kind == Kind::video && other->kind == Kind::audio;
    });
    std::string note;
    auto file = open_file(tracks, note);
    if (!file) {
        give_up(lock, {file.error().message});
        return;
    }
    files_.push_back(*file);
    reserve_manifest();
    for (const auto& track : tracks)
        write_held(**file, *track);
    if (closing_)
        (*file)->file->end();
    else
        current_ = *file;
    resumed_ = false;
    room_.notify_all();
    auto manifest = snapshot();
    bool first = files_.size() == 1;
    lock.unlock();
    write_manifest(manifest);
    start_watchdog();
    if (!note.empty())
        tell_trouble(note);
    if (auto listener = listener_.lock())
        first ? listener->recording_started(manifest) : listener->segment_started(manifest);
}

void Recording::begin_late_tracks(Lock& lock) {
    for (const auto& track : tracks_) {
        if (!track->waits() || track->place)
            continue;
        // What this container has no place for goes into the next file, which has another one.
        if (!current_->file->takes({track->codec, track->caps}))
            return cut(nullptr);
        auto base = track->held.front().stamp.order();
        auto part = current_->file->add_part({track->codec, track->caps}, base);
        if (!part)
            return give_up(lock, {part.error().message});
        track->place = RecordingTrack::Place{*part, 0};
        write_held(*current_, *track);
    }
    room_.notify_all();
}

const Container* Recording::choose_container(const Tracks& tracks, std::string& why_not) {
    const auto* container = &wanted_container();
    for (const auto& track : tracks) {
        if (find_fit(*container, *track->codec, track->caps.get()))
            continue;
        why_not = std::string(container->name) + " has no place for " + track->codec->name;
        return options_.fall_back ? &matroska : nullptr;
    }
    return container;
}

Result<std::shared_ptr<Recording::File>> Recording::open_file(const Tracks& tracks,
                                                              std::string& note) {
    std::string why_not;
    const auto* container = choose_container(tracks, why_not);
    if (!container)
        return Error{why_not + "; give the location the ending .mkv, or set fallback=mkv"};
    if (!why_not.empty())
        note = why_not + ", so it is recorded as ." + container->ending;
    auto location = wanted_location(*container);
    if (auto want = want_of_space(location); !want.empty()) {
        limit_ = min_free_space;
        return Error{want + "; nothing more is recorded of this call"};
    }
    auto file = std::make_shared<File>();
    std::vector<CallFile::Track> inputs;
    file->base = file->end = tracks.front()->held.front().stamp.order();
    for (const auto& track : tracks) {
        inputs.push_back({track->codec, track->caps});
        file->base = std::min(file->base, track->held.front().stamp.order());
    }
    CallFile::Callbacks callbacks;
    callbacks.fault = [weak = weak_from_this(), of = std::weak_ptr(file)](const auto& outcome) {
        if (auto self = weak.lock())
            self->file_failed(of, outcome);
    };
    callbacks.done = [weak = weak_from_this(), of = std::weak_ptr(file)](const auto& outcome) {
        if (auto self = weak.lock())
            self->file_done(of, outcome);
    };
    callbacks.broken = [weak = weak_from_this()](const auto* writer, size_t input,
                                                 const auto& error) {
        if (auto self = weak.lock())
            self->track_broken(writer, input, error);
    };
    auto opened = CallFile::open(loop_, *container, location, options_.file_mode, inputs,
                                 file->base, std::move(callbacks));
    if (!opened)
        return opened.error();
    file->file = *opened;
    file->summary.location = file->file->location();
    file->summary.container = container->ending;
    file->summary.started = files_.empty() ? started_ : adopt(g_date_time_new_now_utc());
    for (size_t i = 0; i < tracks.size(); i++)
        tracks[i]->place = RecordingTrack::Place{file->file->first(), i};
    if (released_)
        file->file->release();
    return file;
}

void Recording::write_held(File& file, RecordingTrack& track) {
    const auto& place = *track.place;
    for (auto& held : track.held) {
        auto size = gst_buffer_get_size(held.buffer.get());
        held_bytes_ -= size;
        file.bytes += size;
        auto buffer = adopt(gst_buffer_make_writable(held.buffer.release()));
        apply_stamp(buffer.get(), held.stamp, place.part->base);
        place.part->writer->push(place.input, std::move(buffer));
        file.end = std::max(file.end, held.stamp.end());
    }
    track.held.clear();
    track.last_activity = g_get_monotonic_time();
}

// It can't be written any more; what is in it is kept.
void Recording::file_failed(const std::weak_ptr<File>& file, const FileWriter::Outcome& outcome) {
    Lock lock(mutex_);
    if (file.expired() || current_ != file.lock())
        return;
    cut(nullptr);
    if (outcome.error.empty()) // all its tracks have ended by themselves
        return;
    if (!outcome.media_fault || ++faults_ > max_faults)
        give_up(lock, outcome);
}

// What came on it can't be written; what comes may be better. The other tracks go on.
void Recording::track_broken(const FileWriter* writer, size_t input, const std::string& error) {
    Lock lock(mutex_);
    auto found = std::find_if(tracks_.begin(), tracks_.end(), [&](const auto& track) {
        return track->place && track->place->part->writer.get() == writer &&
               track->place->input == input;
    });
    if (found == tracks_.end())
        return;
    auto& track = **found;
    track.place.reset();
    track.gate = {};
    track.starts_over = true;
    track.rest.begin(g_get_monotonic_time());
    auto text = std::string("a part of this ") + track.codec->name + " can't be written (" + error +
                "); it goes on with the next keyframe";
    lock.unlock();
    tell_trouble(text);
}

void Recording::file_done(const std::weak_ptr<File>& weak_file, const CallFile::Outcome& outcome) {
    auto file = weak_file.lock();
    if (!file)
        return;
    {
        Lock lock(mutex_);
        file->lost = outcome.location.empty();
        file->done = file->lost || !options_.checksum;
        file->summary.duration = file->end - file->base;
        file->summary.whole = outcome.whole;
        file->summary.bytes = outcome.bytes;
        if (!file->lost)
            file->summary.location = outcome.location;
        if (outcome.writing.disk_full && limit_.empty())
            reason_ = disk_full; // it may have ended before the last of it was to be written
        if (current_ == file)
            cut(nullptr);
    }
    if (!outcome.writing.error.empty())
        tell_trouble(outcome.writing.error);
    if (!file->done)
        file->digest = Digest::start(loop_, outcome.location,
                                     [weak = weak_from_this(), weak_file](const auto& sha256) {
                                         if (auto self = weak.lock())
                                             self->file_digested(weak_file, sha256);
                                     });
    complete();
}

void Recording::file_digested(const std::weak_ptr<File>& weak_file,
                              const Result<std::string>& sha256) {
    auto file = weak_file.lock();
    if (!file)
        return;
    Lock lock(mutex_);
    file->done = true;
    if (sha256)
        file->summary.sha256 = *sha256;
    auto manifest = snapshot();
    bool over = over_;
    lock.unlock();
    if (!sha256)
        tell_trouble(sha256.error().message);
    if (!over)
        write_manifest(manifest);
    complete();
}

void Recording::close_files() {
    {
        Lock lock(mutex_);
        if (std::exchange(closing_, true))
            return;
    }
    begin(); // what is held still wants a file
    {
        Lock lock(mutex_);
        current_ = nullptr;
    }
    watchdog_.cancel();
    end_timer_.cancel();
    auto files = files_; // ending one may report it at once
    for (const auto& file : files)
        file->file->end();
    deadline_ = loop_.after(options_.finalize_timeout, [weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        for (const auto& file : std::vector(self->files_))
            file->file->abort_writing("the file could not be closed in time; it has no index");
    });
    complete();
}

// When it is over and its last file is closed.
void Recording::complete() {
    Lock lock(mutex_);
    if (!closing_ || completed_ ||
        std::any_of(files_.begin(), files_.end(), [](const auto& file) { return !file->done; }))
        return;
    completed_ = true;
    stopped_ = adopt(g_date_time_new_now_utc());
    auto manifest = snapshot();
    bool begun = !files_.empty();
    lock.unlock();
    deadline_.cancel();
    auto listener = listener_.lock();
    if (begun) {
        write_manifest(manifest);
        if (listener)
            listener->recording_finished(manifest);
    }
    if (listener)
        listener->recording_over(this);
}

// Nothing more can be written: what comes is dropped until the call ends.
void Recording::give_up(Lock& lock, const FileWriter::Outcome& outcome) {
    failed_ = true;
    reason_ = !limit_.empty() ? limit_ : outcome.disk_full ? disk_full : "error";
    held_bytes_ = 0;
    for (auto& track : tracks_)
        track->held.clear();
    room_.notify_all();
    auto manifest = snapshot();
    lock.unlock();
    if (auto listener = listener_.lock())
        listener->recording_trouble(manifest, outcome.error);
    complete();
}

void Recording::tell_trouble(const std::string& what) {
    Lock lock(mutex_);
    auto manifest = snapshot();
    lock.unlock();
    if (auto listener = listener_.lock())
        listener->recording_trouble(manifest, what);
}

// Before the media takes what room there is. What goes wrong is told when it is written.
void Recording::reserve_manifest() {
    if (!options_.manifest || manifest_file_)
        return;
    manifest_file_.emplace(manifest_path(files_.front()->summary.location), options_.file_mode);
    if (manifest_file_->reserve(to_json(snapshot())))
        manifest_path_ = manifest_file_->path();
}

void Recording::write_manifest(Manifest& manifest) {
    if (!manifest_file_)
        return;
    auto json = to_json(manifest);
    auto written = manifest.stopped ? manifest_file_->finish(json) : manifest_file_->write(json);
    manifest.path = written ? manifest_file_->path() : "";
    {
        Lock lock(mutex_);
        manifest_path_ = manifest.path;
    }
    if (!written)
        tell_trouble("no manifest: " + written.error().message);
}

} // namespace rtc
