#include "plugins/rtc/sendstats.hpp"

#include "signaling/base/json.hpp"

namespace rtc {
namespace {

Owned<GstStructure> describe(const ViewerStatistics& viewer) {
    const auto& sent = viewer.sent;
    return Owned<GstStructure>(gst_structure_new(
        "viewer", "session", G_TYPE_STRING, viewer.session.c_str(), "peer", G_TYPE_STRING,
        viewer.peer.c_str(), "seconds", G_TYPE_DOUBLE, viewer.seconds, "rung", G_TYPE_UINT,
        viewer.rung, "estimate", G_TYPE_UINT, sent.estimate, "packets", G_TYPE_UINT64, sent.packets,
        "bytes", G_TYPE_UINT64, sent.bytes, "nacks", G_TYPE_UINT64, sent.nacks, "retransmitted",
        G_TYPE_UINT64, sent.retransmitted, "refused", G_TYPE_UINT64, sent.refused, "dropped",
        G_TYPE_UINT64, sent.dropped, "keyframe-requests", G_TYPE_UINT64, sent.keyframe_requests,
        "loss", G_TYPE_DOUBLE, sent.loss, "jitter", G_TYPE_DOUBLE, sent.jitter, "rtt",
        G_TYPE_DOUBLE, sent.rtt, nullptr));
}

void write(JsonWriter& json, const char* name, const GValue* value) {
    if (G_VALUE_HOLDS_STRING(value))
        json.text(name, g_value_get_string(value));
    else if (G_VALUE_HOLDS_UINT64(value))
        json.integer(name, gint64(g_value_get_uint64(value)));
    else if (G_VALUE_HOLDS_UINT(value))
        json.integer(name, g_value_get_uint(value));
    else
        json.number(name, g_value_get_double(value));
}

} // namespace

Owned<GstStructure> to_structure(const std::vector<ViewerStatistics>& viewers) {
    Owned<GstStructure> stats(gst_structure_new_empty("rtcsink-stats"));
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_LIST);
    for (const auto& viewer : viewers) {
        GValue value = G_VALUE_INIT;
        g_value_init(&value, GST_TYPE_STRUCTURE);
        g_value_take_boxed(&value, describe(viewer).release());
        gst_value_list_append_and_take_value(&list, &value);
    }
    gst_structure_take_value(stats.get(), "viewers", &list);
    return stats;
}

std::string to_json(const std::vector<ViewerStatistics>& viewers) {
    JsonWriter json;
    json.begin_array("viewers");
    for (const auto& viewer : viewers) {
        json.begin_object();
        auto fields = describe(viewer);
        for (int i = 0; i < gst_structure_n_fields(fields.get()); i++) {
            const char* name = gst_structure_nth_field_name(fields.get(), guint(i));
            write(json, name, gst_structure_get_value(fields.get(), name));
        }
        json.end_object();
    }
    return json.end_array().finish();
}

} // namespace rtc
