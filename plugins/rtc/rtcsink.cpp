/**
 * SECTION:element-rtcsink
 * @title: rtcsink
 * @short_description: publishes media to WebRTC peers
 *
 * Any number of peers at once. Each input, a pad `video_%u` or `audio_%u`, is a stream that every
 * session shares: raw media is encoded once for each codec that peers need, encoded media is passed
 * on as it is. Payload types and parameters follow each peer; a peer that is slow or gone holds up
 * nobody. Pads `video_%u_%u` are further rungs of the stream `video_%u`. A peer that joins starts
 * at a keyframe.
 *
 * Element messages: `rtc-session-started` (`session`, `peer`) once media flows, and
 * `rtc-session-ended` (`session`, `peer`, `reason`: the nick of a #GstRtcEndReason, `text`).
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink name=live signaling="whepserver port=8080" \
 *     audiotestsrc is-live=true ! live.
 * ]|
 */
#include "plugins/rtc/hostelement.hpp"
#include "plugins/rtc/sinkinputs.hpp"
#include "plugins/rtc/sinksettings.hpp"
#include "plugins/rtc/urihandler.hpp"

#include <set>

namespace rtc {
namespace {

constexpr char default_signaling[] = "whepserver";

constexpr char rung_pads[] = "video_%u_%u";

// After those of the table.
guint prop_stats() {
    return prop_signaling + 1 + guint(sink_properties().size());
}
guint prop_stats_json() {
    return prop_stats() + 1;
}

} // namespace

class RtcSink : public HostElement {
public:
    explicit RtcSink(GstBin* bin)
        : HostElement(bin, GST_RTC_ROLE_PRODUCER, default_signaling) {}
    ~RtcSink() override;

    void set(guint id, const GValue* value);
    void get(guint id, GValue* value) const;
    GstStateChangeReturn change(GstStateChange transition,
                                const std::function<GstStateChangeReturn()>& parent);
    GstPad* request_pad(GstPadTemplate* pad_template, const char* name);
    void release_pad(GstPad* pad);
    // Whether the end of this child's stream is nobody else's business.
    bool keeps_eos(GstMessage* message) const;
    void end_of_stream();

    Capabilities capabilities() override;
    std::shared_ptr<Stream> find_stream(const std::string& id) override;
    Ref<GstPad> add_output(const Codec&) override { return nullptr; }
    void remove_output(GstPad*) override {}

    void session_opened(const SessionRequest& request) override;

protected:
    SessionSettings settings() const override;
    void session_ended(const Sessions::Ended& report) override;

private:
    SinkSettings copy_settings() const;
    InputStream::Settings stream_settings(Kind kind) const;
    InputStream::Listener make_listener(const std::string& pad);
    SinkStatistics sink_statistics() const { return {statistics(), inputs_.encodings()}; }
    void update_live();

    SinkSettings settings_; // under the object lock
    SinkInputs inputs_;
    std::set<std::string> consumers_; // sessions that were told of; on the loop
};

// What a stream does on a thread of its own may not call a listener that is gone.
RtcSink::~RtcSink() {
    for (const auto& stream : inputs_.streams())
        stream->close();
}

SinkSettings RtcSink::copy_settings() const {
    GST_OBJECT_LOCK(bin());
    auto copy = settings_;
    GST_OBJECT_UNLOCK(bin());
    return copy;
}

SessionSettings RtcSink::settings() const {
    return copy_settings();
}

void RtcSink::set(guint id, const GValue* value) {
    if (id == prop_signaling)
        return set_signaling(static_cast<GstElement*>(g_value_get_object(value)));
    GST_OBJECT_LOCK(bin());
    set_property(sink_properties(), settings_, id - prop_signaling, value);
    GST_OBJECT_UNLOCK(bin());
}

void RtcSink::get(guint id, GValue* value) const {
    if (id == prop_stats())
        return g_value_take_boxed(value, to_structure(sink_statistics()).release());
    if (id == prop_stats_json())
        return g_value_set_string(value, to_json(sink_statistics()).c_str());
    if (id == prop_signaling)
        return g_value_take_object(value, signaling().release());
    GST_OBJECT_LOCK(bin());
    get_property(sink_properties(), settings_, id - prop_signaling, value);
    GST_OBJECT_UNLOCK(bin());
}

GstStateChangeReturn RtcSink::change(GstStateChange transition,
                                     const std::function<GstStateChangeReturn()>& parent) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
        if (auto good = check(copy_settings()); !good) {
            GST_ELEMENT_ERROR(bin(), RESOURCE, SETTINGS, ("%s", good.error().message.c_str()),
                              (nullptr));
            return GST_STATE_CHANGE_FAILURE;
        }
    }
    auto result = change_state(transition, parent);
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
        update_live();
    return result;
}

