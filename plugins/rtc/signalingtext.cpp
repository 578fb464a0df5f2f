#include "plugins/rtc/signalingtext.hpp"

#include "signaling/base/elementtext.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <mutex>

struct GstRtcUnusableSignaling {
    GstRtcSignaling parent;
    char* reason;
};
struct GstRtcUnusableSignalingClass {
    GstRtcSignalingClass parent_class;
};

GType gst_rtc_unusable_signaling_get_type(void);
G_DEFINE_TYPE(GstRtcUnusableSignaling, gst_rtc_unusable_signaling, GST_TYPE_RTC_SIGNALING)

static GstRtcUnusableSignaling* unusable(gpointer object) {
    return static_cast<GstRtcUnusableSignaling*>(object);
}

static gboolean gst_rtc_unusable_signaling_start(GstRtcSignaling* self) {
    GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("signaling: %s", unusable(self)->reason),
                      (nullptr));
    return FALSE;
}

static void gst_rtc_unusable_signaling_finalize(GObject* object) {
    g_free(unusable(object)->reason);
    G_OBJECT_CLASS(gst_rtc_unusable_signaling_parent_class)->finalize(object);
}

static void gst_rtc_unusable_signaling_init(GstRtcUnusableSignaling*) {}

static void gst_rtc_unusable_signaling_class_init(GstRtcUnusableSignalingClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = gst_rtc_unusable_signaling_finalize;
    GST_RTC_SIGNALING_CLASS(klass)->start = gst_rtc_unusable_signaling_start;
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Unusable signaling",
                                          "Signaling/Network/WebRTC",
                                          "Refuses to start, and says why", "gst-rtc");
}

namespace rtc {
namespace {

gboolean deserialize(GValue* value, const char* text) {
    g_value_take_object(value, signaling_from_text(text).release());
    return TRUE;
}

} // namespace

void register_signaling_text() {
    // GStreamer keeps the address of the table.
    static const GstValueTable table{
        GST_TYPE_RTC_SIGNALING, nullptr, nullptr, deserialize, nullptr, {nullptr}};
    static std::once_flag once;
    std::call_once(once, [] { gst_value_register(&table); });
}

Ref<GstElement> signaling_from_text(const char* text) {
    auto element = make_element(text);
    if (element && !GST_IS_RTC_SIGNALING(element->get()))
        element = Error{std::string(GST_OBJECT_NAME(gst_element_get_factory(element->get()))) +
                        " is not a signaling element; gst-inspect-1.0 lists them under "
                        "Signaling/Network/WebRTC"};
    if (element)
        return std::move(*element);
    auto instead = g_object_new(gst_rtc_unusable_signaling_get_type(), nullptr);
    unusable(instead)->reason = g_strdup(element.error().message.c_str());
    return sink(GST_ELEMENT(instead));
}

} // namespace rtc
