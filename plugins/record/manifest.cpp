#include "plugins/record/manifest.hpp"

#include <json-glib/json-glib.h>

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

class Builder {
public:
    Builder()
        : builder_(adopt(json_builder_new())) {}
    void open() { json_builder_begin_object(builder_.get()); }
    void close() { json_builder_end_object(builder_.get()); }
    void open_list(const char* name) {
        member(name);
        json_builder_begin_array(builder_.get());
    }
    void close_list() { json_builder_end_array(builder_.get()); }
    void add(const char* name, const std::string& value) {
        member(name);
        add_item(value);
    }
    void add_item(const std::string& value) {
        Owned<char> text{g_utf8_make_valid(value.c_str(), gssize(value.size()))};
        json_builder_add_string_value(builder_.get(), text.get());
    }
    void add(const char* name, gint64 value) {
        member(name);
        json_builder_add_int_value(builder_.get(), value);
    }
    void add(const char* name, double value) {
        member(name);
        json_builder_add_double_value(builder_.get(), std::round(value * 1000) / 1000);
    }
    void add_bool(const char* name, bool value) {
        member(name);
        json_builder_add_boolean_value(builder_.get(), value);
    }
    void add_time(const char* name, GDateTime* time) {
        if (time)
            add(name, utc_text(time));
    }
    std::string text() {
        auto* root = json_builder_get_root(builder_.get());
        Owned<char> json{json_to_string(root, TRUE)};
        json_node_unref(root);
        return std::string(json.get()) + "\n";
    }

private:
    void member(const char* name) { json_builder_set_member_name(builder_.get(), name); }
    Ref<JsonBuilder> builder_;
};

void add_clock(Builder& json, const TrackSummary& track) {
    if (track.clock_over <= 0)
        return;
    json.add("clock_watched_ns", track.clock_over);
    json.add("clock_drift_ns", track.clock_drift);
    json.add("clock_drift_ppm", double(track.clock_drift) / double(track.clock_over) * 1e6);
    json.add("sync_error_ns", track.sync_error);
}

void add_track(Builder& json, const TrackSummary& track) {
    json.open();
    json.add("id", track.id);
    if (track.codec) {
        json.add("kind", std::string(to_string(track.codec->kind)));
        json.add("codec", std::string(track.codec->name));
        if (track.from)
            json.add("transcoded_from", std::string(track.from->name));
    }
    if (track.width > 0 && track.height > 0) {
        json.add("width", gint64(track.width));
        json.add("height", gint64(track.height));
    }
    if (track.first >= 0) {
        json.add("first_ns", track.first);
        json.add("end_ns", track.end);
    }
    json.add("frames", gint64(track.frames));
    json.add("bytes", gint64(track.bytes));
    json.add("dropped_before_keyframe", gint64(track.before_keyframe));
    json.add("dropped_after_loss", gint64(track.after_loss));
    if (track.from)
        json.add("dropped_before_encoder", gint64(track.before_encoder));
    json.add("gaps", gint64(track.gaps));
    json.add("missing_ns", track.missing);
    json.add("losses", gint64(track.losses));
    json.add("timestamps_moved", gint64(track.moved));
    json.add("stalls", gint64(track.stalls));
    add_clock(json, track);
    json.close();
}

std::string base_name(const std::string& path) {
    Owned<char> name{g_path_get_basename(path.c_str())};
    return name.get();
}

void add_segment(Builder& json, const SegmentSummary& segment) {
    json.open();
    json.add("file", base_name(segment.location));
    json.add("container", segment.container);
    json.add_time("started", segment.started.get());
    json.add("offset_ns", segment.offset);
    json.add("duration_ns", segment.duration);
    json.add("bytes", gint64(segment.bytes));
    json.add_bool("whole", segment.whole);
    if (!segment.sha256.empty())
        json.add("sha256", segment.sha256);
    json.close();
}

void add_names(Builder& json, const char* name, const std::vector<std::string>& paths) {
    json.open_list(name);
    for (const auto& path : paths)
        json.add_item(base_name(path));
    json.close_list();
}

} // namespace

gint64 Manifest::duration() const {
    gint64 first = G_MAXINT64;
    gint64 end = 0;
    for (const auto& track : tracks) {
        if (track.first < 0)
            continue;
        first = std::min(first, track.first);
        end = std::max(end, track.end);
    }
    return std::max(end - std::min(first, end), gint64(0));
}

guint64 Manifest::bytes() const {
    guint64 sum = 0;
    for (const auto& segment : segments)
        sum += segment.bytes;
    return sum;
}

std::string utc_text(GDateTime* time) {
    auto utc = adopt(g_date_time_to_utc(time));
    Owned<char> seconds{g_date_time_format(utc.get(), "%Y-%m-%dT%H:%M:%S")};
    Owned<char> text{
        g_strdup_printf("%s.%03dZ", seconds.get(), g_date_time_get_microsecond(utc.get()) / 1000)};
    return text.get();
}

std::string to_json(const Manifest& manifest) {
    Builder json;
    json.open();
    json.add("version", gint64(1));
    json.add("writer", std::string(manifest_writer));
    json.add("id", manifest.id);
    json.add("session", manifest.session);
    json.add("peer", manifest.peer);
    json.add("room", manifest.room);
    if (!manifest.only_track.empty())
        json.add("track", manifest.only_track);
    json.add("clock_ns", manifest.clock);
    json.add("state", std::string(manifest.stopped ? "finished" : "recording"));
    json.add_time("started", manifest.started.get());
    json.add_time("stopped", manifest.stopped.get());
    if (!manifest.reason.empty())
        json.add("reason", manifest.reason);
    json.add("duration_ns", manifest.duration());
    json.add("bytes", gint64(manifest.bytes()));
    json.add("reconnects", gint64(manifest.reconnects));
    json.add("pauses", gint64(manifest.pauses));
    json.add("paused_ns", manifest.paused);
    json.open_list("tracks");
    for (const auto& track : manifest.tracks)
        add_track(json, track);
    json.close_list();
    json.open_list("segments");
    for (const auto& segment : manifest.segments)
        add_segment(json, segment);
    json.close_list();
    add_names(json, "unwritten", manifest.unwritten);
    add_names(json, "snapshots", manifest.snapshots);
    json.close();
    return json.text();
}

} // namespace rtc
