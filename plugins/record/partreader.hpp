// Reads one track of a part. Parts are Matroska, whatever the file is to become, and may be cut off
// anywhere: what is before the cut is read. For a thread of its own: it waits for the disk.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace rtc {

class PartReader {
public:
    struct Stream {
        std::string name; // of the demuxer's pad
        Ref<GstCaps> caps;
    };
    // The tracks of a part, in their order in the file. An error where there are none.
    static Result<std::vector<Stream>> list(const std::string& path, const std::atomic<bool>& stop);

    static Result<std::unique_ptr<PartReader>> open(const std::string& path,
                                                    const std::string& stream);
    ~PartReader();
    // nullptr at the end, or once stop is set.
    Ref<GstSample> next(const std::atomic<bool>& stop);

private:
    PartReader() = default;
    Ref<GstElement> pipeline_;
    Ref<GstElement> sink_;
};

} // namespace rtc