void RtcSink::session_opened(const SessionRequest& request) {
    HostElement::session_opened(request);
    consumers_.insert(request.id);
    g_signal_emit_by_name(bin(), "consumer-added", request.id.c_str(), request.peer.c_str());
}

void RtcSink::session_ended(const Sessions::Ended& report) {
    HostElement::session_ended(report);
    if (consumers_.erase(report.id))
        g_signal_emit_by_name(bin(), "consumer-removed", report.id.c_str(), report.peer.c_str());
}

InputStream::Settings RtcSink::stream_settings(Kind kind) const {
    return make_stream_settings(copy_settings(), kind, [this](const std::string& text) {
        GST_ELEMENT_WARNING(bin(), RESOURCE, SETTINGS, ("%s", text.c_str()), (nullptr));
    });
}

// The element outlives its streams, and close() ends their calls.
InputStream::Listener RtcSink::make_listener(const std::string& pad) {
    InputStream::Listener listener;
    listener.changed = [this] { update_live(); };
    listener.warning = [this](const std::string& text) {
        GST_ELEMENT_WARNING(bin(), STREAM, FORMAT, ("%s", text.c_str()), (nullptr));
    };
    listener.error = [this](const std::string& text) {
        GST_ELEMENT_ERROR(bin(), STREAM, FORMAT, ("%s", text.c_str()), (nullptr));
    };
    listener.bitrate = [this, pad](const Codec& codec, guint bitrate) {
        auto* structure =
            gst_structure_new("rtc-bitrate", "pad", G_TYPE_STRING, pad.c_str(), "codec",
                              G_TYPE_STRING, codec.name, "bitrate", G_TYPE_UINT, bitrate, nullptr);
        gst_element_post_message(element(), gst_message_new_element(GST_OBJECT(bin()), structure));
    };
    return listener;
}

GstPad* RtcSink::request_pad(GstPadTemplate* pad_template, const char* requested) {
    std::string form = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
    if (form == rung_pads && !requested)
        return nullptr; // of which stream it is, only the name says
    auto kind = form.starts_with("video") ? Kind::video : Kind::audio;
    auto name = inputs_.take_name(kind, requested);
    auto pad = make_input_pad(pad_template, name.c_str());
    inputs_.add(pad, InputStream::create(bin(), pad.get(), kind, stream_settings(kind),
                                         make_listener(name)));
    if (GST_STATE(bin()) >= GST_STATE_PAUSED)
        gst_pad_set_active(pad.get(), TRUE);
    if (!gst_element_add_pad(element(), pad.get()))
        return nullptr;
    return pad.get();
}

void RtcSink::release_pad(GstPad* pad) {
    Owned<char> name{gst_pad_get_name(pad)};
    auto stream = inputs_.remove(pad);
    if (!stream)
        return;
    gst_pad_set_active(pad, FALSE);
    stream->close();
    gst_element_remove_pad(element(), pad);
    inputs_.give_back(name.get());
    update_live();
}

// A signaling element is told only of what all of its peers will see.
void RtcSink::update_live() {
    auto liveness = inputs_.update_liveness();
    set_live(liveness == SinkInputs::Liveness::live);
    if (liveness == SinkInputs::Liveness::partial)
        run_after(SinkInputs::patience, [this] { update_live(); });
}

Capabilities RtcSink::capabilities() {
    Capabilities result;
    for (const auto& stream : inputs_.publications()) {
        if (!stream->live())
            continue;
        SendSource source{stream->id(), stream->kind(), {}};
        for (const auto& offer : stream->offers())
            source.formats.push_back({offer.codec, offer.fmtp});
        if (!source.formats.empty())
            result.send.push_back(std::move(source));
    }
    return result;
}

std::shared_ptr<Stream> RtcSink::find_stream(const std::string& id) {
    for (const auto& stream : inputs_.publications())
        if (stream->id() == id)
            return stream;
    return nullptr;
}

bool RtcSink::keeps_eos(GstMessage* message) const {
    return inputs_.is_call(GST_MESSAGE_SRC_NAME(message));
}

// The pipeline ends. Inputs that are no calls bring the end themselves.
void RtcSink::end_of_stream() {
    if (inputs_.only_calls())
        gst_element_post_message(element(), gst_message_new_eos(GST_OBJECT(bin())));
}

} // namespace rtc

struct GstRtcSink {
    GstBin parent;
    rtc::RtcSink* self;
};
struct GstRtcSinkClass {
    GstBinClass parent_class;
};

struct SinkUris {
    using Instance = GstRtcSink;
    static constexpr GstURIType type = GST_URI_SINK;
    static constexpr const char* protocols[] = {"whip", "whips", nullptr};
};

G_DEFINE_TYPE_WITH_CODE(GstRtcSink, gst_rtc_sink, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER,
                                              rtc::init_uri_handler<SinkUris>))
GST_ELEMENT_REGISTER_DEFINE(rtcsink, "rtcsink", GST_RANK_NONE, gst_rtc_sink_get_type())

