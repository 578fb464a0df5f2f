#include "plugins/publish/branch.hpp"

#include "plugins/publish/fanoutsink.hpp"

#include <gst/video/video-event.h>

#include <string>
#include <vector>

namespace rtc {
namespace {

// Collects elements to be linked in a row; remembers what is not installed.
class Row {
public:
    explicit Row(GstBin* bin)
        : bin_(bin) {}

    GstElement* make(const char* factory) {
        auto element = sink(gst_element_factory_make(factory, nullptr));
        if (!element && missing_.empty())
            missing_ = factory;
        return add(std::move(element));
    }
    GstElement* add(Ref<GstElement> element) {
        if (!element)
            return nullptr;
        gst_bin_add(bin_, element.get());
        elements_.push_back(element.get());
        return element.get();
    }
    void filter(const char* caps) {
        if (auto* element = caps ? make("capsfilter") : nullptr)
            gst_util_set_object_arg(G_OBJECT(element), "caps", caps);
    }
    Result<void> link() {
        if (!missing_.empty())
            return Error{"the element " + missing_ + " is not installed"};
        for (size_t i = 1; i < elements_.size(); i++)
            if (!gst_element_link(elements_[i - 1], elements_[i]))
                return Error{std::string(GST_ELEMENT_NAME(elements_[i - 1])) +
                             " can't be linked to " + GST_ELEMENT_NAME(elements_[i])};
        return {};
    }
    GstElement* front() const { return elements_.front(); }

private:
    GstBin* bin_;
    std::vector<GstElement*> elements_;
    std::string missing_;
};

void set(GstElement* element, const char* property, const char* value) {
    if (element && g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
        gst_util_set_object_arg(G_OBJECT(element), property, value);
}

// Room for a moment's delay. When the encoder falls behind, pictures are dropped before it: their
// loss does no harm there, and the input never waits.
GstElement* add_queue(Row& row, Kind kind) {
    auto* queue = row.make("queue");
    set(queue, "leaky", "downstream");
    set(queue, "silent", "true");
    set(queue, "max-size-bytes", "0");
    set(queue, "max-size-buffers", kind == Kind::video ? "3" : "0");
    set(queue, "max-size-time", kind == Kind::video ? "0" : "200000000");
    return queue;
}

void add_payloader(Row& row, const Codec& codec, bool dtx) {
    // Parameter sets before every keyframe that lacks them. The payloader would double those that
    // are there.
    if (codec.parser)
        set(row.make(codec.parser), "config-interval", "-1");
    auto* payloader = row.make(codec.payloader);
    set(payloader, "mtu", "1200");
    // rtph265pay of GStreamer 1.22 writes to a packet's header while it appends the units, and the
    // header is gone where these are of too many pieces.
    if (!codec.is("H265"))
        set(payloader, "aggregate-mode", "zero-latency");
    set(payloader, "picture-id-mode", "15-bit");
    // An encoder that is silent makes packets all the same, without anything in them.
    if (dtx)
        set(payloader, "dtx", "true");
    // All codecs and encoders of a stream count timestamps from the same running time.
    set(payloader, "timestamp-offset", "0");
}

// What happens behind the branch's input is no business of the tee. A failure that no element told
// about is told here.
GstFlowReturn flow(GstObject* parent, GstFlowReturn result) {
    if (result < GST_FLOW_EOS)
        GST_ELEMENT_ERROR(parent, STREAM, FAILED, (nullptr), ("%s", gst_flow_get_name(result)));
    return GST_FLOW_OK;
}
GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
    return flow(parent, gst_proxy_pad_chain_default(pad, parent, buffer));
}
GstFlowReturn chain_list(GstPad* pad, GstObject* parent, GstBufferList* list) {
    return flow(parent, gst_proxy_pad_chain_list_default(pad, parent, list));
}
gboolean event(GstPad* pad, GstObject* parent, GstEvent* event) {
    gst_pad_event_default(pad, parent, event);
    return TRUE;
}

} // namespace

Result<std::unique_ptr<Branch>> Branch::create(const Plan& plan, std::shared_ptr<Fanout> fanout) {
    std::unique_ptr<Branch> branch(new Branch(plan));
    if (auto built = branch->build(std::move(fanout)); !built)
        return built.error();
    return branch;
}

Branch::~Branch() {
    stop();
}

Result<void> Branch::build(std::shared_ptr<Fanout> fanout) {
    const auto& codec = *plan_.codec;
    static gint number = 0;
    auto name = std::string(codec.name) + "_" + std::to_string(g_atomic_int_add(&number, 1));
    bin_ = sink(gst_bin_new(name.c_str()));
    Row row(GST_BIN(bin_.get()));
    if (const auto* encoder = plan_.encoder) {
        add_queue(row, codec.kind);
        if (plan_.height > 0) {
            row.make("videoscale");
            auto size = "video/x-raw,width=" + std::to_string(plan_.width) +
                        ",height=" + std::to_string(plan_.height);
            row.filter(size.c_str());
        }
        row.make(codec.kind == Kind::video ? "videoconvert" : "audioconvert");
        if (codec.kind == Kind::audio)
            row.make("audioresample");
        row.filter(encoder->input_caps);
        auto element = make_encoder(*encoder, plan_.bitrate, plan_.frames, plan_.layers);
        if (!element)
            return Error{std::string("the element ") + encoder->factory + " is not installed"};
        set_encoder_loss(*encoder, element.get(), plan_.loss);
        if (plan_.dtx && encoder->dtx_property)
            set(element.get(), encoder->dtx_property, "true");
        encoder_ = element;
        row.add(std::move(element));
        row.filter(encoder->output_caps);
    }
    add_payloader(row, codec, plan_.dtx);
    fanout_sink_ = make_fanout_sink(std::move(fanout));
    row.add(fanout_sink_);
    if (auto linked = row.link(); !linked)
        return linked;

    auto target = adopt(gst_element_get_static_pad(row.front(), "sink"));
    auto* input = gst_ghost_pad_new("sink", target.get());
    gst_pad_set_chain_function(input, chain);
    gst_pad_set_chain_list_function(input, chain_list);
    gst_pad_set_event_function(input, event);
    gst_element_add_pad(bin_.get(), input);
    return {};
}

Result<void> Branch::start(GstBin* bin, GstElement* tee) {
    gst_bin_add(bin, bin_.get());
    // READY opens what the encoder needs; a device that is not there shows here.
    if (gst_element_set_state(bin_.get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE ||
        !gst_element_sync_state_with_parent(bin_.get())) {
        stop();
        return Error{std::string(plan_.encoder ? plan_.encoder->factory : plan_.codec->payloader) +
                     " can't be started"};
    }
    tee_ = retain(tee);
    tee_pad_ = adopt(gst_element_request_pad_simple(tee, "src_%u"));
    auto input = adopt(gst_element_get_static_pad(bin_.get(), "sink"));
    if (!tee_pad_ || GST_PAD_LINK_FAILED(gst_pad_link(tee_pad_.get(), input.get()))) {
        stop();
        return Error{"the stream is closing"};
    }
    return {};
}

// What is being pushed right now ends in the branch, or as "not linked", which the tee allows.
void Branch::unlink() {
    if (auto input = adopt(tee_pad_ ? gst_pad_get_peer(tee_pad_.get()) : nullptr))
        gst_pad_unlink(tee_pad_.get(), input.get());
}

void Branch::stop() {
    if (tee_pad_) {
        unlink();
        gst_element_release_request_pad(tee_.get(), tee_pad_.get());
        tee_pad_.reset();
    }
    if (!bin_)
        return;
    gst_element_set_locked_state(bin_.get(), TRUE);
    gst_element_set_state(bin_.get(), GST_STATE_NULL);
    if (auto parent = adopt(gst_object_get_parent(GST_OBJECT(bin_.get()))))
        gst_bin_remove(GST_BIN(parent.get()), bin_.get());
    bin_.reset();
}

void Branch::set_bitrate(guint bitrate) {
    if (plan_.encoder && encoder_)
        set_encoder_bitrate(*plan_.encoder, encoder_.get(), bitrate);
}

void Branch::set_loss(guint percent) {
    if (plan_.encoder && encoder_)
        set_encoder_loss(*plan_.encoder, encoder_.get(), percent);
}

bool Branch::contains(GstObject* element) const {
    return bin_ && gst_object_has_as_ancestor(element, GST_OBJECT(bin_.get()));
}

Ref<GstPad> Branch::fanout_pad() const {
    return adopt(gst_element_get_static_pad(fanout_sink_.get(), "sink"));
}

void send_keyframe_request(GstPad* pad) {
    auto* event = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
    gst_pad_push_event(pad, event);
}

} // namespace rtc
