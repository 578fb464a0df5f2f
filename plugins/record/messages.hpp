// The element messages of rtcrecordsink. Times are nanoseconds. Pure.
#pragma once

#include "plugins/record/manifest.hpp"
#include "plugins/record/retention.hpp"

namespace rtc {

// rtc-recording-started: id, session, peer, room, location.
GstStructure* started_message(const Manifest& manifest);
// rtc-recording-segment: the same of a further file, with its number from 1.
GstStructure* segment_message(const Manifest& manifest);
// rtc-recording-finished: the same of the first file, duration (guint64), bytes (guint64), reason,
// started and stopped (RFC 3339), tracks (array of structures: id, kind, codec, width and height,
// first, end, frames, bytes, gaps, missing, losses), segments (array of structures: location,
// offset, duration, bytes, whole, sha256), locations (array of strings), unwritten (array of
// strings: of files that were begun, and of which nothing is there; location is "" where that is
// all).
GstStructure* finished_message(const Manifest& manifest);
// rtc-recording-snapshot: the same with the location of the picture.
GstStructure* snapshot_message(const Manifest& manifest, const std::string& path);
// rtc-recording-leftover: location, of a file that an earlier process had not finished.
GstStructure* stalled_message(const Manifest& manifest, const TrackSummary& track, bool stalled);
GstStructure* leftover_message(const std::string& location);

// rtc-recording-deleted: location (of the first file), manifest, bytes (guint64), reason.
GstStructure* deleted_message(const Expired& expired);

} // namespace rtc
