#include "signaling/http/filebody.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rtc::http {
namespace {

constexpr goffset block_size = 64 * 1024; // bytes

std::optional<goffset> number(std::string_view text) {
    guint64 value = 0;
    if (!g_ascii_string_to_unsigned(std::string(text).c_str(), 10, 0, G_MAXINT64, &value, nullptr))
        return std::nullopt;
    return goffset(value);
}

} // namespace

std::optional<ByteRange> read_range(std::string_view header, goffset size) {
    if (!equal_ignoring_case(trim(take(header, '=')), "bytes") || header.find(',') != header.npos ||
        header.find('-') == header.npos)
        return std::nullopt;
    auto from = trim(take(header, '-')), to = trim(header);
    auto first = number(from), last = number(to);
    if (from.empty() && last) { // the last so many
        auto length = std::min(*last, size);
        return ByteRange{size - length, length};
    }
    if (!first || (!to.empty() && (!last || *last < *first)))
        return std::nullopt;
    auto end = last ? std::min(*last, size - 1) + 1 : size;
    return ByteRange{*first, std::max<goffset>(end - *first, 0)};
}

std::shared_ptr<FileBody> FileBody::open(const std::string& path) {
    // A pipe would be waited for.
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return nullptr;
    struct stat found {};
    bool regular = fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
    std::shared_ptr<FileBody> body(new FileBody(descriptor, found.st_size));
    return regular ? body : nullptr;
}

FileBody::~FileBody() {
    close(descriptor_);
}

void FileBody::narrow(ByteRange range) {
    at_ = range.first;
    left_ = range.size;
}

Ref<GBytes> FileBody::next() {
    auto size = std::min(left_, block_size);
    if (size <= 0)
        return nullptr;
    Owned<char> block{static_cast<char*>(g_malloc(gsize(size)))};
    if (pread(descriptor_, block.get(), size_t(size), at_) != size)
        return nullptr;
    at_ += size;
    left_ -= size;
    return adopt(g_bytes_new_take(block.release(), gsize(size)));
}

} // namespace rtc::http
