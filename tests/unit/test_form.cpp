#include "plugins/receive/form.hpp"

using namespace rtc;

static Ref<GstCaps> caps(const char* text) {
    return adopt(gst_caps_from_string(text));
}

static std::optional<Form> choose(const char* codec, const char* peer) {
    return choose_form(*find_codec(codec), caps(peer).get());
}

static void peers() {
    struct {
        const char* codec;
        const char* peer;
        std::optional<Form> form;
    } const rows[] = {
        {"H264", "ANY", Form::encoded},
        {"H264", "EMPTY", std::nullopt},
        {"H264", "video/x-h264, stream-format=(string)avc3", Form::encoded},
        {"H264", "video/x-vp8", std::nullopt},
        {"H264", "video/x-vp8; video/x-h264", Form::encoded},
        {"H264", "video/x-raw", Form::raw},
        {"H264", "video/x-raw(memory:GLMemory), format=RGBA", Form::raw},
        {"H264", "audio/x-raw", std::nullopt},
        {"H264", "application/x-rtp, media=video, encoding-name=H264, clock-rate=90000", Form::rtp},
        {"H264", "application/x-rtp", Form::rtp},
        {"H264", "application/x-rtp, encoding-name=VP8", std::nullopt},
        {"H264", "application/x-rtp; video/x-raw", Form::rtp},
        {"H264", "video/x-raw; application/x-rtp; video/x-h264", Form::encoded},
        {"opus", "audio/x-raw, rate=44100", Form::raw},
        {"opus", "audio/x-opus, channels=2", Form::encoded},
        {"opus", "application/x-rtp, media=audio, encoding-name=OPUS", Form::rtp},
        {"PCMU", "application/x-rtp, media=audio, encoding-name=PCMU, payload=0", Form::rtp},
        {"PCMU", "audio/x-mulaw", Form::encoded},
        {"PCMU", "audio/x-alaw", std::nullopt},
    };
    for (const auto& row : rows) {
        auto form = choose(row.codec, row.peer);
        if (form != row.form)
            g_error("%s, %s: %s", row.codec, row.peer, form ? to_string(*form) : "none");
    }
}

static void offers() {
    auto all = offered_caps(*find_codec("VP8"), true);
    for (const char* text : {"video/x-vp8", "application/x-rtp, encoding-name=VP8, media=video",
                             "video/x-raw, format=I420", "video/x-raw(memory:VAMemory)"})
        g_assert_true(gst_caps_can_intersect(all.get(), caps(text).get()));
    g_assert_false(gst_caps_can_intersect(all.get(), caps("video/x-h264").get()));
    auto* first = gst_caps_get_structure(all.get(), 0);
    g_assert_cmpstr(gst_structure_get_name(first), ==, "video/x-vp8");

    auto undecodable = offered_caps(*find_codec("VP8"), false);
    g_assert_false(gst_caps_can_intersect(undecodable.get(), caps("video/x-raw").get()));
    g_assert_true(gst_caps_can_intersect(undecodable.get(), caps("video/x-vp8").get()));
}

// What each row of the codec table offers is what its own depayloader takes.
static void depayloaders_take_it() {
    for (const auto& codec : codecs()) {
        auto factory = adopt(gst_element_factory_find(codec.depayloader));
        if (!factory)
            continue;
        g_assert_true(
            gst_element_factory_can_sink_any_caps(factory.get(), caps_of(codec, Form::rtp).get()));
        g_assert_true(gst_element_factory_can_src_any_caps(factory.get(),
                                                           caps_of(codec, Form::encoded).get()));
    }
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/form/peers", peers);
    g_test_add_func("/form/offers", offers);
    g_test_add_func("/form/depayloaders-take-it", depayloaders_take_it);
    return g_test_run();
}