static rtc::RtcSink& self_of(gpointer object) {
    return *static_cast<GstRtcSink*>(object)->self;
}

static void gst_rtc_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
    self_of(object).set(id, value);
}

static void gst_rtc_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
    self_of(object).get(id, value);
}

static GstStateChangeReturn gst_rtc_sink_change_state(GstElement* element,
                                                      GstStateChange transition) {
    auto* parent = GST_ELEMENT_CLASS(gst_rtc_sink_parent_class);
    return self_of(element).change(transition,
                                   [&] { return parent->change_state(element, transition); });
}

static GstPad* gst_rtc_sink_request_new_pad(GstElement* element, GstPadTemplate* pad_template,
                                            const char* name, const GstCaps*) {
    return self_of(element).request_pad(pad_template, name);
}

static void gst_rtc_sink_release_pad(GstElement* element, GstPad* pad) {
    self_of(element).release_pad(pad);
}

static gboolean gst_rtc_sink_send_event(GstElement* element, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_EOS)
        return GST_ELEMENT_CLASS(gst_rtc_sink_parent_class)->send_event(element, event);
    self_of(element).end_of_stream();
    gst_event_unref(event);
    return TRUE;
}

static void gst_rtc_sink_handle_message(GstBin* bin, GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && self_of(bin).keeps_eos(message))
        return gst_message_unref(message);
    GST_BIN_CLASS(gst_rtc_sink_parent_class)->handle_message(bin, message);
}

static void gst_rtc_sink_finalize(GObject* object) {
    delete static_cast<GstRtcSink*>(static_cast<gpointer>(object))->self;
    G_OBJECT_CLASS(gst_rtc_sink_parent_class)->finalize(object);
}

static void gst_rtc_sink_init(GstRtcSink* sink) {
    sink->self = new rtc::RtcSink(GST_BIN(sink));
    // The children don't decide what this is. A source too, so that the pipeline's own EOS comes
    // here even where there is no input.
    auto flags = GstElementFlags(GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
    gst_bin_set_suppressed_flags(GST_BIN(sink), flags);
    GST_OBJECT_FLAG_SET(sink, flags);
}

static void gst_rtc_sink_kick(GstRtcSink* sink, const char* session) {
    sink->self->end_session(session ? session : "");
}

// Statistics, signals and actions; docs/elements/rtcsink.md tells of them.
static void install_viewers(GObjectClass* klass) {
    constexpr auto flags = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_property(klass, rtc::prop_stats(),
                                    g_param_spec_boxed("stats", "stats",
                                                       "What each viewer gets, see below",
                                                       GST_TYPE_STRUCTURE, flags));
    g_object_class_install_property(
        klass, rtc::prop_stats_json(),
        g_param_spec_string("stats-json", "stats-json", "The same as JSON", nullptr, flags));
    for (const char* name : {"consumer-added", "consumer-removed"})
        g_signal_new(name, G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, nullptr, nullptr,
                     nullptr, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
    g_signal_new_class_handler(
        "kick", G_TYPE_FROM_CLASS(klass), GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
        G_CALLBACK(gst_rtc_sink_kick), nullptr, nullptr, nullptr, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void gst_rtc_sink_class_init(GstRtcSinkClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_sink_set_property;
    object_class->get_property = gst_rtc_sink_get_property;
    object_class->finalize = gst_rtc_sink_finalize;
    rtc::install_signaling_property(object_class, rtc::default_signaling);
    rtc::install_properties(object_class, rtc::sink_properties(), rtc::prop_signaling + 1);
    install_viewers(object_class);

    auto* element_class = GST_ELEMENT_CLASS(klass);
    element_class->change_state = gst_rtc_sink_change_state;
    element_class->request_new_pad = gst_rtc_sink_request_new_pad;
    element_class->release_pad = gst_rtc_sink_release_pad;
    element_class->send_event = gst_rtc_sink_send_event;
    GST_BIN_CLASS(klass)->handle_message = gst_rtc_sink_handle_message;
    gst_element_class_set_static_metadata(element_class, "WebRTC sink", "Sink/Network/WebRTC",
                                          "Publishes media to WebRTC peers", "gst-rtc");
    for (auto kind : {rtc::Kind::video, rtc::Kind::audio}) {
        auto caps = rtc::input_caps(kind);
        auto name = std::string(rtc::to_string(kind)) + "_%u";
        gst_element_class_add_pad_template(
            element_class,
            gst_pad_template_new(name.c_str(), GST_PAD_SINK, GST_PAD_REQUEST, caps.get()));
    }
    auto caps = rtc::input_caps(rtc::Kind::video);
    gst_element_class_add_pad_template(
        element_class,
        gst_pad_template_new(rtc::rung_pads, GST_PAD_SINK, GST_PAD_REQUEST, caps.get()));
}
