#include "plugins/record/leftmanifest.hpp"

#include "plugins/record/partfile.hpp"
#include "signaling/base/refs.hpp"

#include <json-glib/json-glib.h>

namespace rtc {
namespace {

// The member of the list `segments` that names the file.
JsonObject* find_segment(JsonObject* root, const std::string& file) {
    auto* segments = json_object_has_member(root, "segments")
                         ? json_object_get_array_member(root, "segments")
                         : nullptr;
    for (guint i = 0; segments && i < json_array_get_length(segments); i++) {
        auto* segment = json_array_get_object_element(segments, i);
        if (file == json_object_get_string_member_with_default(segment, "file", ""))
            return segment;
    }
    return nullptr;
}

std::string base_name(const std::string& path) {
    Owned<char> name{g_path_get_basename(path.c_str())};
    return name.get();
}

} // namespace

void finish_manifest(const std::string& location, const std::string& whole, guint64 bytes) {
    auto path = manifest_path(location);
    auto parser = adopt(json_parser_new());
    if (!json_parser_load_from_file(parser.get(), path.c_str(), nullptr))
        return;
    auto* node = json_parser_get_root(parser.get());
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return;
    auto* root = json_node_get_object(node);
    if (g_strcmp0(json_object_get_string_member_with_default(root, "state", ""), "recording") != 0)
        return;
    json_object_set_string_member(root, "state", "finished");
    json_object_set_string_member(root, "reason", "interrupted");
    json_object_set_int_member(root, "bytes", gint64(bytes));
    if (auto* segment = find_segment(root, base_name(location))) {
        json_object_set_string_member(segment, "file", base_name(whole).c_str());
        json_object_set_int_member(segment, "bytes", gint64(bytes));
        json_object_set_boolean_member(segment, "whole", TRUE);
    }
    Owned<char> text{json_to_string(node, TRUE)};
    auto json = std::string(text.get()) + "\n";
    g_file_set_contents(path.c_str(), json.c_str(), gssize(json.size()), nullptr);
}

} // namespace rtc
