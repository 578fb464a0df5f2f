#include "signaling/base/json.hpp"

namespace rtc {
namespace {

bool is_structural(char c) {
    return std::string_view("{}[]:, \t\r\n+-.").find(c) != std::string_view::npos ||
           g_ascii_isalnum(c);
}

// What json-glib must not see: it takes comments and other extensions, and recurses as deep as the
// brackets go.
const char* objection(std::string_view text, int max_depth, size_t max_values) {
    if (!g_utf8_validate(text.data(), gssize(text.size()), nullptr))
        return "is not UTF-8";
    int depth = 0;
    size_t values = 0; // about: all but the first of each object and array follow a comma
    bool quoted = false;
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        if (quoted && c == '\\') {
            if (text.substr(i + 1).starts_with("u0000"))
                return "has a NUL in a string";
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            if (!is_structural(c))
                return "is not JSON";
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            if (depth > max_depth)
                return "is nested too deep";
            values += c == ',' || c == '{' || c == '[';
            if (values > max_values)
                return "has too many values";
        }
    }
    return nullptr;
}

std::string serialise(JsonNode* node) {
    Owned<char> text{json_to_string(node, FALSE)};
    return text.get();
}

// A \u escape of half a surrogate pair makes bytes that aren't UTF-8.
std::optional<std::string> string_of(JsonNode* node) {
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return std::nullopt;
    const char* text = json_node_get_string(node);
    if (!g_utf8_validate(text, -1, nullptr))
        return std::nullopt;
    return text;
}

} // namespace

Result<JsonValue> JsonValue::parse(std::string_view text, int max_depth, size_t max_values) {
    if (auto* reason = objection(text, max_depth, max_values))
        return Error{std::string("the message ") + reason};
    auto parser = adopt(json_parser_new_immutable());
    GError* failure = nullptr;
    if (!json_parser_load_from_data(parser.get(), text.data(), gssize(text.size()), &failure)) {
        Owned<GError> error{failure};
        return Error{"the message is not JSON"};
    }
    std::shared_ptr<JsonNode> root(json_parser_steal_root(parser.get()),
                                   [](JsonNode* node) { g_clear_pointer(&node, json_node_unref); });
    if (!root || !JSON_NODE_HOLDS_OBJECT(root.get()))
        return Error{"the message is no JSON object"};
    if (auto all = serialise(root.get()); !g_utf8_validate(all.data(), gssize(all.size()), nullptr))
        return Error{"the message has half a surrogate pair"};
    auto* object = json_node_get_object(root.get());
    return JsonValue(std::move(root), object);
}

JsonNode* JsonValue::member(const char* name, JsonNodeType type) const {
    auto* node = json_object_get_member(object_, name);
    return node && JSON_NODE_TYPE(node) == type ? node : nullptr;
}

bool JsonValue::has(const char* name) const {
    auto* node = json_object_get_member(object_, name);
    return node && !JSON_NODE_HOLDS_NULL(node);
}

std::optional<std::string> JsonValue::text(const char* name) const {
    return string_of(json_object_get_member(object_, name));
}

std::optional<gint64> JsonValue::integer(const char* name) const {
    auto* node = member(name, JSON_NODE_VALUE);
    if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
        return std::nullopt;
    return json_node_get_int(node);
}

std::optional<JsonValue> JsonValue::object(const char* name) const {
    auto* node = member(name, JSON_NODE_OBJECT);
    if (!node)
        return std::nullopt;
    return JsonValue(root_, json_node_get_object(node));
}

std::optional<std::vector<JsonValue>> JsonValue::objects(const char* name) const {
    auto* node = member(name, JSON_NODE_ARRAY);
    if (!node)
        return std::nullopt;
    std::vector<JsonValue> values;
    auto* array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        auto* element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_OBJECT(element))
            return std::nullopt;
        values.push_back(JsonValue(root_, json_node_get_object(element)));
    }
    return values;
}

std::optional<std::vector<std::string>> JsonValue::texts(const char* name) const {
    auto* node = member(name, JSON_NODE_ARRAY);
    if (!node)
        return std::nullopt;
    std::vector<std::string> values;
    auto* array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        auto text = string_of(json_array_get_element(array, i));
        if (!text)
            return std::nullopt;
        values.push_back(std::move(*text));
    }
    return values;
}

std::string JsonValue::to_string() const {
    Owned<JsonNode> node{json_node_new(JSON_NODE_OBJECT)};
    json_node_set_object(node.get(), object_);
    return serialise(node.get());
}

std::string shortened(const std::string& text, glong characters) {
    auto length = g_utf8_strlen(text.c_str(), -1);
    Owned<char> start{g_utf8_substring(text.c_str(), 0, MIN(length, characters))};
    return start.get();
}

JsonWriter::JsonWriter()
    : builder_(adopt(json_builder_new())) {
    json_builder_begin_object(builder_.get());
}

JsonWriter& JsonWriter::text(const char* name, const std::string& value) {
    json_builder_set_member_name(builder_.get(), name);
    json_builder_add_string_value(builder_.get(), value.c_str());
    return *this;
}

JsonWriter& JsonWriter::text_or_null(const char* name, const std::optional<std::string>& value) {
    if (value)
        return text(name, *value);
    return json(name, "");
}

JsonWriter& JsonWriter::integer(const char* name, gint64 value) {
    json_builder_set_member_name(builder_.get(), name);
    json_builder_add_int_value(builder_.get(), value);
    return *this;
}

JsonWriter& JsonWriter::number(const char* name, double value) {
    json_builder_set_member_name(builder_.get(), name);
    json_builder_add_double_value(builder_.get(), value);
    return *this;
}

JsonWriter& JsonWriter::json(const char* name, const std::string& json) {
    json_builder_set_member_name(builder_.get(), name);
    JsonNode* node = json.empty() ? nullptr : json_from_string(json.c_str(), nullptr);
    if (node)
        json_builder_add_value(builder_.get(), node);
    else
        json_builder_add_null_value(builder_.get());
    return *this;
}

JsonWriter& JsonWriter::begin_object(const char* name) {
    if (name)
        json_builder_set_member_name(builder_.get(), name);
    json_builder_begin_object(builder_.get());
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    json_builder_end_object(builder_.get());
    return *this;
}

JsonWriter& JsonWriter::begin_array(const char* name) {
    json_builder_set_member_name(builder_.get(), name);
    json_builder_begin_array(builder_.get());
    return *this;
}

JsonWriter& JsonWriter::item(const std::string& text) {
    json_builder_add_string_value(builder_.get(), text.c_str());
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    json_builder_end_array(builder_.get());
    return *this;
}

std::string JsonWriter::finish() {
    json_builder_end_object(builder_.get());
    Owned<JsonNode> root{json_builder_get_root(builder_.get())};
    return serialise(root.get());
}

} // namespace rtc
