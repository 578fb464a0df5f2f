// What the tests of transcoding recordings share.
#pragma once

#include "tests/element/recording_rig.hpp"

namespace rtc::test {

inline std::function<void(GstElement*)> transcode(const char* policy, const char* profile = "") {
    return [=](GstElement* sink) {
        gst_util_set_object_arg(G_OBJECT(sink), "transcode", policy);
        g_object_set(sink, "transcode-profile", profile, nullptr);
    };
}

inline JsonObject* track_of(JsonObject* manifest, const char* kind) {
    auto* tracks = json_object_get_array_member(manifest, "tracks");
    for (guint i = 0; i < json_array_get_length(tracks); i++) {
        auto* track = json_array_get_object_element(tracks, i);
        if (g_str_equal(json_object_get_string_member(track, "kind"), kind))
            return track;
    }
    g_error("the manifest has no track of %s", kind);
}

inline std::string text(JsonObject* object, const char* member) {
    return json_object_has_member(object, member) ? json_object_get_string_member(object, member)
                                                  : "";
}

} // namespace rtc::test
