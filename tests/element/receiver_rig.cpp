#include "tests/element/receiver_rig.hpp"

#include "plugins/rtc/calltags.hpp"

#include <gst/video/video.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace rtc::test {

const char* const vp8 = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,"
                        "framerate=30/1 ! vp8enc name=enc deadline=1 keyframe-max-dist=100000 ! "
                        "rtpvp8pay name=pay mtu=300";
const char* const h264 = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,"
                         "framerate=30/1,format=I420 ! x264enc name=enc tune=zerolatency "
                         "speed-preset=ultrafast key-int-max=100000 ! video/x-h264,"
                         "profile=constrained-baseline ! rtph264pay name=pay mtu=300";
const char* const opus = "audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,"
                         "channels=2 ! opusenc name=enc ! rtpopuspay name=pay";
const char* const pcmu = "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,"
                         "channels=1 ! mulawenc name=enc ! rtppcmupay name=pay";

namespace {
constexpr auto deadline = std::chrono::seconds(20);
}

struct Watch::Seen {
    std::recursive_mutex mutex;
    std::condition_variable_any changed;
    std::vector<Picture> pictures;
    std::vector<Ref<GstEvent>> events;

    void keep(GstBuffer* buffer) {
        pictures.push_back(
            {GST_BUFFER_PTS(buffer), !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)});
    }
    GstPadProbeReturn probe(GstPadProbeInfo* info) {
        std::lock_guard lock(mutex);
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
            keep(GST_PAD_PROBE_INFO_BUFFER(info));
        } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
            auto* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
            for (guint i = 0; i < gst_buffer_list_length(list); i++)
                keep(gst_buffer_list_get(list, i));
        } else {
            events.push_back(retain(GST_PAD_PROBE_INFO_EVENT(info)));
        }
        changed.notify_all();
        return GST_PAD_PROBE_OK;
    }
};

Watch::Watch(GstPad* pad)
    : seen_(std::make_shared<Seen>())
    , pad_(retain(pad)) {
    id_ = gst_pad_add_probe(
        pad,
        GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                        GST_PAD_PROBE_TYPE_EVENT_BOTH),
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
            auto seen = *static_cast<std::shared_ptr<Seen>*>(data);
            return seen->probe(info);
        },
        new std::shared_ptr<Seen>(seen_),
        [](gpointer data) { delete static_cast<std::shared_ptr<Seen>*>(data); });
}

Watch::~Watch() {
    gst_pad_remove_probe(pad_.get(), id_);
}

void Watch::wait_until(const std::function<bool()>& satisfied, const char* what) {
    auto end = std::chrono::steady_clock::now() + deadline;
    std::unique_lock lock(seen_->mutex);
    if (!seen_->changed.wait_until(lock, end, satisfied))
        g_error("waited in vain for %s at %s:%s", what, GST_DEBUG_PAD_NAME(pad_.get()));
}

void Watch::wait_for(size_t wanted) {
    wait_until([&] { return count() >= wanted; }, "buffers");
}

void Watch::wait_for_time(GstClockTime span) {
    auto passed = [&] {
        auto all = pictures();
        return !all.empty() && all.back().pts >= all.front().pts + span;
    };
    wait_until(passed, "buffers");
}

size_t Watch::count() {
    std::lock_guard lock(seen_->mutex);
    return seen_->pictures.size();
}

std::vector<Watch::Picture> Watch::pictures() {
    std::lock_guard lock(seen_->mutex);
    return seen_->pictures;
}

std::vector<Ref<GstEvent>> Watch::events(GstEventType type) {
    std::lock_guard lock(seen_->mutex);
    std::vector<Ref<GstEvent>> result;
    for (const auto& event : seen_->events)
        if (GST_EVENT_TYPE(event.get()) == type)
            result.push_back(event);
    return result;
}

size_t Watch::keyframe_requests() {
    size_t result = 0;
    for (const auto& event : events(GST_EVENT_CUSTOM_UPSTREAM))
        result += gst_video_event_is_force_key_unit(event.get());
    return result;
}

