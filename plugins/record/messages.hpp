// The element messages of rtcrecordsink. Times are nanoseconds. Pure.
#pragma once

#include "plugins/record/manifest.hpp"

namespace rtc {

// rtc-recording-started: session, peer, location.
GstStructure* started_message(const Manifest& manifest);
// rtc-recording-segment: the same of a further file, with its number from 1.
GstStructure* segment_message(const Manifest& manifest);
// rtc-recording-finished: session, peer, location (of the first file), duration (guint64), bytes
// (guint64), reason, tracks (array of structures: id, kind, codec, frames, bytes), locations
// (array of strings).
GstStructure* finished_message(const Manifest& manifest);
// rtc-recording-snapshot: session, peer, location (of the picture).
GstStructure* snapshot_message(const Manifest& manifest, const std::string& path);
// rtc-recording-leftover: location, of a file that an earlier process had not finished.
GstStructure* leftover_message(const std::string& location);

} // namespace rtc
