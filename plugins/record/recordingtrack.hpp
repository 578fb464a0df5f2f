// One stream of a recording. Guarded by the recording's mutex.
#pragma once

#include "plugins/record/callfile.hpp"
#include "plugins/record/gaps.hpp"
#include "plugins/record/manifest.hpp"
#include "plugins/record/timeline.hpp"

#include <deque>
#include <optional>

namespace rtc {

class RecordingTrack {
public:
    RecordingTrack(Kind track_kind, std::string id, std::string track_owner)
        : kind(track_kind)
        , owner(std::move(track_owner)) {
        summary.id = std::move(id);
    }

    struct Held {
        Stamp stamp;
        Ref<GstBuffer> buffer;
    };
    struct Place {
        std::shared_ptr<CallFile::Part> part;
        size_t input;
    };

    const Kind kind;
    const std::string owner;
    const Codec* codec = nullptr;
    Ref<GstCaps> caps;
    Timeline timeline;
    TrackSummary summary; // times are running times until the manifest is made
    bool ready = false;   // something usable has come: any audio, a video keyframe
    bool lossy = false;   // a picture was lost, and no keyframe has come since
    bool ended = false;
    bool beyond = false;         // of max-duration
    bool stalled = false;        // nothing has come for long, and that was told
    bool wants_keyframe = false; // for a snapshot
    Ref<GstBuffer> keyframe;     // the last one
    Gaps gaps;
    std::deque<Held> held;      // while there is nothing to write to
    std::optional<Place> place; // in the current file
    gint64 end = 0;             // running time up to which it is known
    gint64 last_activity = 0;   // monotonic time of the last buffer, microseconds

    bool usable() const { return codec && ready; }
    bool waits() const { return usable() && !held.empty(); }
};

} // namespace rtc
