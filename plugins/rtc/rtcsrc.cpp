/**
 * SECTION:element-rtcsrc
 * @title: rtcsrc
 * @short_description: receives media of WebRTC peers
 *
 * Any number of peers at once. Each track of each session becomes a pad, `video_%u` or `audio_%u`,
 * that comes with its first packet and ends with EOS. What a pad gives follows the caps of what it
 * is linked to: encoded and parsed media, raw media, or `application/x-rtp`.
 *
 * The stream-start event has one group id for each session; a tag list names session and peer
 * (`extended-comment`: `session=…`, `peer=…`, and `room=…` where the signaling has rooms).
 *
 * Element messages: `rtc-session-started` (`session`, `peer`, `room`) once media may pass, and
 * `rtc-session-ended` (`session`, `peer`, `reason`: the nick of a #GstRtcEndReason, `text`).
 *
 * ## Example
 * |[
 * gst-launch-1.0 rtcsrc signaling="whipserver port=8080" : rtcrecordsink
 * location="calls/{session}.mkv"
 * ]|
 */
#include "plugins/rtc/hostelement.hpp"
#include "plugins/rtc/urihandler.hpp"

#include <mutex>

namespace rtc {
namespace {

struct SrcSettings : SessionSettings {
    std::string video_codecs = "H264,VP8,VP9,AV1,H265";
    std::string audio_codecs = "opus,PCMU,PCMA";
};

std::span<const Property<SrcSettings>> src_properties() {
    static const auto rows = [] {
        auto list = session_properties<SrcSettings>();
        list.push_back({"video-codecs",
                        "Video codecs to accept, separated by commas; among these the peer's "
                        "first choice is taken",
                        &SrcSettings::video_codecs});
        list.push_back(
            {"audio-codecs", "Audio codecs to accept, likewise", &SrcSettings::audio_codecs});
        return list;
    }();
    return rows;
}

constexpr char default_signaling[] = "whipserver";

} // namespace

class RtcSrc : public HostElement {
public:
    explicit RtcSrc(GstBin* bin)
        : HostElement(bin, GST_RTC_ROLE_CONSUMER, default_signaling) {}

    void set(guint id, const GValue* value);
    void get(guint id, GValue* value) const;
    GstStateChangeReturn change(GstStateChange transition,
                                const std::function<GstStateChangeReturn()>& parent);

    Capabilities capabilities() override;
    std::shared_ptr<Stream> find_stream(const std::string&) override { return nullptr; }
    Ref<GstPad> add_output(const Codec& codec) override;
    void remove_output(GstPad* pad) override;

protected:
    SessionSettings settings() const override;

private:
    SrcSettings copy_settings() const;

    SrcSettings settings_; // under the object lock
    std::atomic<guint> pad_number_{0};
    std::mutex adding_;
};

SrcSettings RtcSrc::copy_settings() const {
    GST_OBJECT_LOCK(bin());
    auto copy = settings_;
    GST_OBJECT_UNLOCK(bin());
    return copy;
}

SessionSettings RtcSrc::settings() const {
    return copy_settings();
}

void RtcSrc::set(guint id, const GValue* value) {
    if (id == prop_signaling)
        return set_signaling(static_cast<GstElement*>(g_value_get_object(value)));
    GST_OBJECT_LOCK(bin());
    set_property(src_properties(), settings_, id - prop_signaling, value);
    GST_OBJECT_UNLOCK(bin());
}

void RtcSrc::get(guint id, GValue* value) const {
    if (id == prop_signaling)
        return g_value_take_object(value, signaling().release());
    GST_OBJECT_LOCK(bin());
    get_property(src_properties(), settings_, id - prop_signaling, value);
    GST_OBJECT_UNLOCK(bin());
}

Capabilities RtcSrc::capabilities() {
    auto current = copy_settings();
    Capabilities result;
    auto add = [&](const std::string& list, Kind kind) {
        std::string unknown;
        auto codecs = parse_codec_list(list, kind, &unknown);
        if (codecs)
            result.receive.insert(result.receive.end(), codecs->begin(), codecs->end());
        else
            g_warning("%s: there is no %s codec \"%s\"", GST_OBJECT_NAME(bin()), to_string(kind),
                      unknown.c_str());
    };
    add(current.video_codecs, Kind::video);
    add(current.audio_codecs, Kind::audio);
    return result;
}

GstStateChangeReturn RtcSrc::change(GstStateChange transition,
                                    const std::function<GstStateChangeReturn()>& parent) {
    auto result = change_state(transition, parent);
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result != GST_STATE_CHANGE_FAILURE)
        set_live(true);
    // A live source: no preroll.
    if (result == GST_STATE_CHANGE_SUCCESS && (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
                                               transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED))
        return GST_STATE_CHANGE_NO_PREROLL;
    return result;
}

