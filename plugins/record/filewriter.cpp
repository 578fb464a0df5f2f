#include "plugins/record/filewriter.hpp"

#include "plugins/receive/bufferprobe.hpp"
#include "plugins/record/partmark.hpp"

#include <gst/app/gstappsrc.h>
#include <gst/base/gstcollectpads.h>

#include <algorithm>
#include <cstring>

namespace rtc {
namespace {

// Two minutes at 1 Mbit/s; a disk that stalls longer stalls its own call.
constexpr guint64 max_queue_bytes = 16 * 1024 * 1024;
// What comes within this time goes to the muxer at once: waking its threads for each buffer costs
// more than muxing. As much may be lost when the process is killed.
constexpr GstClockTime batch_time = 200 * GST_MSECOND;

std::string missing(const char* factory) {
    return std::string("the element ") + factory +
           " is not installed; it comes with GStreamer's good and bad plugins";
}

// The muxer sees its first caps for ever: what changes is told in the stream itself, and muxers
// refuse, or write a broken file for, fields that don't matter to it (codec_data, framerate, …).
struct FirstCaps {
    Ref<GstCaps> caps;
};

GstPadProbeReturn keep_caps(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    auto& first = static_cast<FirstCaps*>(data)->caps;
    if (!first) {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        first = complete_for_muxer(caps);
    }
    GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(first.get());
    gst_event_unref(event);
    return GST_PAD_PROBE_OK;
}

void repair_moov(Ref<GstBuffer>& buffer) {
    // A moov starts its buffer: size 32 bits, then its name.
    guint8 name[4] = {};
    if (gst_buffer_extract(buffer.get(), 4, name, 4) != 4 || memcmp(name, "moov", 4) != 0)
        return;
    buffer = adopt(gst_buffer_make_writable(buffer.release()));
    GstMapInfo map;
    if (!gst_buffer_map(buffer.get(), &map, GST_MAP_READWRITE))
        return;
    repair_opus_boxes({map.data, map.size});
    gst_buffer_unmap(buffer.get(), &map);
}

// matroskamux tells the longest track's own duration as the file's, though that track may begin
// late. It writes the element at the end, alone in a buffer.
void repair_duration(Ref<GstBuffer>& buffer, guint64 until) {
    guint8 bytes[matroska_duration_size] = {};
    if (gst_buffer_get_size(buffer.get()) != sizeof bytes ||
        gst_buffer_extract(buffer.get(), 0, bytes, sizeof bytes) != sizeof bytes ||
        !set_matroska_duration(bytes, until))
        return;
    buffer = adopt(gst_buffer_make_writable(buffer.release()));
    gst_buffer_fill(buffer.get(), 0, bytes, sizeof bytes);
}

// Before 1.26 matroskamux stands on GstCollectPads and waits for each pad, whatever GAP events say;
// a pad that isn't locked is waited for only up to its position.
void unlock_collected(GstPad* pad) {
    auto aggregator = g_type_from_name("GstAggregatorPad");
    if (aggregator && G_TYPE_CHECK_INSTANCE_TYPE(pad, aggregator))
        return;
    auto* data = static_cast<GstCollectData*>(gst_pad_get_element_private(pad));
    if (!data || data->pad != pad || !(data->state & GST_COLLECT_PADS_STATE_LOCKED))
        return;
    GST_COLLECT_PADS_STREAM_LOCK(data->collect);
    data->state = GstCollectPadsStateFlags(data->state & ~GST_COLLECT_PADS_STATE_LOCKED);
    GST_COLLECT_PADS_STREAM_UNLOCK(data->collect);
}

} // namespace

Result<std::shared_ptr<FileWriter>> FileWriter::open(Loop& loop, const Container& container,
                                                     const std::string& path,
                                                     const std::vector<Track>& tracks, Done done,
                                                     Broken broken) {
    std::shared_ptr<FileWriter> writer(new FileWriter(loop, std::move(done), std::move(broken)));
    if (auto built = writer->build(container, path, tracks); !built)
        return built.error();
    writer->watch_bus();
    if (gst_element_set_state(writer->pipeline_.get(), GST_STATE_PLAYING) ==
        GST_STATE_CHANGE_FAILURE)
        return Error{"can't write " + path + "; is the directory writable and the disk not full?"};
    return writer;
}

FileWriter::~FileWriter() {
    if (pipeline_)
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

GstElement* FileWriter::add(const char* factory) {
    auto* element = gst_element_factory_make(factory, nullptr);
    if (element)
        gst_bin_add(GST_BIN(pipeline_.get()), element);
    return element;
}

Result<void> FileWriter::build(const Container& container, const std::string& path,
                               const std::vector<Track>& tracks) {
    pipeline_ = sink(gst_pipeline_new("recording"));
    // Nothing in it is timed; without a clock no thread ever waits for one.
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), nullptr);
    auto* muxer = add(container.muxer);
    if (!muxer)
        return Error{missing(container.muxer)};
    set_up_muxer(muxer, container);
    auto* file = add("filesink");
    if (!file)
        return Error{missing("filesink")};
    // Unbuffered: what was muxed is in the file, whatever becomes of this process.
    g_object_set(file, "location", path.c_str(), "async", FALSE, "sync", FALSE, nullptr);
    gst_util_set_object_arg(G_OBJECT(file), "buffer-mode", "unbuffered");
    gst_element_link(muxer, file);
    for (const auto& track : tracks)
        if (auto added = add_track(track, muxer); !added)
            return added;
    return {};
}

