#include "plugins/receive/form.hpp"

namespace rtc {

const char* to_string(Form form) {
    switch (form) {
    case Form::encoded:
        return "encoded";
    case Form::rtp:
        return "RTP";
    case Form::raw:
        return "raw";
    }
    return "";
}

Ref<GstCaps> caps_of(const Codec& codec, Form form) {
    if (form == Form::encoded)
        return adopt(gst_caps_from_string(codec.encoded_caps));
    // Decoders may give memory of any kind: of the system, of a graphics card.
    if (form == Form::raw)
        return adopt(gst_caps_from_string(codec.kind == Kind::video ? "video/x-raw(ANY)"
                                                                    : "audio/x-raw(ANY)"));
    // In caps, GStreamer writes encoding names in capitals.
    Owned<char> name{g_ascii_strup(codec.name, -1)};
    return adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, to_string(codec.kind), "encoding-name",
        G_TYPE_STRING, name.get(), "clock-rate", G_TYPE_INT, int(codec.clock_rate), nullptr));
}

Ref<GstCaps> offered_caps(const Codec& codec, bool can_decode) {
    auto caps = caps_of(codec, Form::encoded);
    auto add = [&](Form form) {
        caps = adopt(gst_caps_merge(caps.release(), caps_of(codec, form).release()));
    };
    add(Form::rtp);
    if (can_decode)
        add(Form::raw);
    return caps;
}

std::optional<Form> choose_form(const Codec& codec, const GstCaps* peer_caps) {
    for (auto form : {Form::encoded, Form::rtp, Form::raw})
        if (gst_caps_can_intersect(peer_caps, caps_of(codec, form).get()))
            return form;
    return std::nullopt;
}

} // namespace rtc
