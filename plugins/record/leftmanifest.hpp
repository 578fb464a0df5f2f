// The manifest of a recording whose process was killed.
#pragma once

#include "plugins/record/retention.hpp"
#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <string>
#include <vector>

namespace rtc {

// A file that was made of what had been left.
struct Recovered {
    std::string location; // the name that it was to have
    std::string path;     // the one that it has
    bool whole = false;   // with a duration and an index; else it is as it was left
    guint64 bytes = 0;
    guint64 duration = 0;   // nanoseconds
    std::string sha256;     // "" where it isn't known
    Ref<GDateTime> stopped; // when the last of it was written
};

// Sets in the recording's manifest, where there is one and it is still "recording", what is known
// now: its state, the reason "interrupted", when that was, and what the file is. One that is
// finished, and waited for nothing but the file, is told what the file is. The other members stay
// as they were when it was last written. Gives the manifest's path, "" where there is none.
Result<std::string> finish_manifest(const Recovered& file);

struct Settled {
    std::string location;             // of the first file; "" where none is there
    std::vector<std::string> missing; // names of files that are not there
};

// Of a recording that nobody works on, and of which no part is left, but whose manifest says
// "recording": the process ended before it could say more, or there was no room for it.
Result<Settled> settle_manifest(const Stored& recording);

} // namespace rtc
