// A file, or a part of one, as the body of a response: read block by block as the client takes it.
#pragma once

#include "signaling/base/refs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rtc::http {

// What of a file a request asks for (RFC 9110 section 14): [first, first + size).
struct ByteRange {
    goffset first = 0, size = 0;
};

// Of `size` bytes, those that a Range header names; one that is empty where there are none of these
// (416). Nothing for all of them: without such a header, and with one of several ranges or that
// can't be read, which a server may pass over. Pure.
std::optional<ByteRange> read_range(std::string_view header, goffset size);

class FileBody {
public:
    // Nothing where there is no such regular file, or none that may be read.
    static std::shared_ptr<FileBody> open(const std::string& path);
    ~FileBody();
    FileBody(const FileBody&) = delete;
    FileBody& operator=(const FileBody&) = delete;

    goffset size() const { return left_; } // what is left of it
    // Leaves out what is around it.
    void narrow(ByteRange range);
    // The next block; nothing at the end, or where the file was cut meanwhile.
    Ref<GBytes> next();

private:
    FileBody(int descriptor, goffset size)
        : descriptor_(descriptor)
        , left_(size) {}

    const int descriptor_;
    goffset at_ = 0;
    goffset left_;
};

} // namespace rtc::http
