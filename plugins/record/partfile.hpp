// A file on its way to being whole: written under a name of its own, renamed at its end.
//
// Never overwrites: where the name, its .part or its manifest is there, NAME-2, NAME-3, … is taken.
// While it is written it is locked (flock), so that nobody takes it for a leftover. A name tells
// nothing of who has written a file: only one that has a part's mark (partmark.hpp) is taken over.
// The mark comes with the first media, and goes when the file is whole.
#pragma once

#include "plugins/record/partname.hpp"
#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <gst/gst.h>

#include <optional>
#include <string>

namespace rtc {

class PartFile {
public:
    // Makes the directories and an empty NAME.part. mode: its permissions, as of chmod, and with
    // them those of the directories; nothing: what the process's umask leaves.
    static Result<PartFile> reserve(const std::string& location,
                                    std::optional<guint> mode = std::nullopt);
    // Another file on the way to the same name, with the same permissions: further parts, and what
    // is composed of all. One of that name must not be there.
    Result<PartFile> make_other(const std::string& path) const;
    // Whether the file that is there is one of a recorder's parts.
    static bool is_marked(const std::string& path);
    // A part that is there; nullopt where it has no mark, or somebody writes it still.
    static std::optional<PartFile> take_over(const std::string& location, const std::string& path);
    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&& other) noexcept;
    ~PartFile();

    const std::string& location() const { return location_; } // the name it will have
    const std::string& path() const { return path_; }         // the one it has
    guint64 bytes() const;
    guint mode() const { return mode_; } // its permissions
    Ref<GDateTime> written() const;      // when it was last written to
    // Another name in the end, for a part that is kept as it is.
    void set_location(const std::string& location) { location_ = location; }
    // Renames it, or removes it where nothing was written. Gives its size in bytes.
    Result<guint64> keep();
    void remove();

private:
    PartFile(std::string location, std::string path, int descriptor)
        : location_(std::move(location))
        , path_(std::move(path))
        , descriptor_(descriptor)
        , mode_(permissions_of(descriptor)) {}
    static guint permissions_of(int descriptor);
    void unlock();

    std::string location_;
    std::string path_;
    int descriptor_ = -1;
    guint mode_ = 0;
};

} // namespace rtc
