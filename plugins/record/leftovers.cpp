#include "plugins/record/leftovers.hpp"

#include "signaling/base/refs.hpp"

#include <algorithm>
#include <map>

namespace rtc {
namespace {

constexpr gint64 ns_per_us = 1000;

using ByLocation = std::map<std::string, Leftover>;

void look_at(const std::string& path, ByLocation& found) {
    if (is_composing_path(path)) {
        if (auto file = PartFile::take_over(path, path))
            file->remove();
        return;
    }
    auto name = parse_part_path(path);
    if (!name)
        return;
    auto file = PartFile::take_over(name->location, path);
    if (!file)
        return;
    if (file->bytes() == 0) {
        file->remove();
        return;
    }
    auto& leftover = found[name->location];
    leftover.location = name->location;
    leftover.parts.push_back({std::move(*file), name->offset * ns_per_us});
}

void look_into(const std::string& directory, guint depth, ByLocation& found) {
    auto* listing = g_dir_open(directory.c_str(), 0, nullptr);
    if (!listing)
        return;
    std::vector<std::string> paths;
    while (const char* entry = g_dir_read_name(listing))
        paths.push_back(directory + "/" + entry);
    g_dir_close(listing);
    for (const auto& path : paths) {
        if (g_file_test(path.c_str(), G_FILE_TEST_IS_SYMLINK))
            continue;
        if (!g_file_test(path.c_str(), G_FILE_TEST_IS_DIR))
            look_at(path, found);
        else if (depth > 0)
            look_into(path, depth - 1, found);
    }
}

} // namespace

std::vector<Leftover> find_leftovers(const std::string& directory, guint depth) {
    ByLocation found;
    look_into(directory, depth, found);
    std::vector<Leftover> leftovers;
    for (auto& [location, leftover] : found) {
        std::stable_sort(
            leftover.parts.begin(), leftover.parts.end(),
            [](const auto& one, const auto& other) { return one.offset < other.offset; });
        leftovers.push_back(std::move(leftover));
    }
    return leftovers;
}

} // namespace rtc
