#include "signaling/http/watchedfile.hpp"

#include "signaling/base/refs.hpp"

namespace rtc::http {
namespace {

bool same(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

} // namespace

bool WatchedFile::changed(Time now) {
    if (now - looked_ < std::chrono::seconds(1))
        return false;
    looked_ = now;
    struct stat current {};
    if (stat(path_.c_str(), &current) != 0)
        current = {};
    if (same(current, known_))
        return false;
    known_ = current;
    return true;
}

Result<std::string> WatchedFile::read() {
    if (stat(path_.c_str(), &known_) != 0)
        known_ = {};
    char* data = nullptr;
    gsize size = 0;
    GError* failure = nullptr;
    if (!g_file_get_contents(path_.c_str(), &data, &size, &failure)) {
        Owned<GError> error{failure};
        return Error{error->message};
    }
    Owned<char> content{data};
    return std::string(data, size);
}

} // namespace rtc::http
