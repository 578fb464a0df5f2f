// NAME.json on the disk.
//
// Each time it is replaced at once: whoever reads it finds a whole one. The room that it takes in
// the end is reserved from the start, so where the disk is full by then it is written in place.
//
// While a recording goes on its manifest is locked (an open file description lock, fcntl(2)), so
// that one whose process was killed is known. Not for use by two threads at once.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <optional>
#include <string>

namespace rtc {

class ManifestFile {
public:
    // Nothing is on the disk before the first write(). mode: as of the PartFile beside it.
    explicit ManifestFile(std::string path, std::optional<guint> mode = std::nullopt)
        : path_(std::move(path))
        , mode_(mode) {}
    // One that is there, with its permissions; nullopt where there is none, or its recording goes
    // on.
    static std::optional<ManifestFile> take_over(const std::string& path);
    // Whether somebody who records holds it.
    static bool is_held(const std::string& path);
    ManifestFile(ManifestFile&& other) noexcept;
    ManifestFile& operator=(ManifestFile&& other) noexcept;
    ~ManifestFile();

    const std::string& path() const { return path_; }
    // The first time, before anything else takes the room. What is given may not outlast the
    // machine yet.
    Result<void> reserve(const std::string& json);
    // More is to follow.
    Result<void> write(const std::string& json);
    // The last time: what was reserved is given back, and the lock.
    Result<void> finish(const std::string& json);

private:
    Result<void> replace(const std::string& json, gint64 room, bool lasting);
    bool write_in_place(const std::string& json);
    void close();

    std::string path_;
    std::optional<guint> mode_;
    int descriptor_ = -1; // of the file that is there
};

// Where a manifest stands: "calls/a.mkv" → "calls/a.json".
std::string manifest_path(const std::string& location);

} // namespace rtc
