#include "plugins/record/leftmanifest.hpp"

#include "plugins/record/manifest.hpp"
#include "plugins/record/partfile.hpp"

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

// A manifest that is to be finished, and the segment in it that names a file.
struct Found {
    std::string path;
    Ref<JsonParser> parser;
    JsonNode* node = nullptr;
    JsonObject* root = nullptr;
    JsonObject* segment = nullptr;
};

std::optional<Found> look_at(const std::string& path, const std::string& file) {
    Found found{path, adopt(json_parser_new())};
    if (!json_parser_load_from_file(found.parser.get(), path.c_str(), nullptr))
        return std::nullopt;
    found.node = json_parser_get_root(found.parser.get());
    if (!found.node || !JSON_NODE_HOLDS_OBJECT(found.node))
        return std::nullopt;
    found.root = json_node_get_object(found.node);
    if (text_of(found.root, "state") != "recording" &&
        text_of(found.root, "reason") != interrupted_reason)
        return std::nullopt;
    for (auto* segment : segments_of(found.root))
        if (text_of(segment, "file") == file)
            found.segment = segment;
    return found;
}

// Beside its first file, which may have been whole before; or it has its name from another one.
std::optional<Found> find_manifest(const std::string& location) {
    auto file = base_name(location);
    if (auto found = look_at(manifest_path(location), file))
        return found;
    Owned<char> directory{g_path_get_dirname(location.c_str())};
    auto* listing = g_dir_open(directory.get(), 0, nullptr);
    std::optional<Found> found;
    while (const char* entry = listing && !found ? g_dir_read_name(listing) : nullptr)
        if (g_str_has_suffix(entry, ".json")) {
            found = look_at(std::string(directory.get()) + "/" + entry, file);
            if (found && !found->segment)
                found.reset();
        }
    if (listing)
        g_dir_close(listing);
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

} // namespace

Result<std::string> finish_manifest(const Recovered& file) {
    auto found = find_manifest(file.location);
    if (!found)
        return std::string();
    json_object_set_string_member(found->root, "state", "finished");
    json_object_set_string_member(found->root, "reason", interrupted_reason);
    if (file.stopped)
        json_object_set_string_member(found->root, "stopped", utc_text(file.stopped.get()).c_str());
    if (found->segment) {
        describe(found->segment, file);
        add_up(found->root);
    }
    Owned<char> text{json_to_string(found->node, TRUE)};
    auto written = write_manifest_file(found->path, std::string(text.get()) + "\n");
    if (!written)
        return written.error();
    return found->path;
}

} // namespace rtc
