#include "signaling/base/descriptors.hpp"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <sys/resource.h>
#include <sys/stat.h>

namespace rtc {
namespace {

constexpr const char* own_descriptors = "/proc/self/fd";

rlimit original{}; // what it was raised from; 0: it was not

// Linux 6.2 and later tells how many there are as the folder's size; before, they are counted.
size_t open_descriptors() {
    struct stat folder {};
    if (stat(own_descriptors, &folder) == 0 && folder.st_size > 0)
        return size_t(folder.st_size);
    std::error_code failure;
    std::filesystem::directory_iterator entries(own_descriptors, failure);
    return failure ? 0 : size_t(std::distance(begin(entries), end(entries)));
}

} // namespace

// The soft limit is low, 1024 as a rule, for the sake of select(), which can't take higher numbers.
// GLib, GStreamer, libnice and OpenSSL use poll() or epoll. A part of the program that does use
// select() gets numbers that it can't take only when so many are open that, under the old limit, it
// would have got none at all.
void raise_descriptor_limit() {
    // More than any process needs, and a hard limit may be a thousand times that: there are
    // programs that go through all numbers below the soft one.
    static constexpr rlim_t enough = 1 << 20;
    static std::once_flag once;
    std::call_once(once, [] {
        rlimit limit{};
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
            return;
        original = limit;
        limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, enough));
        setrlimit(RLIMIT_NOFILE, &limit);
    });
}

void restore_descriptor_limit() {
    if (original.rlim_max > 0)
        setrlimit(RLIMIT_NOFILE, &original);
}

size_t descriptor_limit() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? size_t(limit.rlim_cur) : 0;
}

size_t free_descriptors() {
    auto limit = descriptor_limit();
    return limit - std::min(limit, open_descriptors());
}

} // namespace rtc
