#include "plugins/record/recordtypes.hpp"

#include "plugins/record/recorder.hpp"

namespace rtc {

GType fallback_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {0, "Record as .mkv, which takes every codec", "mkv"},
            {1, "Don't record the call", "refuse"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcRecordFallback", values);
    }();
    return type;
}

GType transcode_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {int(Transcode::never), "Media is written as it comes", "never"},
            {int(Transcode::if_needed), "What the container has no place for is encoded anew",
             "if-needed"},
            {int(Transcode::always), "Everything is encoded anew", "always"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcRecordTranscode", values);
    }();
    return type;
}

GType group_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {int(RecordGroup::call), "Each call by itself", "call"},
            {int(RecordGroup::room), "All calls of a room together, on one timeline", "room"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcRecordGroup", values);
    }();
    return type;
}

GType loss_policy_type() {
    static const GType type = [] {
        static const GEnumValue values[] = {
            {int(LossPolicy::drop_until_keyframe), "Leave pictures out until the next keyframe",
             "drop-until-keyframe"},
            {int(LossPolicy::keep), "Write all that comes, broken pictures too", "keep"},
            {0, nullptr, nullptr},
        };
        return g_enum_register_static("GstRtcRecordLossPolicy", values);
    }();
    return type;
}

} // namespace rtc
