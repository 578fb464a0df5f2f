// What rtcsink tells of its viewers and of what it encodes: the properties stats and stats-json.
// Pure.
#pragma once

#include "plugins/publish/stream.hpp"
#include "plugins/transport/directlink.hpp"

#include <string>
#include <vector>

namespace rtc {

struct ViewerStatistics {
    std::string session, peer;
    double seconds = 0;       // since media could flow
    guint rung = 0;           // of its first picture, 0 the best
    guint temporal_layer = 0; // the highest that it gets, 0 the base
    SendStatistics sent;
};

struct SinkStatistics {
    std::vector<ViewerStatistics> viewers;
    std::vector<Encoding> encodings;
};

// "rtcsink-stats" with `viewers`, a list of structures "viewer", and `encodings`, a list of
// structures "encoding"; docs/elements/rtcsink.md tells of each field.
Owned<GstStructure> to_structure(const SinkStatistics& statistics);
// The same as {"viewers":[{…}],"encodings":[{…}]}.
std::string to_json(const SinkStatistics& statistics);

} // namespace rtc
