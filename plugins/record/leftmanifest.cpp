#include "plugins/record/leftmanifest.hpp"

#include "plugins/record/manifest.hpp"
#include "plugins/record/manifestfile.hpp"
#include "plugins/record/partname.hpp"
#include "plugins/record/walk.hpp"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace rtc {
namespace {

std::string text_of(JsonObject* object, const char* member) {
    auto* node = json_object_get_member(object, member);
    const char* text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : nullptr;
    return text ? text : "";
}

gint64 number_of(JsonObject* object, const char* member) {
    auto* node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
}

std::vector<JsonObject*> segments_of(JsonObject* root) {
    std::vector<JsonObject*> segments;
    auto* node = json_object_get_member(root, "segments");
    auto* list = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : nullptr;
    for (guint i = 0; list && i < json_array_get_length(list); i++)
        if (auto* element = json_array_get_element(list, i); JSON_NODE_HOLDS_OBJECT(element))
            segments.push_back(json_node_get_object(element));
    return segments;
}

std::string base_name(const std::string& path) {
    Owned<char> name{g_path_get_basename(path.c_str())};
    return name.get();
}

std::string directory_of(const std::string& path) {
    Owned<char> directory{g_path_get_dirname(path.c_str())};
    return directory.get();
}

// A manifest that is to be finished, and the segment in it that names a file.
struct Found {
    std::string path;
    Ref<JsonParser> parser;
    JsonNode* node = nullptr;
    JsonObject* root = nullptr;
    JsonObject* segment = nullptr;
    bool waits = false; // all but the file, which was left in parts, is told in it already
};

std::optional<Found> read(const std::string& path) {
    Found found{path, adopt(json_parser_new())};
    if (!json_parser_load_from_file(found.parser.get(), path.c_str(), nullptr))
        return std::nullopt;
    found.node = json_parser_get_root(found.parser.get());
    if (!found.node || !JSON_NODE_HOLDS_OBJECT(found.node))
        return std::nullopt;
    found.root = json_node_get_object(found.node);
    return found;
}

std::optional<Found> look_at(const std::string& path, const std::string& file) {
    auto found = read(path);
    if (!found)
        return std::nullopt;
    for (auto* segment : segments_of(found->root)) {
        auto name = text_of(segment, "file");
        if (name != file && name != part_path({file}))
            continue;
        found->segment = segment;
        found->waits = name != file && text_of(found->root, "state") == "finished";
    }
    bool open = text_of(found->root, "state") == "recording" ||
                text_of(found->root, "reason") == interrupted_reason;
    return open || found->waits ? found : std::nullopt;
}

// Beside its first file, which may have been whole before; or it has its name from another one.
std::optional<Found> find_manifest(const std::string& location) {
    auto file = base_name(location);
    auto found = look_at(manifest_path(location), file);
    if (found)
        return found;
    for_each_file(directory_of(location), 0, [&](const std::string& path) {
        auto other = path.ends_with(".json") ? look_at(path, file) : std::nullopt;
        if (other && other->segment)
            found = std::move(other);
        return !found;
    });
    return found;
}

void describe(JsonObject* segment, const Recovered& file) {
    json_object_set_string_member(segment, "file", base_name(file.path).c_str());
    json_object_set_int_member(segment, "bytes", gint64(file.bytes));
    if (file.duration > 0)
        json_object_set_int_member(segment, "duration_ns", gint64(file.duration));
    json_object_set_boolean_member(segment, "whole", file.whole);
    if (!file.sha256.empty())
        json_object_set_string_member(segment, "sha256", file.sha256.c_str());
}

// What the segments say of the whole.
void add_up(JsonObject* root) {
    gint64 bytes = 0;
    gint64 end = 0;
    for (auto* segment : segments_of(root)) {
        bytes += number_of(segment, "bytes");
        end = std::max(end, number_of(segment, "offset_ns") + number_of(segment, "duration_ns"));
    }
    json_object_set_int_member(root, "bytes", bytes);
    json_object_set_int_member(root, "duration_ns", end);
}

// Those of which there is no file go over to "unwritten". Gives their names.
std::vector<std::string> remove_missing(JsonObject* root, const std::string& directory) {
    auto* list = json_object_get_array_member(root, "segments");
    std::vector<std::string> missing;
    auto* unwritten = json_array_new();
    for (guint i = json_array_get_length(list); i-- > 0;) {
        auto* segment = json_array_get_object_element(list, i);
        auto name = text_of(segment, "file");
        GStatBuf status;
        if (g_stat((directory + "/" + name).c_str(), &status) == 0) {
            json_object_set_int_member(segment, "bytes", gint64(status.st_size));
            continue;
        }
        json_array_add_string_element(unwritten, name.c_str());
        missing.push_back(name);
        json_array_remove_element(list, i);
    }
    json_object_set_array_member(root, "unwritten", unwritten);
    return missing;
}

void set_interrupted(JsonObject* root, GDateTime* stopped) {
    json_object_set_string_member(root, "state", "finished");
    json_object_set_string_member(root, "reason", interrupted_reason);
    if (stopped)
        json_object_set_string_member(root, "stopped", utc_text(stopped).c_str());
}

std::string text_of(JsonNode* node) {
    Owned<char> text{json_to_string(node, TRUE)};
    return std::string(text.get()) + "\n";
}

} // namespace

Result<std::string> finish_manifest(const Recovered& file) {
    auto found = find_manifest(file.location);
    auto manifest = found ? ManifestFile::take_over(found->path) : std::nullopt;
    if (!manifest)
        return std::string();
    if (!found->waits)
        set_interrupted(found->root, file.stopped.get());
    if (found->segment) {
        describe(found->segment, file);
        add_up(found->root);
    }
    auto written = manifest->finish(text_of(found->node));
    if (!written)
        return written.error();
    return found->path;
}

Result<Settled> settle_manifest(const Stored& recording) {
    auto manifest = ManifestFile::take_over(recording.manifest);
    auto found = manifest ? read(recording.manifest) : std::nullopt;
    if (!found)
        return Error{"can't read " + recording.manifest};
    auto directory = directory_of(recording.manifest);
    auto stopped = adopt(g_date_time_new_from_unix_utc(recording.stopped));
    set_interrupted(found->root, stopped.get());
    Settled settled{"", remove_missing(found->root, directory)};
    add_up(found->root);
    if (auto segments = segments_of(found->root); !segments.empty())
        settled.location = directory + "/" + text_of(segments.front(), "file");
    if (auto written = manifest->finish(text_of(found->node)); !written)
        return written.error();
    return settled;
}

} // namespace rtc
