// The part of Transcoder that puts its pipeline together.
#include "plugins/receive/decoders.hpp"
#include "plugins/record/transcodeprofile.hpp"
#include "plugins/record/transcoder.hpp"

#include <gst/app/gstappsrc.h>

#include <algorithm>

namespace rtc {
namespace {

constexpr guint keyframe_distance = 60; // pictures, at most
constexpr guint usual_audio_bitrate = 96'000;
// Decoded pictures are large: what waits, waits encoded.
constexpr guint pictures_in_queue = 3;
constexpr guint sounds_in_queue = 10;

void set(GstElement* element, const char* property, const char* value) {
    if (element && g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
        gst_util_set_object_arg(G_OBJECT(element), property, value);
}

std::string install(const char* element) {
    return std::string("the element ") + element + " is not installed";
}

} // namespace

bool has_encoder(const Codec& codec) {
    auto rows = encoders();
    return std::any_of(rows.begin(), rows.end(), [&](const Encoder& row) {
        return codec.is(row.codec) && encoder_installed(row);
    });
}

GstElement* Transcoder::append(Ref<GstElement> element) {
    auto* raw = element.get();
    gst_bin_add(GST_BIN(pipeline_.get()), raw);
    bool linked = !last_ || gst_element_link(last_, raw);
    last_ = raw;
    return linked ? raw : nullptr;
}

GstElement* Transcoder::add(const char* factory) {
    auto element = sink(gst_element_factory_make(factory, nullptr));
    if (!element) {
        missing_ = missing_.empty() ? install(factory) : missing_;
        return nullptr;
    }
    return append(std::move(element));
}

GstElement* Transcoder::filter(const char* caps) {
    auto* element = add("capsfilter");
    if (element && caps)
        gst_util_set_object_arg(G_OBJECT(element), "caps", caps);
    return element;
}

Result<void> Transcoder::build() {
    pipeline_ = sink(gst_pipeline_new("transcoding"));
    // Nothing in it is timed; without a clock no thread ever waits for one.
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), nullptr);
    auto kind = plan_.to->kind;
    source_ = retain(add("appsrc"));
    if (plan_.from->parser)
        add(plan_.from->parser);
    if (missing_.empty())
        if (auto added = add_decoder(); !added)
            return added;
    queue_ = retain(add("queue"));
    add(kind == Kind::video ? "videoconvert" : "audioconvert");
    add(kind == Kind::video ? "videoscale" : "audioresample");
    form_filter_ = retain(filter(nullptr));
    if (missing_.empty())
        if (auto added = add_encoder(); !added)
            return added;
    sink_ = retain(add("appsink"));
    if (!missing_.empty())
        return Error{missing_};
    set_up();
    return {};
}

Result<void> Transcoder::add_decoder() {
    auto raw =
        adopt(gst_caps_from_string(plan_.to->kind == Kind::video ? "video/x-raw" : "audio/x-raw"));
    auto decoder = make_decoder(*plan_.from, raw.get(), plan_.unwanted);
    if (!decoder)
        return Error{std::string("no decoder for ") + plan_.from->name +
                     " works here: install one"};
    set(decoder.get(), "plc", "true");
    set(decoder.get(), "use-inband-fec", "true");
    decoder_ = decoder;
    limit_pictures(decoder.get(), [weak = weak_from_this()](const auto&, bool) {
        if (auto self = weak.lock())
            self->thinned_++;
    });
    if (!append(std::move(decoder)))
        return Error{std::string(GST_ELEMENT_NAME(decoder_.get())) + " doesn't take this " +
                     plan_.from->name};
    return {};
}

Result<void> Transcoder::add_encoder() {
    auto bitrate = plan_.bitrate ? plan_.bitrate : usual_audio_bitrate;
    for (const auto& row : encoders()) {
        if (!plan_.to->is(row.codec) || plan_.unwanted.contains(row.factory))
            continue;
        auto encoder = make_encoder(row, bitrate, keyframe_distance);
        if (!encoder)
            continue;
        // READY opens what it needs; a device that is not there shows here.
        if (gst_element_set_state(encoder.get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE) {
            gst_element_set_state(encoder.get(), GST_STATE_NULL);
            continue;
        }
        if (row.input_caps)
            filter(row.input_caps);
        encoder_ = encoder;
        row_ = &row;
        bool linked = append(std::move(encoder)) && (!row.output_caps || filter(row.output_caps));
        if (linked)
            return {};
        return Error{std::string(row.factory) + " can't be linked"};
    }
    return Error{std::string("no encoder for ") + plan_.to->name +
                 " works here: install one, or name another codec in transcode-profile"};
}

void Transcoder::set_up() {
    auto kind = plan_.to->kind;
    // A live source never waits: what has no room is refused before it is pushed.
    g_object_set(source_.get(), "format", GST_FORMAT_TIME, "block", gboolean(!plan_.live),
                 "max-bytes", most_bytes, "max-time", guint64(most_time), "caps", plan_.caps.get(),
                 nullptr);
    g_object_set(queue_.get(), "silent", TRUE, "max-size-bytes", 0, "max-size-time", guint64(0),
                 "max-size-buffers", kind == Kind::video ? pictures_in_queue : sounds_in_queue,
                 nullptr);
    g_object_set(sink_.get(), "sync", FALSE, "async", FALSE, "wait-on-eos", FALSE, nullptr);
    // Sound goes by its timestamps where it is off by more than that, instead of counting samples.
    set(encoder_.get(), "tolerance", "20000000");
    if (plan_.form)
        fix_form(nullptr);
    watch_raw_media();
}

} // namespace rtc
