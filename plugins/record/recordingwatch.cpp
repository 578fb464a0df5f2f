// The part of Recording that looks after its tracks: one that is silent holds up nobody, and is
// told of. On the loop.
#include "plugins/record/recording.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr std::chrono::milliseconds watch_interval{100};
constexpr gint64 least_gap = 50 * GST_MSECOND;
// From then on silence is worth telling; senders of sound may leave out what is silent for less.
constexpr std::chrono::microseconds least_stall = std::chrono::seconds{2};

bool is_on_its_way(const RecordingTrack& track) {
    return track.encoding &&
           std::any_of(track.encoding->transcoders.begin(), track.encoding->transcoders.end(),
                       [](const auto& transcoder) { return transcoder->busy(); });
}

} // namespace

void Recording::start_watchdog() {
    if (watchdog_)
        return;
    watchdog_ = loop_.every(watch_interval, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->watch();
    });
}

void Recording::watch() {
    Lock lock(mutex_);
    if (!current_)
        return;
    fill_gaps();
    auto stalls = find_stalls();
    if (stalls.empty())
        return;
    auto manifest = snapshot();
    lock.unlock();
    if (auto listener = listener_.lock())
        for (const auto& [track, stalled] : stalls)
            listener->track_stalled(manifest, track, stalled);
}

// Muxers wait for each track. One that is silent, or over, is told to have nothing up to where
// the others are.
void Recording::fill_gaps() {
    gint64 newest = G_MININT64;
    for (const auto& track : tracks_)
        if (track->place)
            newest = std::max(newest, track->end);
    auto now = g_get_monotonic_time();
    auto patience = std::chrono::microseconds(options_.stall_timeout).count();
    for (auto& track : tracks_) {
        if (!track->place || (!track->ended && now - track->last_activity < patience))
            continue;
        if (is_on_its_way(*track)) // what comes out of an encoder late keeps its time
            continue;
        auto horizon = track->ended ? newest : newest - patience * 1000;
        auto base = track->place->part->base;
        if (horizon < track->end + least_gap || horizon <= base)
            continue;
        track->end = horizon;
        track->timeline.advance(horizon);
        track->place->part->writer->gap(track->place->input, GstClockTime(horizon - base));
    }
}

// Tracks that have fallen silent, and those that are there again.
std::vector<std::pair<TrackSummary, bool>> Recording::find_stalls() {
    std::vector<std::pair<TrackSummary, bool>> found;
    auto now = g_get_monotonic_time();
    auto patience = std::max(std::chrono::microseconds(options_.stall_timeout), least_stall);
    for (auto& track : tracks_) {
        bool silent = now - track->last_activity >= patience.count();
        if (paused_ || track->ended || track->summary.frames == 0 || silent == track->stalled)
            continue;
        track->stalled = silent;
        track->summary.stalls += silent;
        found.emplace_back(track->summary, silent);
    }
    return found;
}

void Recording::note_clock(RecordingTrack& track, const SenderClockNews& news) {
    Lock lock(mutex_);
    track.summary.clock_over = news.over;
    track.summary.clock_drift = news.drift;
    track.summary.sync_error = news.error;
}

} // namespace rtc
