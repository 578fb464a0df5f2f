#include "plugins/record/archive.hpp"

#include "plugins/record/manifest.hpp"
#include "plugins/record/partfile.hpp"
#include "signaling/base/json.hpp"

#include <glib/gstdio.h>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace rtc {
namespace {

constexpr gsize largest_manifest = 4 * 1024 * 1024;

// A file's name, and nothing that leads elsewhere.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos;
}

std::optional<gint64> seconds_of(const std::optional<std::string>& time) {
    auto date = adopt(time ? g_date_time_new_from_iso8601(time->c_str(), nullptr) : nullptr);
    return date ? std::optional(g_date_time_to_unix(date.get())) : std::nullopt;
}

bool is_being_written(const Stored& recording) {
    return std::any_of(recording.files.begin(), recording.files.end(), [](const auto& file) {
        return g_file_test(part_path({file}).c_str(), G_FILE_TEST_EXISTS) ||
               g_file_test(composing_path(file).c_str(), G_FILE_TEST_EXISTS);
    });
}

guint64 size_of(const std::string& path) {
    struct stat status {};
    return lstat(path.c_str(), &status) == 0 ? guint64(status.st_size) : 0;
}

void look_at(const std::string& path, const std::string& directory, std::vector<Stored>& found) {
    if (size_of(path) > largest_manifest)
        return;
    char* text = nullptr;
    gsize size = 0;
    if (!g_file_get_contents(path.c_str(), &text, &size, nullptr))
        return;
    Owned<char> owned{text};
    auto recording = read_stored({text, size}, directory);
    if (!recording || is_being_written(*recording))
        return;
    recording->manifest = path;
    for (const auto& file : recording->files)
        recording->bytes += size_of(file);
    found.push_back(std::move(*recording));
}

void look_into(const std::string& directory, guint depth, const std::atomic<bool>& stop,
               std::vector<Stored>& found) {
    auto* listing = g_dir_open(directory.c_str(), 0, nullptr);
    if (!listing)
        return;
    std::vector<std::string> paths;
    while (const char* entry = g_dir_read_name(listing))
        paths.push_back(directory + "/" + entry);
    g_dir_close(listing);
    for (const auto& path : paths) {
        if (stop)
            return;
        if (g_file_test(path.c_str(), G_FILE_TEST_IS_SYMLINK))
            continue;
        if (path.ends_with(".json"))
            look_at(path, directory, found);
        else if (depth > 0 && g_file_test(path.c_str(), G_FILE_TEST_IS_DIR))
            look_into(path, depth - 1, stop, found);
    }
}

Result<void> remove_file(const std::string& path) {
    if (g_unlink(path.c_str()) == 0 || errno == ENOENT)
        return {};
    int code = errno;
    return Error{"can't delete " + path + ": " + g_strerror(code)};
}

} // namespace

std::optional<Stored> read_stored(std::string_view json, const std::string& directory) {
    auto manifest = JsonValue::parse(json);
    if (!manifest || manifest->text("writer") != manifest_writer ||
        manifest->text("state") != "finished")
        return std::nullopt;
    auto stopped = seconds_of(manifest->text("stopped"));
    auto segments = manifest->objects("segments");
    if (!stopped || !segments)
        return std::nullopt;
    Stored recording;
    recording.stopped = *stopped;
    auto add = [&](const std::string& name) {
        if (is_plain_name(name))
            recording.files.push_back(directory + "/" + name);
    };
    for (const auto& segment : *segments)
        add(segment.text("file").value_or(""));
    for (const auto& snapshot : manifest->texts("snapshots").value_or(std::vector<std::string>()))
        add(snapshot);
    return recording;
}

std::vector<Stored> list_stored(const std::string& directory, guint depth,
                                const std::atomic<bool>& stop) {
    std::vector<Stored> found;
    look_into(directory, depth, stop, found);
    return found;
}

Result<void> delete_stored(const Stored& recording, const std::string& top) {
    for (const auto& file : recording.files)
        if (auto removed = remove_file(file); !removed)
            return removed;
    if (auto removed = remove_file(recording.manifest); !removed)
        return removed;
    auto directory = recording.manifest;
    while (true) {
        auto slash = directory.rfind('/');
        directory.resize(slash == directory.npos ? 0 : slash);
        // One that isn't empty stays.
        if (directory.size() <= top.size() || rmdir(directory.c_str()) != 0)
            return {};
    }
}

} // namespace rtc