void FileWriter::set_up_muxer(GstElement* muxer, const Container& container) {
    auto output = adopt(gst_element_get_static_pad(muxer, "src"));
    if (g_str_equal(container.muxer, "mp4mux")) {
        add_buffer_probe(output.get(), [](GstPad*, auto& buffer) { repair_moov(buffer); });
        return;
    }
    g_object_set(muxer, "writing-app", std::string(part_mark).c_str(), nullptr);
    add_buffer_probe(output.get(),
                     [end = end_](GstPad*, auto& buffer) { repair_duration(buffer, end->load()); });
}

Result<void> FileWriter::add_track(const Track& track, GstElement* muxer) {
    auto* source = add("appsrc");
    if (!source)
        return Error{missing("appsrc")};
    g_object_set(source, "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes", max_queue_bytes,
                 "caps", track.caps.get(), nullptr);
    std::vector<Ref<GstElement>> row{retain(source)};
    auto append = [&row](GstElement* element) {
        gst_element_link(row.back().get(), element);
        row.push_back(retain(element));
    };
    if (track.fit.parser) {
        auto* parser = add(track.fit.parser);
        if (!parser)
            return Error{missing(track.fit.parser)};
        // Parameter sets that came beside the stream go in front of each keyframe.
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(parser), "config-interval"))
            g_object_set(parser, "config-interval", -1, nullptr);
        append(parser);
    }
    if (track.fit.form) {
        auto form = adopt(gst_caps_from_string(track.fit.form));
        auto* filter = add("capsfilter");
        g_object_set(filter, "caps", form.get(), nullptr);
        append(filter);
    }
    auto* name = track.fit.codec->kind == Kind::audio ? "audio_%u" : "video_%u";
    auto pad = adopt(gst_element_request_pad_simple(muxer, name));
    auto output = adopt(gst_element_get_static_pad(row.back().get(), "src"));
    if (!pad || gst_pad_link(output.get(), pad.get()) != GST_PAD_LINK_OK)
        return Error{std::string(track.fit.codec->name) + " can't be put into this file"};
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, keep_caps, new FirstCaps,
                      [](gpointer data) { delete static_cast<FirstCaps*>(data); });
    inputs_.push_back(std::make_unique<Input>(std::move(row), pad));
    return {};
}

void FileWriter::watch_bus() {
    auto bus = adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    auto source = adopt(gst_bus_create_watch(bus.get()));
    auto callback = [](GstBus*, GstMessage* message, gpointer data) -> gboolean {
        if (auto self = static_cast<std::weak_ptr<FileWriter>*>(data)->lock())
            self->on_message(message);
        return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source.get(), G_SOURCE_FUNC(static_cast<GstBusFunc>(callback)),
                          new std::weak_ptr<FileWriter>(weak_from_this()), [](gpointer data) {
                              delete static_cast<std::weak_ptr<FileWriter>*>(data);
                          });
    g_source_attach(source.get(), loop_.context());
    bus_watch_ = Timer(source);
}

