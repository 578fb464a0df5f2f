#include "plugins/publish/guardbin.hpp"

using namespace rtc;

struct RtcGuardBin {
    GstBin parent;
    ErrorFunction* error;
};
struct RtcGuardBinClass {
    GstBinClass parent_class;
};

G_DEFINE_TYPE(RtcGuardBin, rtc_guard_bin, GST_TYPE_BIN)

static void rtc_guard_bin_handle_message(GstBin* bin, GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return GST_BIN_CLASS(rtc_guard_bin_parent_class)->handle_message(bin, message);
    auto owned = adopt(message);
    (*reinterpret_cast<RtcGuardBin*>(bin)->error)(owned.get());
}

static void rtc_guard_bin_finalize(GObject* object) {
    delete reinterpret_cast<RtcGuardBin*>(object)->error;
    G_OBJECT_CLASS(rtc_guard_bin_parent_class)->finalize(object);
}

static void rtc_guard_bin_class_init(RtcGuardBinClass* klass) {
    GST_BIN_CLASS(klass)->handle_message = rtc_guard_bin_handle_message;
    G_OBJECT_CLASS(klass)->finalize = rtc_guard_bin_finalize;
}

static void rtc_guard_bin_init(RtcGuardBin* bin) {
    bin->error = new ErrorFunction;
}

namespace rtc {

Ref<GstElement> make_guard_bin(const char* name, ErrorFunction error) {
    auto bin = sink(GST_ELEMENT(g_object_new(rtc_guard_bin_get_type(), "name", name, nullptr)));
    *reinterpret_cast<RtcGuardBin*>(bin.get())->error = std::move(error);
    return bin;
}

} // namespace rtc
