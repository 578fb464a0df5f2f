// One stream of a recording. Guarded by the recording's mutex.
#pragma once

#include "plugins/record/callfile.hpp"
#include "plugins/record/gaps.hpp"
#include "plugins/record/manifest.hpp"
#include "plugins/record/timeline.hpp"
#include "plugins/record/transcoder.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

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

    // Pictures count from a keyframe on, and, by policy, from a loss to the next one they don't.
    struct Gate {
        bool ready = false; // something usable has come: any audio, a video keyframe
        bool lossy = false; // a picture was lost, and no keyframe has come since
        bool begun = false; // something was let through
    };
    // What breaks elements is left alone for a while, longer each time that it does so soon.
    class Rest {
    public:
        void begin(gint64 now); // monotonic time, as below
        bool lasts(gint64 now) const { return now < until_; }

    private:
        gint64 until_ = 0;
        gint64 length_ = 0;
    };
    // Of a track that is encoded anew: what comes, until it is given to a transcoder. Its stamps
    // are those of the recording already.
    struct Encoding {
        const Codec* from = nullptr;
        const Codec* to = nullptr;
        Ref<GstCaps> caps; // of what comes
        Gate gate;
        Timeline timeline;
        gint64 end = 0;       // running time up to which something came
        bool lost = false;    // something was left out since
        bool crowded = false; // pictures had no room, and no keyframe has come since
        bool ending = false;
        Ref<GstCaps> form;              // of raw media, once it is known
        std::set<std::string> unwanted; // elements that have failed
        guint faults = 0;               // of none of these, since something came out
        // The last one takes what comes; those before it, of another codec, have to end first.
        std::deque<std::shared_ptr<Transcoder>> transcoders;
    };

    const Kind kind;
    const std::string owner;
    const Codec* codec = nullptr;
    Ref<GstCaps> caps;
    Timeline timeline;
    TrackSummary summary; // times are running times until the manifest is made
    Gate gate;
    bool live = true; // its source waits for nobody
    bool ended = false;
    std::unique_ptr<Encoding> encoding;
    bool as_it_comes = false; // encoding it anew has failed
    bool starts_over = false; // its media broke the elements of a file
    Rest rest;
    bool beyond = false;         // of max-duration
    bool stalled = false;        // nothing has come for long, and that was told
    bool wants_keyframe = false; // for a snapshot
    Ref<GstBuffer> keyframe;     // the last one
    Gaps gaps;
    std::deque<Held> held;      // while there is nothing to write to
    std::optional<Place> place; // in the current file
    gint64 end = 0;             // running time up to which it is known
    gint64 last_activity = 0;   // monotonic time of the last buffer, microseconds

    bool usable() const { return codec && gate.ready; }
    bool waits() const { return usable() && !held.empty(); }
};

bool is_keyframe(Kind kind, const GstBuffer* buffer);
// Depayloaded sound doesn't say how long it is, and players of MP4 leave out what lasts no time.
void complete_duration(const Codec& codec, Stamp& stamp, GstBuffer* buffer);

} // namespace rtc
