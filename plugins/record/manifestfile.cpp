#include "plugins/record/manifestfile.hpp"

#include "plugins/record/filename.hpp"
#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rtc {
namespace {

// What a manifest may grow by between two times that it is written.
constexpr gint64 spare_room = 16 * 1024;

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

bool lock(int descriptor) {
    auto wanted = whole_file(F_WRLCK);
    return fcntl(descriptor, F_OFD_SETLK, &wanted) == 0;
}

bool write_all(int descriptor, const std::string& text) {
    size_t done = 0;
    while (done < text.size()) {
        auto count = pwrite(descriptor, text.data() + done, text.size() - done, off_t(done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += size_t(count);
    }
    return true;
}

// Beyond the end of the file; not every file system can.
bool make_room(int descriptor, gint64 room) {
    return room == 0 || fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, room) == 0 ||
           (errno != ENOSPC && errno != EDQUOT);
}

size_t size_of(int descriptor) {
    struct stat status {};
    return fstat(descriptor, &status) == 0 ? size_t(status.st_size) : 0;
}

} // namespace

std::string manifest_path(const std::string& location) {
    return replace_ending(location, "json");
}

std::optional<ManifestFile> ManifestFile::take_over(const std::string& path) {
    ManifestFile file(path);
    file.descriptor_ = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat status {};
    if (file.descriptor_ < 0 || !lock(file.descriptor_) || fstat(file.descriptor_, &status) != 0)
        return std::nullopt;
    file.mode_ = status.st_mode & 0777;
    return file;
}

bool ManifestFile::is_held(const std::string& path) {
    int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    auto other = whole_file(F_WRLCK);
    bool held = fcntl(descriptor, F_OFD_GETLK, &other) != 0 || other.l_type != F_UNLCK;
    ::close(descriptor);
    return held;
}

ManifestFile::ManifestFile(ManifestFile&& other) noexcept
    : path_(std::move(other.path_))
    , mode_(other.mode_)
    , descriptor_(std::exchange(other.descriptor_, -1)) {}

ManifestFile& ManifestFile::operator=(ManifestFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(mode_, other.mode_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

ManifestFile::~ManifestFile() {
    close();
}

void ManifestFile::close() {
    if (descriptor_ >= 0)
        ::close(std::exchange(descriptor_, -1));
}

Result<void> ManifestFile::reserve(const std::string& json) {
    return replace(json, gint64(json.size()) + spare_room, false);
}

Result<void> ManifestFile::write(const std::string& json) {
    auto replaced = replace(json, gint64(json.size()) + spare_room, true);
    if (replaced || write_in_place(json))
        return {};
    return replaced;
}

Result<void> ManifestFile::finish(const std::string& json) {
    auto replaced = replace(json, 0, true);
    if (!replaced && !write_in_place(json))
        return replaced;
    if (!replaced && ftruncate(descriptor_, off_t(size_of(descriptor_))) != 0)
        return Error{"can't write " + path_ + ": " + g_strerror(errno)};
    close();
    return {};
}

// By another file, which is locked before it has the name.
Result<void> ManifestFile::replace(const std::string& json, gint64 room, bool lasting) {
    auto other = path_ + ".XXXXXX";
    int descriptor = g_mkstemp_full(other.data(), O_RDWR | O_CLOEXEC, int(mode_.value_or(0666)));
    bool written = descriptor >= 0 && (!mode_ || fchmod(descriptor, *mode_) == 0) &&
                   write_all(descriptor, json) && make_room(descriptor, room) &&
                   (!lasting || fsync(descriptor) == 0);
    if (written)
        lock(descriptor); // where the file system has no locks, nobody asks for one
    if (written && g_rename(other.c_str(), path_.c_str()) == 0) {
        close();
        descriptor_ = descriptor;
        return {};
    }
    int code = errno;
    if (descriptor >= 0) {
        ::close(descriptor);
        g_unlink(other.c_str());
    }
    return Error{"can't write " + path_ + ": " + g_strerror(code)};
}

// What was longer is filled up, so that what was reserved stays.
bool ManifestFile::write_in_place(const std::string& json) {
    if (descriptor_ < 0)
        return false;
    auto text = json;
    text.resize(std::max(text.size(), size_of(descriptor_)), '\n');
    return write_all(descriptor_, text) && fsync(descriptor_) == 0;
}

} // namespace rtc
