// What every element's GObject shell shares: a property table over a plain struct.
//
// A Settings struct carries the defaults as member initialisers; a table has one row a property,
// in the order of the property ids (1, 2, …). The shell's set_property and get_property are one
// line each, under the object lock; sessions take a copy of the struct when they start.
//
//   struct Settings { guint port = 8080; std::string address = "0.0.0.0"; bool trickle = true; };
//   const Property<Settings> properties[] = {
//       {"port", "TCP port to listen on; 0 takes any free one", &Settings::port, 0, 65535},
//       {"address", "Address to listen on", &Settings::address},
//   };
#pragma once

#include <gst/gst.h>

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace rtc {

using Strings = std::vector<std::string>;

// A member that holds one value of a registered GEnum.
template <typename Settings>
struct EnumMember {
    int Settings::*member;
    GType (*type)();
};

// A text that can be set but not read, so that no dump of properties shows it.
template <typename Settings>
struct Secret {
    std::string Settings::*member;
};

template <typename Settings>
struct Property {
    const char* name;
    const char* blurb;
    std::variant<bool Settings::*, guint Settings::*, int Settings::*, guint64 Settings::*,
                 std::string Settings::*, Strings Settings::*, EnumMember<Settings>,
                 Secret<Settings>>
        member;
    gint64 minimum = 0;
    gint64 maximum = G_MAXUINT;
    GParamFlags flags = GParamFlags(0);
};

namespace detail {
template <typename... F>
struct overloaded : F... {
    using F::operator()...;
};
template <typename... F>
overloaded(F...) -> overloaded<F...>;
} // namespace detail

template <typename Settings>
GParamSpec* make_param_spec(const Property<Settings>& row) {
    static const Settings defaults{};
    auto flags = GParamFlags(row.flags | G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
    auto low = row.minimum;
    auto high = row.maximum;
    auto spec = detail::overloaded{
        [&](bool Settings::*m) {
            return g_param_spec_boolean(row.name, row.name, row.blurb, defaults.*m, flags);
        },
        [&](guint Settings::*m) {
            return g_param_spec_uint(row.name, row.name, row.blurb, guint(low), guint(high),
                                     defaults.*m, flags);
        },
        [&](int Settings::*m) {
            return g_param_spec_int(row.name, row.name, row.blurb, int(low),
                                    int(MIN(high, G_MAXINT)), defaults.*m, flags);
        },
        [&](guint64 Settings::*m) {
            return g_param_spec_uint64(row.name, row.name, row.blurb, guint64(low), guint64(high),
                                       defaults.*m, flags);
        },
        [&](std::string Settings::*m) {
            // The text belongs to the static defaults above, so it outlives the spec.
            const auto& text = defaults.*m;
            return g_param_spec_string(row.name, row.name, row.blurb,
                                       text.empty() ? nullptr : text.c_str(), flags);
        },
        [&](Strings Settings::*) {
            return g_param_spec_boxed(row.name, row.name, row.blurb, G_TYPE_STRV, flags);
        },
        [&](const EnumMember<Settings>& m) {
            return g_param_spec_enum(row.name, row.name, row.blurb, m.type(), defaults.*m.member,
                                     flags);
        },
        [&](const Secret<Settings>&) {
            return g_param_spec_string(row.name, row.name, row.blurb, nullptr,
                                       GParamFlags(flags & ~G_PARAM_READABLE));
        },
    };
    return std::visit(spec, row.member);
}

// first_id: the property id of the first row.
template <typename Settings>
void install_properties(GObjectClass* klass, std::span<const Property<Settings>> table,
                        guint first_id = 1) {
    for (guint i = 0; i < table.size(); i++)
        g_object_class_install_property(klass, first_id + i, make_param_spec(table[i]));
}

template <typename Settings>
void set_property(std::span<const Property<Settings>> table, Settings& settings, guint id,
                  const GValue* value) {
    auto set = detail::overloaded{
        [&](bool Settings::*m) { settings.*m = g_value_get_boolean(value); },
        [&](guint Settings::*m) { settings.*m = g_value_get_uint(value); },
        [&](int Settings::*m) { settings.*m = g_value_get_int(value); },
        [&](guint64 Settings::*m) { settings.*m = g_value_get_uint64(value); },
        [&](std::string Settings::*m) {
            const char* text = g_value_get_string(value);
            settings.*m = text ? text : "";
        },
        [&](Strings Settings::*m) {
            auto& list = settings.*m;
            list.clear();
            for (auto** text = static_cast<char**>(g_value_get_boxed(value)); text && *text; text++)
                list.emplace_back(*text);
        },
        [&](const EnumMember<Settings>& m) { settings.*m.member = g_value_get_enum(value); },
        [&](const Secret<Settings>& m) {
            const char* text = g_value_get_string(value);
            settings.*m.member = text ? text : "";
        },
    };
    std::visit(set, table[id - 1].member);
}

template <typename Settings>
void get_property(std::span<const Property<Settings>> table, const Settings& settings, guint id,
                  GValue* value) {
    auto get = detail::overloaded{
        [&](bool Settings::*m) { g_value_set_boolean(value, settings.*m); },
        [&](guint Settings::*m) { g_value_set_uint(value, settings.*m); },
        [&](int Settings::*m) { g_value_set_int(value, settings.*m); },
        [&](guint64 Settings::*m) { g_value_set_uint64(value, settings.*m); },
        [&](std::string Settings::*m) {
            const auto& text = settings.*m;
            g_value_set_string(value, text.empty() ? nullptr : text.c_str());
        },
        [&](Strings Settings::*m) {
            const auto& list = settings.*m;
            auto** copy = g_new0(char*, list.size() + 1);
            for (size_t i = 0; i < list.size(); i++)
                copy[i] = g_strdup(list[i].c_str());
            g_value_take_boxed(value, copy);
        },
        [&](const EnumMember<Settings>& m) { g_value_set_enum(value, settings.*m.member); },
        [](const Secret<Settings>&) {},
    };
    std::visit(get, table[id - 1].member);
}

} // namespace rtc
