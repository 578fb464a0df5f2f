#include "pipelines/servicesettings.hpp"

#include <algorithm>

namespace rtc {
namespace {

// Strings as they are; anything else as gst-launch-1.0 reads it.
bool read_value(GParamSpec* spec, const std::string& text, GValue* value) {
    g_value_init(value, G_PARAM_SPEC_VALUE_TYPE(spec));
    if (G_VALUE_HOLDS_STRING(value)) {
        g_value_set_string(value, text.c_str());
        return true;
    }
    if (G_PARAM_SPEC_VALUE_TYPE(spec) == G_TYPE_STRV) {
        g_value_take_boxed(value, g_strsplit(text.c_str(), ";", -1));
        return true;
    }
    // It would change a value out of range into one within.
    return gst_value_deserialize_with_pspec(value, text.c_str(), spec) &&
           !g_param_value_validate(spec, value);
}

} // namespace

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
    auto* klass = G_OBJECT_GET_CLASS(element);
    std::string factory = GST_OBJECT_NAME(gst_element_get_factory(element));
    for (const auto& [key, text] : values) {
        if (key == "element")
            continue;
        auto* spec = g_object_class_find_property(klass, key.c_str());
        if (!spec || !(spec->flags & G_PARAM_WRITABLE))
            return Error{"[" + group + "] " + key + ": " + factory +
                         " has no such property; see gst-inspect-1.0 " + factory};
        GValue value = G_VALUE_INIT;
        bool taken = read_value(spec, text, &value);
        if (taken)
            g_object_set_property(G_OBJECT(element), key.c_str(), &value);
        g_value_unset(&value);
        if (!taken)
            return Error{"[" + group + "] " + key + ": the value is none that " + factory +
                         " takes; see gst-inspect-1.0 " + factory};
    }
    return {};
}

} // namespace rtc
