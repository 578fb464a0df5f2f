#include "plugins/record/archive.hpp"

#include "plugins/record/manifest.hpp"
#include "plugins/record/manifestfile.hpp"
#include "plugins/record/partname.hpp"
#include "plugins/record/walk.hpp"
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

// Or waits, in parts, for being made one file.
bool is_being_written(const Stored& recording) {
    return std::any_of(recording.files.begin(), recording.files.end(), [](const auto& file) {
        auto is_there = [](const std::string& path) {
            return g_file_test(path.c_str(), G_FILE_TEST_EXISTS);
        };
        return (parse_part_path(file) && is_there(file)) || is_there(part_path({file})) ||
               is_there(composing_path(file));
    });
}

// Zeros for what isn't there.
struct stat status_of(const std::string& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0)
        status = {};
    return status;
}

guint64 size_of(const std::string& path) {
    return guint64(status_of(path).st_size);
}

gint64 last_written(const Stored& recording) {
    gint64 time = status_of(recording.manifest).st_mtime;
    for (const auto& file : recording.files)
        time = std::max(time, gint64(status_of(file).st_mtime));
    return time;
}

void look_at(const std::string& path, std::vector<Stored>& found) {
    if (size_of(path) > largest_manifest)
        return;
    char* text = nullptr;
    gsize size = 0;
    if (!g_file_get_contents(path.c_str(), &text, &size, nullptr))
        return;
    Owned<char> owned{text};
    Owned<char> directory{g_path_get_dirname(path.c_str())};
    auto recording = read_stored({text, size}, directory.get());
    if (!recording || is_being_written(*recording) ||
        (!recording->finished && ManifestFile::is_held(path)))
        return;
    recording->manifest = path;
    for (const auto& file : recording->files)
        recording->bytes += size_of(file);
    if (!recording->finished)
        recording->stopped = last_written(*recording);
    found.push_back(std::move(*recording));
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
    if (!manifest || manifest->text("writer") != manifest_writer)
        return std::nullopt;
    Stored recording;
    recording.finished = manifest->text("state") == "finished";
    if (!recording.finished && manifest->text("state") != "recording")
        return std::nullopt;
    auto stopped = seconds_of(manifest->text("stopped"));
    auto segments = manifest->objects("segments");
    if (!segments || (recording.finished && !stopped))
        return std::nullopt;
    recording.stopped = stopped.value_or(0);
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
    for_each_file(directory, depth, [&](const std::string& path) {
        if (path.ends_with(".json"))
            look_at(path, found);
        return !stop;
    });
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