FileWriter::Input::Input(std::vector<Ref<GstElement>> row, Ref<GstPad> pad)
    : elements(std::move(row))
    , source(elements.front())
    , muxer_pad(std::move(pad)) {}

bool FileWriter::Input::has(GstObject* element) const {
    return std::any_of(elements.begin(), elements.end(),
                       [&](const auto& own) { return GST_OBJECT(own.get()) == element; });
}

void FileWriter::Input::add(Ref<GstBuffer> buffer) {
    auto time = GST_BUFFER_DTS_OR_PTS(buffer.get());
    if (!batch) {
        batch = adopt(gst_buffer_list_new());
        since = time;
    }
    gst_buffer_list_add(batch.get(), buffer.release());
    if (time < since || time - since >= batch_time)
        flush();
}

void FileWriter::Input::flush() {
    if (batch)
        gst_app_src_push_buffer_list(GST_APP_SRC(source.get()),
                                     std::exchange(batch, nullptr).release());
}

bool FileWriter::push(size_t track, Ref<GstBuffer> buffer) {
    auto end = GST_BUFFER_PTS(buffer.get());
    if (GST_BUFFER_DURATION_IS_VALID(buffer.get()))
        end += GST_BUFFER_DURATION(buffer.get());
    auto last = end_->load();
    while (end > last && !end_->compare_exchange_weak(last, end))
        ;
    auto& input = *inputs_[track];
    std::lock_guard lock(input.mutex);
    if (!input.ended && !input.broken)
        input.add(std::move(buffer));
    return !input.ended;
}

void FileWriter::set_caps(size_t track, const GstCaps* caps) {
    auto& input = *inputs_[track];
    std::lock_guard lock(input.mutex);
    input.flush();
    gst_app_src_set_caps(GST_APP_SRC(input.source.get()), caps);
}

void FileWriter::gap(size_t track, GstClockTime until) {
    auto& input = *inputs_[track];
    std::unique_lock lock(input.mutex, std::try_to_lock);
    if (!lock || input.ended)
        return; // something comes right now
    unlock_collected(input.muxer_pad.get());
    input.flush();
    gst_element_send_event(input.source.get(), gst_event_new_gap(until, 0));
}

void FileWriter::end_track(size_t track) {
    auto& input = *inputs_[track];
    std::lock_guard lock(input.mutex);
    input.end();
}

void FileWriter::Input::end() {
    flush();
    ended = true;
    gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
}

void FileWriter::release() {
    for (auto& input : inputs_)
        gst_app_src_set_max_bytes(GST_APP_SRC(input->source.get()), 0);
}

void FileWriter::end() {
    release();
    for (auto& input : inputs_) {
        std::lock_guard lock(input->mutex);
        input->end();
    }
}

void FileWriter::abort(const std::string& reason) {
    finish({reason});
}

void FileWriter::on_message(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        finish({});
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError* error = nullptr;
        char* debug = nullptr;
        gst_message_parse_error(message, &error, &debug);
        Owned<GError> owned{error};
        Owned<char> text{debug};
        auto what = error->message + (debug ? std::string(" (") + debug + ")" : "");
        if (is_of_track(message, what))
            return;
        finish({what, error->domain == GST_STREAM_ERROR || error->domain == GST_CORE_ERROR,
                g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT) !=
                    FALSE});
    }
}

// What an element in front of the muxer can't take. It has ended its track for the muxer.
bool FileWriter::is_of_track(GstMessage* message, const std::string& error) {
    for (size_t i = 0; broken_ && i < inputs_.size(); i++) {
        auto& input = *inputs_[i];
        if (!input.has(GST_MESSAGE_SRC(message)))
            continue;
        if (!input.broken.exchange(true)) {
            gst_app_src_set_max_bytes(GST_APP_SRC(input.source.get()), 0); // nobody waits any more
            broken_(i, error);
        }
        return true;
    }
    return false;
}

void FileWriter::finish(const Outcome& outcome) {
    bus_watch_.cancel();
    if (!done_)
        return;
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    auto told = outcome;
    told.end = *end_;
    std::exchange(done_, nullptr)(told);
}

} // namespace rtc
