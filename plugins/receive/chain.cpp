#include "plugins/receive/chain.hpp"

#include "plugins/receive/decoders.hpp"
#include "plugins/receive/layers.hpp"
#include "plugins/receive/payloadguard.hpp"

#include <optional>

// A bin that shows what its children post before it goes further: one session's broken stream is
// no fault of the pipeline.
struct RtcReceiveBin {
    GstBin parent;
    std::function<bool(GstMessage*)>* message;
};
struct RtcReceiveBinClass {
    GstBinClass parent_class;
};

namespace {

G_DEFINE_TYPE(RtcReceiveBin, rtc_receive_bin, GST_TYPE_BIN)

void handle_message(GstBin* bin, GstMessage* message) {
    auto owned = rtc::adopt(message);
    auto* self = reinterpret_cast<RtcReceiveBin*>(bin);
    if (!self->message || !(*self->message)(message))
        GST_BIN_CLASS(rtc_receive_bin_parent_class)->handle_message(bin, owned.release());
}

void rtc_receive_bin_init(RtcReceiveBin*) {}

void rtc_receive_bin_class_init(RtcReceiveBinClass* klass) {
    auto* bin_class = GST_BIN_CLASS(klass);
    bin_class->handle_message = handle_message;
    G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
        delete reinterpret_cast<RtcReceiveBin*>(object)->message;
        G_OBJECT_CLASS(rtc_receive_bin_parent_class)->finalize(object);
    };
}

} // namespace

namespace rtc {
namespace {

Result<Ref<GstElement>> make(const char* factory) {
    auto element = sink(gst_element_factory_make(factory, nullptr));
    if (!element)
        return Error{std::string("GStreamer's element ") + factory +
                     " is missing: install the plugin that has it"};
    return element;
}

// In GStreamer up to 1.28 opusparse counts time from zero and forgets when a packet came. RTP
// brings whole Opus packets, so there is nothing to parse.
const char* parser_of(const Codec& codec) {
    return codec.is("opus") ? nullptr : codec.parser;
}

// H.26x leaves the depayloader as whole access units: only then does it drop those that lost
// packets broke. With the parameter sets in the stream the parser can make any stream format.
const char* depayloaded_caps(const Codec& codec) {
    if (codec.is("H264"))
        return "video/x-h264,stream-format=byte-stream,alignment=au";
    if (codec.is("H265"))
        return "video/x-h265,stream-format=byte-stream,alignment=au";
    return nullptr;
}

bool has_property(GstElement* element, const char* name) {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
}

using PictureFunction = std::function<bool(GstBuffer*)>;

// A list passes or goes as a whole: it holds the parts of one picture.
GstPadProbeReturn probe_picture(GstPadProbeInfo* info, const PictureFunction& passes) {
    auto* buffer = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER
                       ? GST_PAD_PROBE_INFO_BUFFER(info)
                       : gst_buffer_list_get(GST_PAD_PROBE_INFO_BUFFER_LIST(info), 0);
    return passes(buffer) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

} // namespace

ElementError parse_element_error(GstMessage* message) {
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message, &error, &debug);
    Owned<GError> owned_error{error};
    Owned<char> owned_debug{debug};
    auto* source = GST_MESSAGE_SRC(message);
    auto* factory = GST_IS_ELEMENT(source) ? gst_element_get_factory(GST_ELEMENT(source)) : nullptr;
    return {factory ? GST_OBJECT_NAME(factory) : "", error->message, debug ? debug : ""};
}

Chain::Chain(GstPad* feed, GstPad* exit, Form form)
    : feed_(retain(feed))
    , exit_(retain(exit))
    , form_(form) {}

Result<void> Chain::add(Ref<GstElement> element) {
    auto* added = element.get();
    gst_bin_add(GST_BIN(bin_.get()), added);
    if (last_ && !gst_element_link(last_.get(), added))
        return Error{std::string("can't link ") + GST_OBJECT_NAME(last_.get()) + " to " +
                     GST_OBJECT_NAME(added)};
    if (!first_)
        first_ = element;
    last_ = std::move(element);
    return {};
}

void Chain::watch_pictures(const Request& request) {
    auto pad = adopt(gst_element_get_static_pad(last_.get(), "src"));
    gst_pad_add_probe(
        pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
            return probe_picture(info, *static_cast<PictureFunction*>(data));
        },
        new PictureFunction(request.picture),
        [](gpointer data) { delete static_cast<PictureFunction*>(data); });
}