Ref<GstPad> RtcSrc::add_output(const Codec& codec) {
    const char* kind = to_string(codec.kind);
    auto name = std::string(kind) + "_" + std::to_string(pad_number_++);
    auto* pad_template = gst_element_get_pad_template(
        element(), codec.kind == Kind::video ? "video_%u" : "audio_%u");
    auto pad = make_output_pad(pad_template, name.c_str(), codec);
    gst_pad_set_active(pad.get(), TRUE);
    // Sessions add pads on threads of their own. Who links "all pads", as gst-launch-1.0 does,
    // takes the first that is free at each pad-added: of two at once, one would stay unlinked for
    // ever.
    std::lock_guard lock(adding_);
    if (!gst_element_add_pad(element(), pad.get()))
        return nullptr;
    return pad;
}

void RtcSrc::remove_output(GstPad* pad) {
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element(), pad);
}

} // namespace rtc

struct GstRtcSrc {
    GstBin parent;
    rtc::RtcSrc* self;
};
struct GstRtcSrcClass {
    GstBinClass parent_class;
};

struct SrcUris {
    using Instance = GstRtcSrc;
    static constexpr GstURIType type = GST_URI_SRC;
    static constexpr const char* protocols[] = {"whep", "wheps", nullptr};
};

G_DEFINE_TYPE_WITH_CODE(GstRtcSrc, gst_rtc_src, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, rtc::init_uri_handler<SrcUris>))
GST_ELEMENT_REGISTER_DEFINE(rtcsrc, "rtcsrc", GST_RANK_NONE, gst_rtc_src_get_type())

static rtc::RtcSrc& self_of(gpointer object) {
    return *static_cast<GstRtcSrc*>(object)->self;
}

static void gst_rtc_src_set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
    self_of(object).set(id, value);
}

static void gst_rtc_src_get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
    self_of(object).get(id, value);
}

static GstStateChangeReturn gst_rtc_src_change_state(GstElement* element,
                                                     GstStateChange transition) {
    auto* parent = GST_ELEMENT_CLASS(gst_rtc_src_parent_class);
    return self_of(element).change(transition,
                                   [&] { return parent->change_state(element, transition); });
}

static gboolean gst_rtc_src_send_event(GstElement* element, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_EOS)
        return GST_ELEMENT_CLASS(gst_rtc_src_parent_class)->send_event(element, event);
    self_of(element).end_all("End of stream");
    gst_event_unref(event);
    return TRUE;
}

static void gst_rtc_src_finalize(GObject* object) {
    delete static_cast<GstRtcSrc*>(static_cast<gpointer>(object))->self;
    G_OBJECT_CLASS(gst_rtc_src_parent_class)->finalize(object);
}

static void gst_rtc_src_init(GstRtcSrc* src) {
    src->self = new rtc::RtcSrc(GST_BIN(src));
    // The children don't decide what this is.
    gst_bin_set_suppressed_flags(GST_BIN(src),
                                 GstElementFlags(GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK));
    GST_OBJECT_FLAG_SET(src, GST_ELEMENT_FLAG_SOURCE);
}

static void gst_rtc_src_class_init(GstRtcSrcClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_src_set_property;
    object_class->get_property = gst_rtc_src_get_property;
    object_class->finalize = gst_rtc_src_finalize;
    rtc::install_signaling_property(object_class, rtc::default_signaling);
    rtc::install_properties(object_class, rtc::src_properties(), rtc::prop_signaling + 1);

    auto* element_class = GST_ELEMENT_CLASS(klass);
    element_class->change_state = gst_rtc_src_change_state;
    element_class->send_event = gst_rtc_src_send_event;
    gst_element_class_set_static_metadata(element_class, "WebRTC source", "Source/Network/WebRTC",
                                          "Receives media of WebRTC peers", "gst-rtc");
    for (auto kind : {rtc::Kind::video, rtc::Kind::audio}) {
        auto caps = rtc::template_caps(kind, true);
        auto name = std::string(rtc::to_string(kind)) + "_%u";
        gst_element_class_add_pad_template(
            element_class,
            gst_pad_template_new(name.c_str(), GST_PAD_SRC, GST_PAD_SOMETIMES, caps.get()));
    }
}
