#include "signaling/base/elementtext.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>

namespace rtc {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_name(char c) {
    return g_ascii_isalnum(c) || c == '-' || c == '_';
}

// The first word, with what stands behind each "=" left out.
std::string shown(std::string_view text) {
    text = text.substr(0, text.find_first_of(blanks));
    std::string result = "\"";
    while (!text.empty()) {
        auto end = text.find('=');
        result += text.substr(0, end);
        if (end == text.npos)
            break;
        result += "=…";
        text.remove_prefix(std::min(text.find_first_of(",;", end), text.size()));
    }
    return result + "\"";
}

// What a property takes, in words.
std::string wanted(GParamSpec* spec) {
    if (auto* number = reinterpret_cast<GParamSpecUInt*>(spec); G_IS_PARAM_SPEC_UINT(spec))
        return "a whole number from " + std::to_string(number->minimum) + " to " +
               std::to_string(number->maximum);
    if (auto* number = reinterpret_cast<GParamSpecInt*>(spec); G_IS_PARAM_SPEC_INT(spec))
        return "a whole number from " + std::to_string(number->minimum) + " to " +
               std::to_string(number->maximum);
    if (G_IS_PARAM_SPEC_BOOLEAN(spec))
        return "true or false";
    if (!G_IS_PARAM_SPEC_ENUM(spec))
        return std::string("a ") + g_type_name(spec->value_type);
    std::string nicks;
    auto* values = G_PARAM_SPEC_ENUM(spec)->enum_class;
    for (guint i = 0; i < values->n_values; i++)
        nicks += (i == 0                     ? ""
                  : i + 1 < values->n_values ? ", "
                                             : " or ") +
                 std::string(values->values[i].value_nick);
    return nicks;
}

std::string factory_of(GstElement* element) {
    auto* factory = gst_element_get_factory(element);
    return factory ? GST_OBJECT_NAME(factory) : G_OBJECT_TYPE_NAME(element);
}

// Reads what stands behind the name of a factory.
class PropertyReader {
public:
    explicit PropertyReader(std::string_view text)
        : text_(text) {}

    bool at_end() {
        skip_blanks();
        return text_.empty();
    }

    std::string name() {
        skip_blanks();
        return word(is_name);
    }

    // Of the property `name`, which was just read.
    Result<std::string> value(const std::string& name) {
        auto from = name + std::string(text_);
        skip_blanks();
        if (name.empty() || !text_.starts_with('='))
            return Error{shown(from) + " is not taken: write property=value, and blanks between "
                                       "two of them"};
        text_.remove_prefix(1);
        skip_blanks();
        return !text_.empty() && (text_[0] == '"' || text_[0] == '\'') ? quoted(name) : plain();
    }

    std::string word(bool (*fits)(char)) {
        std::string word;
        for (; !text_.empty() && fits(text_[0]); text_.remove_prefix(1))
            word += text_[0];
        return word;
    }

    std::string_view rest() const { return text_; }

private:
    void skip_blanks() {
        text_.remove_prefix(std::min(text_.find_first_not_of(blanks), text_.size()));
    }

    char next() {
        if (text_[0] == '\\' && text_.size() > 1)
            text_.remove_prefix(1);
        char c = text_[0];
        text_.remove_prefix(1);
        return c;
    }

    std::string plain() {
        std::string value;
        while (!text_.empty() && blanks.find(text_[0]) == blanks.npos)
            value += next();
        return value;
    }

    Result<std::string> quoted(const std::string& name) {
        std::string value;
        char quote = text_[0];
        text_.remove_prefix(1);
        while (!text_.empty() && text_[0] != quote)
            value += next();
        if (text_.empty())
            return Error{"the value of " + name + " lacks its closing " + quote};
        text_.remove_prefix(1);
        if (!text_.empty() && blanks.find(text_[0]) == blanks.npos)
            return Error{shown(text_) + " right behind the value of " + name +
                         " is not taken: write a blank between two properties"};
        return value;
    }

    std::string_view text_;
};

Result<Ref<GstElement>> make_plain(PropertyReader& reader) {
    auto factory = reader.name();
    if (factory.empty())
        return Error{reader.at_end() ? std::string("it is empty: write the name of an element")
                                     : shown(reader.rest()) + " is no name of an element"};
    if (!reader.rest().empty() && blanks.find(reader.rest()[0]) == blanks.npos)
        return Error{shown(reader.rest()) + " right behind " + factory +
                     " is not taken: properties stand behind blanks, as in \"" + factory +
                     " property=value property=value\""};
    auto element = sink(gst_element_factory_make(factory.c_str(), nullptr));
    if (!element)
        return Error{"there is no element " + factory +
                     ": see its name in the documentation, or install its plugin"};
    return element;
}

} // namespace

Result<Ref<GstElement>> make_element(std::string_view text) {
    PropertyReader reader(text);
    auto element = make_plain(reader);
    while (element && !reader.at_end()) {
        auto name = reader.name();
        auto value = reader.value(name);
        if (!value)
            return value.error();
        if (auto set = set_from_text(element->get(), name, *value); !set)
            return set.error();
    }
    return element;
}

Result<void> set_from_text(GstElement* element, const std::string& property,
                           const std::string& text) {
    auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), property.c_str());
    auto factory = factory_of(element);
    if (!spec || !(spec->flags & G_PARAM_WRITABLE))
        return Error{factory + " has no property " + property +
                     " that can be set; see gst-inspect-1.0 " + factory};
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    bool taken = true;
    if (G_VALUE_HOLDS_STRING(&value))
        g_value_set_string(&value, text.c_str());
    else // a value out of range would become one within
        taken = gst_value_deserialize_with_pspec(&value, text.c_str(), spec) &&
                !g_param_value_validate(spec, &value);
    if (taken)
        g_object_set_property(G_OBJECT(element), property.c_str(), &value);
    g_value_unset(&value);
    if (!taken)
        return Error{property + " of " + factory + " takes " + wanted(spec)};
    return {};
}

} // namespace rtc
