#include "pipelines/servicesettings.hpp"

#include "signaling/base/elementtext.hpp"

#include <algorithm>

namespace rtc {

Result<ServiceSettings> read_service_settings(const std::string& path,
                                              const std::vector<std::string>& groups) {
    std::unique_ptr<GKeyFile, decltype(&g_key_file_unref)> file(g_key_file_new(), g_key_file_unref);
    GError* error = nullptr;
    if (!g_key_file_load_from_file(file.get(), path.c_str(), G_KEY_FILE_NONE, &error)) {
        Owned<GError> owned{error};
        return Error{path + ": " + error->message};
    }
    ServiceSettings settings;
    std::unique_ptr<char*, decltype(&g_strfreev)> names(g_key_file_get_groups(file.get(), nullptr),
                                                        g_strfreev);
    for (char** group = names.get(); *group; group++) {
        if (std::find(groups.begin(), groups.end(), *group) == groups.end()) {
            std::string known;
            for (const auto& name : groups)
                known += " [" + name + "]";
            return Error{path + ": there is no group [" + *group + "]; there are" + known};
        }
        std::unique_ptr<char*, decltype(&g_strfreev)> keys(
            g_key_file_get_keys(file.get(), *group, nullptr, nullptr), g_strfreev);
        for (char** key = keys.get(); *key; key++) {
            Owned<char> value{g_key_file_get_string(file.get(), *group, *key, nullptr)};
            if (!value)
                return Error{path + ": [" + *group + "] " + *key +
                             ": write \\\\ for a backslash, and no other escapes than \\s \\n \\t"};
            settings[*group][*key] = value.get();
        }
    }
    return settings;
}

Result<void> apply_settings(GstElement* element, const std::string& group,
                            const std::map<std::string, std::string>& values) {
    for (const auto& [key, text] : values) {
        if (key == "element")
            continue;
        auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), key.c_str());
        if (spec && spec->value_type == G_TYPE_STRV) {
            std::unique_ptr<char*, decltype(&g_strfreev)> list(g_strsplit(text.c_str(), ";", -1),
                                                               g_strfreev);
            g_object_set(element, key.c_str(), list.get(), nullptr);
        } else if (auto set = set_from_text(element, key, text); !set) {
            return Error{"[" + group + "] " + set.error().message};
        }
    }
    return {};
}

} // namespace rtc
