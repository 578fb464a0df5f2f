// JSON as peers may send it: strict, bounded, and text all through (RFC 8259). Pure.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <json-glib/json-glib.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtc {

RTC_OWNED_TRAITS(JsonNode, json_node_unref);

// An object that was read. Copies share it.
class JsonValue {
public:
    // Refused: what is no object, no UTF-8, nested deeper than `max_depth`, or has more values than
    // `max_values`; comments and other extensions; NUL and half surrogate pairs in strings. What
    // strangers send is held to few values: json-glib's time grows with the square of the members.
    static Result<JsonValue> parse(std::string_view text, int max_depth = 32,
                                   size_t max_values = G_MAXSIZE);

    bool has(const char* name) const; // and it isn't null
    // Nothing where it is absent or of another type.
    std::optional<std::string> text(const char* name) const;
    std::optional<gint64> integer(const char* name) const;
    std::optional<JsonValue> object(const char* name) const;
    // An array of objects, or of strings.
    std::optional<std::vector<JsonValue>> objects(const char* name) const;
    std::optional<std::vector<std::string>> texts(const char* name) const;
    std::string to_string() const;

private:
    JsonValue(std::shared_ptr<JsonNode> root, JsonObject* object)
        : root_(std::move(root))
        , object_(object) {}
    JsonNode* member(const char* name, JsonNodeType type) const;

    std::shared_ptr<JsonNode> root_;
    JsonObject* object_; // of the root
};

// At most so many characters of the text.
std::string shortened(const std::string& text, glong characters);

// Writes one object, member by member.
class JsonWriter {
public:
    JsonWriter();
    JsonWriter& text(const char* name, const std::string& value);
    JsonWriter& text_or_null(const char* name, const std::optional<std::string>& value);
    JsonWriter& integer(const char* name, gint64 value);
    JsonWriter& number(const char* name, double value); // finite
    // `json` is valid JSON, or "" for null.
    JsonWriter& json(const char* name, const std::string& json);
    JsonWriter& begin_object(const char* name = nullptr); // without a name: in an array
    JsonWriter& end_object();
    JsonWriter& begin_array(const char* name);
    JsonWriter& item(const std::string& text);
    JsonWriter& end_array();
    // Ends the object.
    std::string finish();

private:
    Ref<JsonBuilder> builder_;
};

} // namespace rtc
