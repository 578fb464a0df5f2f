// What rtcsink tells of its viewers: the properties stats and stats-json. Pure.
#pragma once

#include "plugins/transport/directlink.hpp"

#include <string>
#include <vector>

namespace rtc {

struct ViewerStatistics {
    std::string session, peer;
    double seconds = 0; // since media could flow
    guint rung = 0;     // of its first picture, 0 the best
    SendStatistics sent;
};

// "rtcsink-stats" with `viewers`, a list of structures "viewer"; docs/elements/rtcsink.md tells of
// each field.
Owned<GstStructure> to_structure(const std::vector<ViewerStatistics>& viewers);
// The same as {"viewers":[{…}]}.
std::string to_json(const std::vector<ViewerStatistics>& viewers);

} // namespace rtc
