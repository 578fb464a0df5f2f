#include "plugins/record/messages.hpp"

#include <algorithm>
#include <functional>

namespace rtc {
namespace {

std::string location_of(const Manifest& manifest, size_t segment) {
    return segment < manifest.segments.size() ? manifest.segments[segment].location : "";
}

std::string valid(const std::string& text) {
    Owned<char> result{g_utf8_make_valid(text.c_str(), gssize(text.size()))};
    return result.get();
}

GstStructure* make(const char* name, const Manifest& manifest, const std::string& location) {
    return gst_structure_new(name, "id", G_TYPE_STRING, manifest.id.c_str(), "session",
                             G_TYPE_STRING, valid(manifest.session).c_str(), "peer", G_TYPE_STRING,
                             valid(manifest.peer).c_str(), "room", G_TYPE_STRING,
                             valid(manifest.room).c_str(), "location", G_TYPE_STRING,
                             valid(location).c_str(), nullptr);
}

void append(GValue* list, GType type, const std::function<void(GValue*)>& set) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, type);
    set(&value);
    gst_value_array_append_and_take_value(list, &value);
}

GstStructure* track_fields(const TrackSummary& track) {
    auto* fields = gst_structure_new(
        "track", "id", G_TYPE_STRING, valid(track.id).c_str(), "kind", G_TYPE_STRING,
        to_string(track.codec->kind), "codec", G_TYPE_STRING, track.codec->name, "first",
        G_TYPE_UINT64, guint64(track.first), "end", G_TYPE_UINT64, guint64(track.end), "frames",
        G_TYPE_UINT64, track.frames, "bytes", G_TYPE_UINT64, track.bytes, "gaps", G_TYPE_UINT64,
        track.gaps, "missing", G_TYPE_UINT64, guint64(track.missing), "losses", G_TYPE_UINT64,
        track.losses, nullptr);
    if (track.from)
        gst_structure_set(fields, "transcoded-from", G_TYPE_STRING, track.from->name, nullptr);
    if (track.width > 0 && track.height > 0)
        gst_structure_set(fields, "width", G_TYPE_INT, track.width, "height", G_TYPE_INT,
                          track.height, nullptr);
    return fields;
}

GstStructure* segment_fields(const SegmentSummary& segment) {
    auto* fields = gst_structure_new(
        "segment", "location", G_TYPE_STRING, valid(segment.location).c_str(), "offset",
        G_TYPE_UINT64, guint64(std::max(segment.offset, gint64(0))), "duration", G_TYPE_UINT64,
        guint64(segment.duration), "bytes", G_TYPE_UINT64, segment.bytes, "whole", G_TYPE_BOOLEAN,
        gboolean(segment.whole), nullptr);
    if (!segment.sha256.empty())
        gst_structure_set(fields, "sha256", G_TYPE_STRING, segment.sha256.c_str(), nullptr);
    return fields;
}

void add_segments(GstStructure* message, const Manifest& manifest) {
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_ARRAY);
    for (const auto& segment : manifest.segments)
        append(&list, GST_TYPE_STRUCTURE,
               [&](GValue* value) { g_value_take_boxed(value, segment_fields(segment)); });
    gst_structure_take_value(message, "segments", &list);
}

void add_time(GstStructure* message, const char* name, GDateTime* time) {
    if (time)
        gst_structure_set(message, name, G_TYPE_STRING, utc_text(time).c_str(), nullptr);
}

void add_tracks(GstStructure* message, const Manifest& manifest) {
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_ARRAY);
    for (const auto& track : manifest.tracks) {
        if (!track.codec || track.frames == 0)
            continue;
        append(&list, GST_TYPE_STRUCTURE,
               [&](GValue* value) { g_value_take_boxed(value, track_fields(track)); });
    }
    gst_structure_take_value(message, "tracks", &list);
}

void add_texts(GstStructure* message, const char* name, const std::vector<std::string>& texts) {
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_ARRAY);
    for (const auto& text : texts)
        append(&list, G_TYPE_STRING,
               [&](GValue* value) { g_value_set_string(value, valid(text).c_str()); });
    gst_structure_take_value(message, name, &list);
}

void add_locations(GstStructure* message, const Manifest& manifest) {
    std::vector<std::string> locations;
    for (const auto& segment : manifest.segments)
        locations.push_back(segment.location);
    add_texts(message, "locations", locations);
    add_texts(message, "unwritten", manifest.unwritten);
}

} // namespace

GstStructure* started_message(const Manifest& manifest) {
    return make("rtc-recording-started", manifest, location_of(manifest, 0));
}

GstStructure* segment_message(const Manifest& manifest) {
    auto count = manifest.segments.size();
    auto* message = make("rtc-recording-segment", manifest, location_of(manifest, count - 1));
    gst_structure_set(message, "number", G_TYPE_UINT, guint(count), nullptr);
    return message;
}

GstStructure* finished_message(const Manifest& manifest) {
    auto* message = make("rtc-recording-finished", manifest, location_of(manifest, 0));
    gst_structure_set(message, "duration", G_TYPE_UINT64, guint64(manifest.duration()), "bytes",
                      G_TYPE_UINT64, manifest.bytes(), "reason", G_TYPE_STRING,
                      manifest.reason.c_str(), nullptr);
    add_time(message, "started", manifest.started.get());
    add_time(message, "stopped", manifest.stopped.get());
    add_tracks(message, manifest);
    add_segments(message, manifest);
    add_locations(message, manifest);
    return message;
}

GstStructure* snapshot_message(const Manifest& manifest, const std::string& path) {
    return make("rtc-recording-snapshot", manifest, path);
}

GstStructure* deleted_message(const Expired& expired) {
    const auto& files = expired.recording.files;
    return gst_structure_new("rtc-recording-deleted", "location", G_TYPE_STRING,
                             valid(files.empty() ? "" : files.front()).c_str(), "manifest",
                             G_TYPE_STRING, valid(expired.recording.manifest).c_str(), "bytes",
                             G_TYPE_UINT64, expired.recording.bytes, "reason", G_TYPE_STRING,
                             expired.reason, nullptr);
}

GstStructure* stalled_message(const Manifest& manifest, const TrackSummary& track, bool stalled) {
    auto count = manifest.segments.size();
    auto* message = make("rtc-recording-stalled", manifest, location_of(manifest, count - 1));
    gst_structure_set(message, "track", G_TYPE_STRING, valid(track.id).c_str(), "kind",
                      G_TYPE_STRING, track.codec ? to_string(track.codec->kind) : "", "stalled",
                      G_TYPE_BOOLEAN, gboolean(stalled), nullptr);
    return message;
}

GstStructure* leftover_message(const std::string& location) {
    return gst_structure_new("rtc-recording-leftover", "location", G_TYPE_STRING,
                             valid(location).c_str(), nullptr);
}

} // namespace rtc
