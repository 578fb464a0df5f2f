#include "plugins/record/leftovers.hpp"

#include "plugins/record/walk.hpp"
#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

#include <algorithm>
#include <map>

namespace rtc {
namespace {

constexpr gint64 ns_per_us = 1000;

struct Found {
    std::map<std::string, Leftover> by_location;
    std::vector<std::string> unmarked;
};

bool is_empty(const std::string& path) {
    GStatBuf status;
    return g_lstat(path.c_str(), &status) != 0 || status.st_size == 0;
}

void look_at(const std::string& path, Found& found) {
    auto name = parse_part_path(path);
    if (!name)
        return;
    if (!PartFile::is_marked(path)) {
        // One that is empty may be about to get its mark.
        if (!is_empty(path))
            found.unmarked.push_back(path);
        return;
    }
    auto file = PartFile::take_over(name->location, path);
    if (!file)
        return;
    auto& leftover = found.by_location[name->location];
    leftover.location = name->location;
    leftover.parts.push_back({std::move(*file), name->offset * ns_per_us});
}

} // namespace

Leftovers find_leftovers(const std::string& directory, guint depth) {
    Found found;
    for_each_file(directory, depth, [&](const std::string& path) {
        look_at(path, found);
        return true;
    });
    Leftovers leftovers;
    for (auto& [location, leftover] : found.by_location) {
        g_unlink(composing_path(location).c_str());
        std::stable_sort(
            leftover.parts.begin(), leftover.parts.end(),
            [](const auto& one, const auto& other) { return one.offset < other.offset; });
        leftovers.files.push_back(std::move(leftover));
    }
    leftovers.unmarked = std::move(found.unmarked);
    std::ranges::sort(leftovers.unmarked);
    return leftovers;
}

} // namespace rtc
