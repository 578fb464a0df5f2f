// What is known of a recording, for a program to read: NAME.json beside NAME.mkv. Pure.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <string>
#include <vector>

namespace rtc {

// Times are nanoseconds from the recording's first buffer.
struct TrackSummary {
    std::string id;               // stream id
    const Codec* codec = nullptr; // nullptr: no caps came
    int width = 0;                // the last picture size; 0 for audio
    int height = 0;
    gint64 first = -1;           // -1: nothing came
    gint64 end = -1;             // of the last buffer, with its duration where it is known
    guint64 frames = 0;          // buffers written
    guint64 bytes = 0;           // their payload
    guint64 before_keyframe = 0; // buffers left out because no keyframe had come
    guint64 after_loss = 0;      // buffers left out because one before them was lost
    guint64 gaps = 0;            // times that media was missing
    gint64 missing = 0;          // how long in all, in nanoseconds
    guint64 moved = 0;           // buffers whose timestamps had stepped back
    guint64 stalls = 0;          // times that nothing came for long
    gint64 clock_over = 0;  // how long the sender's clock was watched; 0: there were no reports
    gint64 clock_drift = 0; // how far it went ahead of ours in that time
    gint64 sync_error = 0;  // how far the track was from the call's others at the end
    guint64 losses = 0;     // buffers that were marked as coming after a loss
    const Codec* from = nullptr; // what it was transcoded from; nullptr: it is as it came
    guint64 before_encoder = 0;  // buffers left out because the encoder didn't keep up
};

struct SegmentSummary {
    std::string location;
    std::string container; // "mkv"
    gint64 offset = 0;     // where its zero lies in the recording
    gint64 duration = 0;
    guint64 bytes = 0;
    bool whole = false;     // closed in order: it has its duration and its index
    std::string sha256;     // in hexadecimal digits; "" where it isn't known (yet)
    Ref<GDateTime> started; // UTC
};

struct Manifest {
    std::string path; // where it stands; "" for nowhere
    std::string id;   // of the recording, unlike any other
    std::string session;
    std::string peer;
    std::string room;       // "" for none
    std::string only_track; // of a recording of one track; "" for all
    gint64 clock = 0;       // running time of its first buffer, the same for all of an element's
    Ref<GDateTime> started; // UTC
    Ref<GDateTime> stopped; // nothing while it runs
    std::string reason;     // why it ended: see docs/elements/rtcrecordsink.md; "" while it runs
    guint reconnects = 0;   // times that its caller had gone and came back
    guint pauses = 0;
    gint64 paused = 0; // what they left out, in nanoseconds
    std::vector<TrackSummary> tracks;
    std::vector<SegmentSummary> segments;
    std::vector<std::string> unwritten; // locations of files of which nothing is there
    std::vector<std::string> snapshots; // paths

    gint64 duration() const; // of the media, from the first buffer to the end of the last
    guint64 bytes() const;   // of all segments
};

// The member "writer" of each manifest, by which a recorder knows what recorders have made.
constexpr const char* manifest_writer = "rtcrecordsink";

// The reason of a recording whose process was killed.
constexpr const char* interrupted_reason = "interrupted";

// RFC 3339, UTC, milliseconds.
std::string utc_text(GDateTime* time);

// JSON, indented. Locations are file names, as the segments stand beside the manifest.
std::string to_json(const Manifest& manifest);

} // namespace rtc
