#include "plugins/record/partreader.hpp"

#include <gst/app/gstappsink.h>

namespace rtc {
namespace {

constexpr GstClockTime interval = 50 * GST_MSECOND; // between looks at stop
constexpr guint buffers_ahead = 16;
constexpr const char* all_known = "rtc-part-tracks-known";

// filesrc ! matroskademux, and the demuxer.
std::pair<Ref<GstElement>, GstElement*> make_pipeline(const std::string& path) {
    auto pipeline = sink(gst_pipeline_new("part"));
    gst_pipeline_use_clock(GST_PIPELINE(pipeline.get()), nullptr);
    auto* file = gst_element_factory_make("filesrc", nullptr);
    auto* demuxer = gst_element_factory_make("matroskademux", nullptr);
    if (!file || !demuxer)
        return {nullptr, nullptr};
    g_object_set(file, "location", path.c_str(), nullptr);
    gst_bin_add_many(GST_BIN(pipeline.get()), file, demuxer, nullptr);
    gst_element_link(file, demuxer);
    return {pipeline, demuxer};
}

Error no_demuxer() {
    return Error{"matroskademux is not installed; it comes with GStreamer's good plugins"};
}

struct Listing {
    GstElement* pipeline;
    std::vector<PartReader::Stream> streams; // the demuxer's thread fills it before it says so
};

void list_pad(GstElement*, GstPad* pad, Listing* listing) {
    listing->streams.push_back({GST_PAD_NAME(pad), adopt(gst_pad_get_current_caps(pad))});
}

void list_is_whole(GstElement*, Listing* listing) {
    gst_element_post_message(listing->pipeline,
                             gst_message_new_application(GST_OBJECT(listing->pipeline),
                                                         gst_structure_new_empty(all_known)));
}

struct Wanted {
    std::string name;
    GstElement* sink;
};

void link_wanted(GstElement*, GstPad* pad, Wanted* wanted) {
    if (wanted->name != GST_PAD_NAME(pad))
        return;
    auto target = adopt(gst_element_get_static_pad(wanted->sink, "sink"));
    gst_pad_link(pad, target.get());
}

} // namespace

Result<std::vector<PartReader::Stream>> PartReader::list(const std::string& path,
                                                         const std::atomic<bool>& stop) {
    auto [pipeline, demuxer] = make_pipeline(path);
    if (!pipeline)
        return no_demuxer();
    Listing listing{pipeline.get(), {}};
    g_signal_connect(demuxer, "pad-added", G_CALLBACK(list_pad), &listing);
    g_signal_connect(demuxer, "no-more-pads", G_CALLBACK(list_is_whole), &listing);
    auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
    constexpr auto ends =
        GstMessageType(GST_MESSAGE_APPLICATION | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    while (!stop && !adopt(gst_bus_timed_pop_filtered(bus.get(), interval, ends)))
        ;
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    if (listing.streams.empty())
        return Error{"nothing in " + path + " can be read"};
    return std::move(listing.streams);
}

Result<std::unique_ptr<PartReader>> PartReader::open(const std::string& path,
                                                     const std::string& stream) {
    auto [pipeline, demuxer] = make_pipeline(path);
    auto* sink = gst_element_factory_make("appsink", nullptr);
    if (!pipeline || !sink)
        return no_demuxer();
    g_object_set(sink, "sync", FALSE, "max-buffers", buffers_ahead, nullptr);
    gst_bin_add(GST_BIN(pipeline.get()), sink);
    g_signal_connect_data(
        demuxer, "pad-added", G_CALLBACK(link_wanted), new Wanted{stream, sink},
        [](gpointer data, GClosure*) { delete static_cast<Wanted*>(data); }, GConnectFlags(0));
    std::unique_ptr<PartReader> reader(new PartReader);
    reader->sink_ = retain(sink);
    reader->pipeline_ = std::move(pipeline);
    gst_element_set_state(reader->pipeline_.get(), GST_STATE_PLAYING);
    return reader;
}

PartReader::~PartReader() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Ref<GstSample> PartReader::next(const std::atomic<bool>& stop) {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto* sink = GST_APP_SINK(sink_.get());
    bool failed = false;
    while (!stop) {
        // After an error no EOS need follow, but what was read before it is still there.
        if (auto* sample = gst_app_sink_try_pull_sample(sink, failed ? 0 : interval))
            return adopt(sample);
        if (failed || gst_app_sink_is_eos(sink))
            return nullptr;
        failed = bool(adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)));
    }
    return nullptr;
}

} // namespace rtc
