#include "plugins/record/partfile.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/manifestfile.hpp"
#include "plugins/record/partmark.hpp"
#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rtc {
namespace {

constexpr guint most_numbers = 10000;

bool exists(const std::string& path) {
    return g_file_test(path.c_str(), G_FILE_TEST_EXISTS) ||
           g_file_test(path.c_str(), G_FILE_TEST_IS_SYMLINK);
}

Error failure(const std::string& what, const std::string& path) {
    int code = errno;
    return Error{what + " " + path + ": " + g_strerror(code)};
}

// Renames without replacing; where the file system can't promise that, looks first.
bool rename_new(const std::string& from, const std::string& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (exists(to)) {
        errno = EEXIST;
        return false;
    }
    return g_rename(from.c_str(), to.c_str()) == 0;
}

// Takes the first free number. Returns the name, or "" with errno.
std::string rename_numbered(const std::string& from, const std::string& to) {
    for (guint number = 1; number <= most_numbers; number++) {
        auto name = numbered_path(to, number);
        if (rename_new(from, name))
            return name;
        if (errno != EEXIST)
            return "";
    }
    errno = EEXIST;
    return "";
}

struct stat status_of(int descriptor) {
    struct stat status {};
    fstat(descriptor, &status);
    return status;
}

// Where its mark begins; nothing where it has none.
std::optional<size_t> mark_of(int descriptor) {
    std::array<guint8, marked_head> head;
    auto size = pread(descriptor, head.data(), head.size(), 0);
    return size > 0 ? find_part_mark({head.data(), size_t(size)}) : std::nullopt;
}

// A string is padded with zeros (RFC 8794, 7.4). Nothing is to be done where that fails: the file
// is whole either way.
void take_mark_off(int descriptor) {
    constexpr auto length = part_mark.size() - whole_mark.size();
    constexpr std::array<char, length> padding{};
    auto mark = mark_of(descriptor);
    if (mark && pwrite(descriptor, padding.data(), length, off_t(*mark + whole_mark.size())) < 0)
        GST_WARNING("a whole file keeps the mark of a part: %s", g_strerror(errno));
}

// Who may read a file may look into its directory.
guint directory_mode(guint file_mode) {
    return file_mode | (file_mode & 0444) >> 2 | 0700;
}

} // namespace

Result<PartFile> PartFile::reserve(const std::string& wanted, std::optional<guint> mode) {
    Owned<char> directory{g_path_get_dirname(wanted.c_str())};
    auto make_directory = [&] {
        return g_mkdir_with_parents(directory.get(), int(mode ? directory_mode(*mode) : 0777)) == 0;
    };
    if (!make_directory())
        return failure("can't make the directory", directory.get());
    for (guint number = 1; number <= most_numbers; number++) {
        auto location = numbered_path(wanted, number);
        if (exists(location) || exists(manifest_path(location)))
            continue;
        auto part = part_path({location});
        auto create = [&] {
            return open(part.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode.value_or(0666));
        };
        int descriptor = create();
        // Who deletes old recordings removes empty directories.
        if (descriptor < 0 && errno == ENOENT && make_directory())
            descriptor = create();
        if (descriptor < 0 && errno == EEXIST)
            continue;
        if (descriptor < 0)
            return failure("can't write", part);
        flock(descriptor, LOCK_EX | LOCK_NB);
        bool allowed = !mode || fchmod(descriptor, *mode) == 0;
        auto refused = failure("can't set the permissions of", part);
        PartFile file(location, part, descriptor);
        if (allowed)
            return file;
        file.remove();
        return refused;
    }
    return Error{"too many files are named like " + wanted + "; add {time} to the location"};
}

Result<PartFile> PartFile::make_other(const std::string& path) const {
    int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode());
    if (descriptor < 0)
        return failure("can't write", path);
    if (fchmod(descriptor, mode()) != 0) {
        auto refused = failure("can't set the permissions of", path);
        close(descriptor);
        g_unlink(path.c_str());
        return refused;
    }
    flock(descriptor, LOCK_EX | LOCK_NB);
    return PartFile(location_, path, descriptor);
}

std::optional<PartFile> PartFile::take_over(const std::string& location, const std::string& path) {
    // Looked at first: nobody else's file is locked, not even for a moment.
    int descriptor = is_marked(path) ? open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (descriptor < 0)
        return std::nullopt;
    PartFile file(location, path, descriptor);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return std::nullopt;
    return file;
}

PartFile::PartFile(PartFile&& other) noexcept
    : location_(std::move(other.location_))
    , path_(std::move(other.path_))
    , descriptor_(std::exchange(other.descriptor_, -1))
    , mode_(other.mode_) {}

PartFile& PartFile::operator=(PartFile&& other) noexcept {
    std::swap(location_, other.location_);
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(mode_, other.mode_);
    return *this;
}

PartFile::~PartFile() {
    unlock();
}

void PartFile::unlock() {
    if (descriptor_ >= 0)
        close(std::exchange(descriptor_, -1));
}

bool PartFile::is_marked(const std::string& path) {
    int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    bool marked = mark_of(descriptor).has_value();
    close(descriptor);
    return marked;
}

guint64 PartFile::bytes() const {
    return guint64(status_of(descriptor_).st_size);
}

guint PartFile::permissions_of(int descriptor) {
    return status_of(descriptor).st_mode & 0777;
}

Ref<GDateTime> PartFile::written() const {
    return adopt(g_date_time_new_from_unix_utc(status_of(descriptor_).st_mtime));
}

void PartFile::remove() {
    g_unlink(path_.c_str());
    unlock();
}

Result<guint64> PartFile::keep() {
    auto size = bytes();
    if (size == 0) {
        remove();
        return guint64(0);
    }
    auto name = rename_numbered(path_, location_);
    if (name.empty())
        return failure("can't rename", path_);
    location_ = path_ = name;
    take_mark_off(descriptor_);
    unlock();
    return size;
}

} // namespace rtc