Result<void> Chain::fill(const Request& request) {
    const auto& codec = *request.codec;
    std::vector<Ref<GstElement>> elements;
    auto depayloader = make(codec.depayloader);
    if (!depayloader)
        return depayloader.error();
    for (const auto* property : {"wait-for-keyframe", "request-keyframe"})
        if (has_property(depayloader->get(), property))
            g_object_set(depayloader->get(), property, TRUE, nullptr);
    guard_payloads(depayloader->get(), codec);
    if (form_ != Form::raw) // another encoder's pictures would be taken for these
        keep_layers(depayloader->get(), codec);
    elements.push_back(*depayloader);
    if (const auto* text = depayloaded_caps(codec)) {
        auto filter = make("capsfilter");
        if (!filter)
            return filter.error();
        auto caps = adopt(gst_caps_from_string(text));
        g_object_set(filter->get(), "caps", caps.get(), nullptr);
        elements.push_back(*filter);
    }
    if (const auto* factory = parser_of(codec)) {
        auto parser = make(factory);
        if (!parser)
            return parser.error();
        elements.push_back(*parser);
    }
    for (auto& element : elements)
        if (auto added = add(std::move(element)); !added)
            return added;
    if (codec.kind == Kind::video && request.picture)
        watch_pictures(request);
    if (form_ != Form::raw)
        return {};
    auto decoder = make_decoder(codec, request.peer_caps, request.unwanted_decoders);
    if (!decoder)
        return Error{std::string("no decoder for ") + codec.name +
                     " works here: install one, or link what takes encoded media"};
    limit_pictures(decoder.get(), [warning = request.warning](const auto& text, bool first) {
        if (first && warning)
            warning(text);
    });
    return add(std::move(decoder));
}

Result<std::unique_ptr<Chain>> Chain::build(GstBin* parent, GstPad* feed, GstPad* exit,
                                            const Request& request) {
    std::unique_ptr<Chain> chain(new Chain(feed, exit, request.form));
    if (request.form == Form::rtp) {
        gst_pad_link_full(feed, exit, GST_PAD_LINK_CHECK_NOTHING);
        return chain;
    }
    chain->bin_ = sink(GST_ELEMENT(g_object_new(rtc_receive_bin_get_type(), nullptr)));
    auto* bin = chain->bin_.get();
    if (request.message)
        reinterpret_cast<RtcReceiveBin*>(bin)->message = new auto(request.message);
    if (auto filled = chain->fill(request); !filled)
        return filled.error();
    gst_bin_add(parent, bin);

    // The last pads have no parent, so links from and to the inside of the bin are allowed.
    auto first = adopt(gst_element_get_static_pad(chain->first_.get(), "sink"));
    auto last = adopt(gst_element_get_static_pad(chain->last_.get(), "src"));
    if (gst_pad_link_full(last.get(), exit, GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK ||
        !gst_element_sync_state_with_parent(bin) ||
        gst_pad_link_full(feed, first.get(), GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK)
        return Error{std::string("can't start the elements for ") + request.codec->name};
    return chain;
}

Chain::~Chain() {
    for (auto [pad, is_feed] : {std::pair(feed_.get(), true), std::pair(exit_.get(), false)}) {
        auto peer = adopt(gst_pad_get_peer(pad));
        if (peer)
            gst_pad_unlink(is_feed ? pad : peer.get(), is_feed ? peer.get() : pad);
    }
    if (!bin_)
        return;
    gst_element_set_locked_state(bin_.get(), TRUE);
    gst_element_set_state(bin_.get(), GST_STATE_NULL);
    if (auto parent = adopt(gst_object_get_parent(GST_OBJECT(bin_.get()))))
        gst_bin_remove(GST_BIN(parent.get()), bin_.get());
}

} // namespace rtc
