// A file on its way to being whole: written as NAME.part, renamed to NAME at its end.
//
// Never overwrites: where NAME, its .part or its manifest is there, NAME-2, NAME-3, … is taken.
// While it is written, NAME.part is locked (flock), so that nobody takes it for a leftover.
#pragma once

#include "signaling/base/result.hpp"

#include <gst/gst.h>

#include <string>
#include <vector>

namespace rtc {

class PartFile {
public:
    // Makes the directories and an empty NAME.part.
    static Result<PartFile> reserve(const std::string& location);
    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&& other) noexcept;
    ~PartFile();

    const std::string& location() const { return location_; } // the name it will have
    std::string part() const { return location_ + ".part"; }
    // Renames it, or removes it where nothing was written. Gives its size in bytes.
    Result<guint64> keep();

private:
    PartFile(std::string location, int descriptor)
        : location_(std::move(location))
        , descriptor_(descriptor) {}
    void unlock();

    std::string location_;
    int descriptor_ = -1;
};

// Where a manifest stands: "calls/a.mkv" → "calls/a.json".
std::string manifest_path(const std::string& location);

// What an earlier process left unfinished in a directory: NAME.part files that nobody writes any
// more. Each gets its name, empty ones are removed. Returns the new names. Matroska and WebM only,
// which play wherever they are cut off; an MP4 is left as it is.
std::vector<std::string> adopt_leftovers(const std::string& directory);

} // namespace rtc
