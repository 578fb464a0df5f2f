#include "plugins/record/freespace.hpp"

#include "signaling/base/refs.hpp"

#include <cerrno>
#include <sys/statvfs.h>

namespace rtc {

std::optional<guint64> free_space_at(const std::string& path) {
    std::string at = path;
    struct statvfs system {};
    while (statvfs(at.c_str(), &system) != 0) {
        Owned<char> above{g_path_get_dirname(at.c_str())};
        if ((errno != ENOENT && errno != ENOTDIR) || at == above.get())
            return std::nullopt;
        at = above.get();
    }
    return guint64(system.f_bavail) * system.f_frsize;
}

} // namespace rtc