static Ref<GstElement> parse(const std::string& description) {
    GError* error = nullptr;
    auto* element = gst_parse_launch(description.c_str(), &error);
    g_assert_no_error(error);
    return sink(element);
}

Rig::Rig(const char* codec_name, const char* sender)
    : Rig(codec_name, sender, Options{}) {}

Rig::Rig(const char* codec_name, const char* sender, Options options)
    : session(parse(sender))
    , source(sink(gst_bin_new(nullptr))) {
    application =
        options.application ? options.application->application : sink(gst_pipeline_new(nullptr));
    gst_bin_add(GST_BIN(application.get()), source.get());
    auto clock = adopt(gst_system_clock_obtain());
    for (auto* pipeline : {session.get(), application.get()}) {
        gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock.get());
        gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
        if (pipeline == session.get() || !options.application)
            gst_element_set_base_time(pipeline, gst_clock_get_time(clock.get()));
    }
    gst_element_set_base_time(session.get(), gst_element_get_base_time(application.get()));
    if (options.application)
        group_id = options.application->group_id;

    const auto* codec = find_codec(codec_name);
    auto any = adopt(gst_caps_new_any());
    auto pad_template =
        sink(gst_pad_template_new("src_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, any.get()));
    output = make_output_pad(pad_template.get(), options.pad_name, *codec);
    gst_pad_set_active(output.get(), TRUE);
    gst_element_add_pad(source.get(), output.get());
    rtp_pad = pad("pay", "src");
    tags = make_call_tags("s1", "bob");
    receiver = Receiver::create(GST_BIN(session.get()), rtp_pad.get(), output.get(),
                                {codec, std::string("s1/") + options.pad_name, group_id, 1, tags,
                                 options.gate, options.keyframe_interval_ms});
}

Rig::~Rig() {
    gst_element_set_state(session.get(), GST_STATE_NULL);
    gst_element_set_state(application.get(), GST_STATE_NULL);
}

GstElement* Rig::add(const char* description) {
    GError* error = nullptr;
    bool has_head = g_strstr_len(description, -1, "name=head");
    auto* bin = gst_parse_bin_from_description(description, !has_head, &error);
    g_assert_no_error(error);
    gst_bin_add(GST_BIN(application.get()), bin);
    gst_element_sync_state_with_parent(bin);
    return bin;
}

GstElement* Rig::link(const char* description) {
    auto* bin = add(description);
    link_to(bin);
    return bin;
}

void Rig::link_to(GstElement* bin) {
    auto head = adopt(gst_bin_get_by_name(GST_BIN(bin), "head"));
    g_assert_true(gst_element_link_pads(source.get(), GST_PAD_NAME(output.get()),
                                        head ? head.get() : bin, nullptr));
}

void Rig::unlink() {
    auto peer = adopt(gst_pad_get_peer(output.get()));
    g_assert_true(gst_pad_unlink(output.get(), peer.get()));
}

void Rig::play() {
    gst_element_set_state(application.get(), GST_STATE_PLAYING);
    gst_element_set_state(session.get(), GST_STATE_PLAYING);
}

void Rig::stop_session() {
    gst_element_set_state(session.get(), GST_STATE_NULL);
}

Ref<GstPad> Rig::pad(const char* element, const char* name) {
    auto found = adopt(gst_bin_get_by_name(GST_BIN(session.get()), element));
    return adopt(gst_element_get_static_pad(found.get(), name));
}

Ref<GstPad> Rig::sink_of(GstElement* in, const char* name) {
    auto found = adopt(gst_bin_get_by_name(GST_BIN(in), name));
    g_assert_true(bool(found));
    return adopt(gst_element_get_static_pad(found.get(), "sink"));
}

void Rig::assert_session_is_well() {
    auto bus = adopt(gst_element_get_bus(session.get()));
    auto error = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    g_assert_false(bool(error));
    g_assert_cmpint(gst_pad_get_last_flow_return(rtp_pad.get()), ==, GST_FLOW_OK);
}

} // namespace rtc::test
