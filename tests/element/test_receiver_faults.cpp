// Tracks whose elements fail, or whose media downstream refuses, go on when that is over.
#include "tests/element/faultydecoders.hpp"
#include "tests/element/receiver_rig.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

void set_rank(const char* factory, guint rank) {
    auto feature = adopt(gst_element_factory_find(factory));
    if (feature)
        gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(feature.get()), rank);
}

// The warnings of the application so far.
class Warnings {
public:
    explicit Warnings(Rig& rig)
        : bus_(adopt(gst_element_get_bus(rig.application.get()))) {}
    Ref<GstMessage> next(GstClockTime within) {
        return adopt(gst_bus_timed_pop_filtered(bus_.get(), within, GST_MESSAGE_WARNING));
    }
    bool failed() { return bool(adopt(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR))); }

private:
    Ref<GstBus> bus_;
};

// Every decoder has failed at what came: they get what comes next all the same.
void decoders_are_tried_again() {
    register_faulty_decoders();
    for (const char* decoder : {"vp8dec", "avdec_vp8"})
        set_rank(decoder, GST_RANK_NONE);
    Rig rig("VP8", vp8);
    Warnings warnings(rig);
    auto* sink = rig.link("capsfilter caps=video/x-raw ! fakesink name=out async=false");
    Watch out(rig.sink_of(sink, "out").get());
    rig.play();
    g_assert_true(bool(warnings.next(20 * GST_SECOND))); // the last one has failed
    set_rank("vp8dec", GST_RANK_PRIMARY);
    out.wait_for(10);
    g_assert_false(warnings.failed());
    rig.assert_session_is_well();
}

// What downstream refuses may be another thing with the next keyframe.
void refused_media_changes() {
    Rig rig("VP8", vp8);
    Warnings warnings(rig);
    auto* sink = rig.link("capsfilter caps=video/x-vp8,width=320 ! fakesink name=out async=false");
    Watch out(rig.sink_of(sink, "out").get());
    rig.play();
    g_assert_true(bool(warnings.next(20 * GST_SECOND)));
    // It is tried again, and told once.
    g_assert_false(bool(warnings.next(4 * GST_SECOND)));
    g_assert_cmpuint(out.count(), ==, 0);
    auto encoder = rig.pad("enc", "sink");
    auto size = adopt(gst_pad_get_parent_element(adopt(gst_pad_get_peer(encoder.get())).get()));
    gst_util_set_object_arg(G_OBJECT(size.get()), "caps",
                            "video/x-raw,width=320,height=240,framerate=30/1");
    out.wait_for(10);
    g_assert_true(out.pictures().front().keyframe);
    g_assert_false(warnings.failed());
    rig.assert_session_is_well();
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/receiver/faults/refused-media-changes", refused_media_changes);
    g_test_add_func("/receiver/faults/decoders-are-tried-again", decoders_are_tried_again);
    return g_test_run();
}
