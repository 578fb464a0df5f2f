#include "plugins/rtc/sendstats.hpp"

#include "signaling/base/json.hpp"

namespace rtc {
namespace {

Owned<GstStructure> describe(const ViewerStatistics& viewer) {
    const auto& sent = viewer.sent;
    return Owned<GstStructure>(gst_structure_new(
        "viewer", "session", G_TYPE_STRING, viewer.session.c_str(), "peer", G_TYPE_STRING,
        viewer.peer.c_str(), "seconds", G_TYPE_DOUBLE, viewer.seconds, "rung", G_TYPE_UINT,
        viewer.rung, "temporal-layer", G_TYPE_UINT, viewer.temporal_layer, "estimate", G_TYPE_UINT,
        sent.estimate, "packets", G_TYPE_UINT64, sent.packets, "bytes", G_TYPE_UINT64, sent.bytes,
        "nacks", G_TYPE_UINT64, sent.nacks, "retransmitted", G_TYPE_UINT64, sent.retransmitted,
        "refused", G_TYPE_UINT64, sent.refused, "fec", G_TYPE_UINT64, sent.protecting, "dropped",
        G_TYPE_UINT64, sent.dropped, "keyframe-requests", G_TYPE_UINT64, sent.keyframe_requests,
        "loss", G_TYPE_DOUBLE, sent.loss, "jitter", G_TYPE_DOUBLE, sent.jitter, "rtt",
        G_TYPE_DOUBLE, sent.rtt, nullptr));
}

Owned<GstStructure> describe(const Encoding& encoding) {
    return Owned<GstStructure>(gst_structure_new(
        "encoding", "stream", G_TYPE_STRING, encoding.stream.c_str(), "codec", G_TYPE_STRING,
        encoding.codec->name, "rung", G_TYPE_UINT, encoding.rung, "encoder", G_TYPE_STRING,
        encoding.encoder.c_str(), "running", G_TYPE_BOOLEAN, encoding.running, "width", G_TYPE_UINT,
        encoding.width, "height", G_TYPE_UINT, encoding.height, "target", G_TYPE_UINT,
        encoding.target, "bitrate", G_TYPE_UINT, encoding.rate, "viewers", G_TYPE_UINT,
        encoding.viewers, "keyframes", G_TYPE_UINT64, encoding.keyframes, nullptr));
}

template <typename Item>
void add_list(GstStructure* stats, const char* name, const std::vector<Item>& items) {
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_LIST);
    for (const auto& item : items) {
        GValue value = G_VALUE_INIT;
        g_value_init(&value, GST_TYPE_STRUCTURE);
        g_value_take_boxed(&value, describe(item).release());
        gst_value_list_append_and_take_value(&list, &value);
    }
    gst_structure_take_value(stats, name, &list);
}

void write(JsonWriter& json, const char* name, const GValue* value) {
    if (G_VALUE_HOLDS_STRING(value))
        json.text(name, g_value_get_string(value));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        json.json(name, g_value_get_boolean(value) ? "true" : "false");
    else if (G_VALUE_HOLDS_UINT64(value))
        json.integer(name, gint64(g_value_get_uint64(value)));
    else if (G_VALUE_HOLDS_UINT(value))
        json.integer(name, g_value_get_uint(value));
    else
        json.number(name, g_value_get_double(value));
}

} // namespace

Owned<GstStructure> to_structure(const SinkStatistics& statistics) {
    Owned<GstStructure> stats(gst_structure_new_empty("rtcsink-stats"));
    add_list(stats.get(), "viewers", statistics.viewers);
    add_list(stats.get(), "encodings", statistics.encodings);
    return stats;
}

std::string to_json(const SinkStatistics& statistics) {
    JsonWriter json;
    auto stats = to_structure(statistics);
    for (const char* name : {"viewers", "encodings"}) {
        const auto* list = gst_structure_get_value(stats.get(), name);
        json.begin_array(name);
        for (guint i = 0; i < gst_value_list_get_size(list); i++) {
            json.begin_object();
            const auto* fields = gst_value_get_structure(gst_value_list_get_value(list, i));
            for (int k = 0; k < gst_structure_n_fields(fields); k++) {
                const char* field = gst_structure_nth_field_name(fields, guint(k));
                write(json, field, gst_structure_get_value(fields, field));
            }
            json.end_object();
        }
        json.end_array();
    }
    return json.finish();
}

} // namespace rtc
