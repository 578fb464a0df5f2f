// The part of Recording that runs on the loop: files are opened, watched, closed and reported.
#include "plugins/record/filename.hpp"
#include "plugins/record/recording.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {
constexpr std::chrono::milliseconds watch_interval{250};
constexpr gint64 least_gap = 50 * GST_MSECOND;
constexpr std::chrono::milliseconds least_resume_timeout{1000};
// New files after the muxer has failed, before the recording is given up.
constexpr guint max_faults = 3;
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

void Recording::begin() {
    track_timeout_.cancel();
    Lock lock(mutex_);
    beginning_ = false;
    if (current_ || failed_ || completed_)
        return;
    Tracks tracks;
    for (const auto& track : tracks_)
        if (track->usable() && !track->held.empty())
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
        give_up(lock, file.error().message);
        return;
    }
    files_.push_back(*file);
    write_held(**file, tracks);
    if (!over_)
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

const Container* Recording::choose_container(const Tracks& tracks, std::string& why_not) {
    const auto* container = find_container(path_ending(options_.location));
    if (!container)
        container = &matroska;
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
    auto part = PartFile::reserve(wanted_location(*container));
    if (!part)
        return part.error();
    auto file = std::make_shared<File>(File{std::move(*part), {}, nullptr, G_MAXINT64, G_MININT64});
    file->summary.location = file->part.location();
    file->summary.container = container->ending;
    std::vector<FileWriter::Track> inputs;
    for (const auto& track : tracks) {
        track->input = inputs.size();
        inputs.push_back({*find_fit(*container, *track->codec, track->caps.get()), track->caps});
        file->base = std::min(file->base, track->held.front().stamp.order());
    }
    auto done = [weak = weak_from_this(),
                 weak_file = std::weak_ptr(file)](const FileWriter::Outcome& outcome) {
        auto self = weak.lock();
        auto done_file = weak_file.lock();
        if (self && done_file)
            self->file_done(done_file, outcome);
    };
    auto writer = FileWriter::open(loop_, *container, file->part.part(), inputs, done);
    if (!writer) {
        auto removed = file->part.keep();
        return writer.error();
    }
    file->writer = *writer;
    if (released_)
        file->writer->release();
    return file;
}

void Recording::write_held(File& file, const Tracks& tracks) {
    for (const auto& track : tracks) {
        for (auto& held : track->held) {
            auto buffer = adopt(gst_buffer_make_writable(held.buffer.release()));
            apply_stamp(buffer.get(), held.stamp, file.base);
            file.writer->push(*track->input, std::move(buffer));
            file.end = std::max(file.end, held.stamp.end());
        }
        track->held.clear();
        track->last_activity = g_get_monotonic_time();
    }
    held_bytes_ = 0;
}

void Recording::start_watchdog() {
    if (watchdog_)
        return;
    watchdog_ = loop_.every(watch_interval, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->watch();
    });
}

// Muxers wait for each track. One that is silent, or over, is told to have nothing up to where
// the others are.
void Recording::watch() {
    Lock lock(mutex_);
    if (!current_)
        return;
    gint64 newest = G_MININT64;
    for (const auto& track : tracks_)
        if (track->input)
            newest = std::max(newest, track->end);
    auto now = g_get_monotonic_time();
    auto patience = std::chrono::microseconds(options_.stall_timeout).count();
    for (auto& track : tracks_) {
        if (!track->input || (!track->ended && now - track->last_activity < patience))
            continue;
        auto horizon = track->ended ? newest : newest - patience * 1000;
        if (horizon < track->end + least_gap || horizon <= current_->base)
            continue;
        track->end = horizon;
        track->timeline.advance(horizon);
        if (!current_->writer->gap(*track->input, GstClockTime(horizon - current_->base)))
            track->input.reset();
    }
}

void Recording::file_done(const std::shared_ptr<File>& file, const FileWriter::Outcome& outcome) {
    Lock lock(mutex_);
    file->writer = nullptr;
    file->summary.duration = file->end - file->base;
    file->summary.whole = outcome.error.empty();
    std::string trouble = outcome.error;
    auto kept = file->part.keep();
    if (kept)
        file->summary.bytes = *kept;
    else
        trouble += (trouble.empty() ? "" : "; ") + kept.error().message;
    file->summary.location = kept ? file->part.location() : file->part.part();
    if (current_ == file) { // it ended by a fault
        cut(nullptr);
        if (!outcome.media_fault || ++faults_ > max_faults) {
            give_up(lock, trouble);
            return;
        }
    }
    lock.unlock();
    if (!trouble.empty())
        tell_trouble(trouble);
    complete();
}

void Recording::close_files() {
    {
        Lock lock(mutex_);
        current_ = nullptr;
    }
    begin(); // what is held still wants a file
    watchdog_.cancel();
    for (const auto& file : files_)
        if (file->writer)
            file->writer->end();
    deadline_ = loop_.after(options_.finalize_timeout, [weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        for (const auto& file : std::vector(self->files_))
            if (auto writer = file->writer)
                writer->abort("the file could not be closed in time; it has no index");
    });
    complete();
}

// When it is over and its last file is closed.
void Recording::complete() {
    Lock lock(mutex_);
    if (!over_ || completed_ ||
        std::any_of(files_.begin(), files_.end(), [](const auto& file) { return file->writer; }))
        return;
    completed_ = true;
    stopped_ = adopt(g_date_time_new_now_utc());
    auto manifest = snapshot();
    lock.unlock();
    deadline_.cancel();
    auto listener = listener_.lock();
    if (!manifest.segments.empty()) {
        write_manifest(manifest);
        if (listener)
            listener->recording_finished(manifest);
    }
    if (listener)
        listener->recording_over(this);
}

// Nothing more can be written: what comes is dropped until the call ends.
void Recording::give_up(Lock& lock, const std::string& why) {
    failed_ = true;
    reason_ = "error";
    held_bytes_ = 0;
    for (auto& track : tracks_)
        track->held.clear();
    room_.notify_all();
    auto manifest = snapshot();
    lock.unlock();
    if (auto listener = listener_.lock())
        listener->recording_trouble(manifest, why);
    complete();
}

void Recording::tell_trouble(const std::string& what) {
    Lock lock(mutex_);
    auto manifest = snapshot();
    lock.unlock();
    if (auto listener = listener_.lock())
        listener->recording_trouble(manifest, what);
}

void Recording::write_manifest(const Manifest& manifest) {
    if (!options_.manifest || manifest.segments.empty())
        return;
    auto path = manifest_path(manifest.segments.front().location);
    auto json = to_json(manifest);
    GError* error = nullptr;
    if (!g_file_set_contents(path.c_str(), json.c_str(), gssize(json.size()), &error)) {
        Owned<GError> owned{error};
        tell_trouble(std::string("no manifest: ") + error->message);
    }
}

} // namespace rtc
