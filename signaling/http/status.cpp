#include "signaling/http/status.hpp"

#include "signaling/base/refs.hpp"

#include <json-glib/json-glib.h>

namespace rtc::http {
namespace {

void add_string(JsonBuilder* builder, const char* name, const std::string& value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value.c_str());
}

void add_peer(JsonBuilder* builder, const PeerStatus& peer) {
    GDateTime* time = g_date_time_new_from_unix_utc(peer.since);
    Owned<char> since{time ? g_date_time_format_iso8601(time) : nullptr};
    g_clear_pointer(&time, g_date_time_unref);
    json_builder_begin_object(builder);
    add_string(builder, "id", peer.id);
    add_string(builder, "name", peer.name);
    if (!peer.room.empty())
        add_string(builder, "room", peer.room);
    add_string(builder, "since", since ? since.get() : "");
    add_string(builder, "state", peer.state);
    json_builder_end_object(builder);
}

void add_endpoint(JsonBuilder* builder, const EndpointStatus& endpoint) {
    json_builder_begin_object(builder);
    add_string(builder, "kind", endpoint.kind);
    add_string(builder, "path", endpoint.path);
    json_builder_set_member_name(builder, "live");
    json_builder_add_boolean_value(builder, endpoint.live);
    json_builder_set_member_name(builder, "token_required");
    json_builder_add_boolean_value(builder, endpoint.token_required);
    json_builder_set_member_name(builder, "sessions");
    json_builder_add_int_value(builder, gint64(endpoint.sessions));
    json_builder_set_member_name(builder, "peers");
    json_builder_begin_array(builder);
    for (const auto& peer : endpoint.peers)
        add_peer(builder, peer);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

} // namespace

std::string status_json(std::span<const EndpointStatus> endpoints) {
    auto builder = adopt(json_builder_new());
    json_builder_begin_object(builder.get());
    add_string(builder.get(), "version", RTC_VERSION);
    json_builder_set_member_name(builder.get(), "endpoints");
    json_builder_begin_array(builder.get());
    for (const auto& endpoint : endpoints)
        add_endpoint(builder.get(), endpoint);
    json_builder_end_array(builder.get());
    json_builder_end_object(builder.get());
    auto* root = json_builder_get_root(builder.get());
    Owned<char> text{json_to_string(root, FALSE)};
    json_node_unref(root);
    return text.get();
}

} // namespace rtc::http
