#include "plugins/record/walk.hpp"

#include <vector>

namespace rtc {
namespace {

std::vector<std::string> entries_of(const std::string& directory) {
    std::vector<std::string> paths;
    auto* listing = g_dir_open(directory.c_str(), 0, nullptr);
    while (const char* entry = listing ? g_dir_read_name(listing) : nullptr)
        paths.push_back(directory + "/" + entry);
    if (listing)
        g_dir_close(listing);
    return paths;
}

bool walk(const std::string& directory, guint depth,
          const std::function<bool(const std::string& path)>& look) {
    for (const auto& path : entries_of(directory)) {
        if (g_file_test(path.c_str(), G_FILE_TEST_IS_SYMLINK))
            continue;
        bool below = g_file_test(path.c_str(), G_FILE_TEST_IS_DIR);
        if (below ? depth > 0 && !walk(path, depth - 1, look) : !look(path))
            return false;
    }
    return true;
}

} // namespace

void for_each_file(const std::string& directory, guint depth,
                   const std::function<bool(const std::string& path)>& look) {
    walk(directory, depth, look);
}

} // namespace rtc
