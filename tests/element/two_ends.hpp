// Two ends in one process, over a signaling double: an rtcsink and an rtcsrc, and what is seen of
// them.
#pragma once

#include "tests/support/signalingdouble.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

namespace rtc {

using test::Sent;

constexpr auto patience = std::chrono::seconds(30);

// A pipeline with its messages, and the means to wait for one.
class Pipeline {
public:
    explicit Pipeline(const char* text) {
        GError* error = nullptr;
        pipeline_ = sink(gst_parse_launch(text, &error));
        g_assert_no_error(error);
        if (!GST_IS_PIPELINE(pipeline_.get())) { // one element alone
            auto element = std::exchange(pipeline_, sink(gst_pipeline_new(nullptr)));
            gst_bin_add(GST_BIN(pipeline_.get()), element.get());
        }
        auto bus = adopt(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(
            bus.get(),
            [](GstBus*, GstMessage* message, gpointer self) -> GstBusSyncReply {
                static_cast<Pipeline*>(self)->on_message(message);
                gst_message_unref(message);
                return GST_BUS_DROP;
            },
            this, nullptr);
    }
    ~Pipeline() { stop(); }

    void play() {
        g_assert_cmpint(gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING), !=,
                        GST_STATE_CHANGE_FAILURE);
    }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    Ref<GstElement> element(const char* name) const {
        return adopt(gst_bin_get_by_name(bin(), name));
    }

    // The first message of this name about this session, now or later.
    std::map<std::string, std::string> wait_for(const std::string& name,
                                                const std::string& session) {
        std::unique_lock lock(mutex_);
        std::map<std::string, std::string> found;
        auto ready = [&] {
            for (const auto& message : messages_)
                if (message.at("name") == name && message.at("session") == session)
                    found = message;
            return !found.empty();
        };
        if (!changed_.wait_for(lock, patience, ready))
            g_error("no %s about %s", name.c_str(), session.c_str());
        return found;
    }
    bool has(const std::string& name) {
        std::lock_guard lock(mutex_);
        for (const auto& message : messages_)
            if (message.at("name") == name)
                return true;
        return false;
    }
    std::string error() {
        std::lock_guard lock(mutex_);
        return error_;
    }
    // Where its signaling serves.
    std::string wait_for_uri() {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, patience, [this] { return !uri_.empty(); }));
        return uri_;
    }
    void wait_for_eos() {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, patience, [this] { return eos_; }));
    }

private:
    void on_message(GstMessage* message) {
        std::lock_guard lock(mutex_);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            eos_ = true;
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError* error = nullptr;
            gst_message_parse_error(message, &error, nullptr);
            error_ = error->message;
            g_error_free(error);
        }
        const auto* structure = gst_message_get_structure(message);
        if (structure && gst_structure_has_name(structure, "rtc-signaling-ready"))
            uri_ = gst_structure_get_string(structure, "uri");
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
            gst_structure_has_field(structure, "session")) {
            std::map<std::string, std::string> fields{{"name", gst_structure_get_name(structure)}};
            for (const char* field : {"session", "peer", "reason", "text"})
                if (const char* value = gst_structure_get_string(structure, field))
                    fields[field] = value;
            messages_.push_back(std::move(fields));
        }
        changed_.notify_all();
    }

    Ref<GstElement> pipeline_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::map<std::string, std::string>> messages_;
    std::string error_;
    std::string uri_;
    bool eos_ = false;
};

// What arrives on the pads of an rtcsrc. Each pad gets a sink of its own.
class Arrivals {
public:
    struct Pad {
        std::string caps;
        guint buffers = 0;
        bool eos = false;
        bool starts_with_keyframe = false;
        guint group_id = 0;
        std::string stream_id;
    };

    Arrivals(Pipeline& pipeline, GstElement* source, const char* filter = nullptr)
        : pipeline_(pipeline)
        , filter_(filter ? filter : "") {
        g_signal_connect(
            source, "pad-added",
            G_CALLBACK(+[](GstElement*, GstPad* pad, Arrivals* self) { self->added(pad); }), this);
        g_signal_connect(
            source, "pad-removed",
            G_CALLBACK(+[](GstElement*, GstPad* pad, Arrivals* self) { self->removed(pad); }),
            this);
    }

    ~Arrivals() { pipeline_.stop(); } // its threads call us

    // Waits until the pads are as the function wants them.
    void wait(const std::function<bool(const std::map<std::string, Pad>&)>& satisfied,
              std::chrono::seconds deadline = patience) {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, deadline, [&] { return satisfied(pads_); }))
            return;
        for (const auto& [name, pad] : pads_)
            g_printerr("%s: %s, %u buffers, eos %d\n", name.c_str(), pad.caps.c_str(), pad.buffers,
                       pad.eos);
        g_error("the pads did not become what was waited for");
    }
    std::map<std::string, Pad> pads() {
        std::lock_guard lock(mutex_);
        return pads_;
    }
    guint removed_count() {
        std::lock_guard lock(mutex_);
        return removed_;
    }
    void wait_removed(guint count) {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, patience, [&] { return removed_ >= count; }));
    }

private:
    void added(GstPad* pad) {
        auto* fakesink = gst_element_factory_make("fakesink", nullptr);
        g_object_set(fakesink, "async", FALSE, "sync", FALSE, nullptr);
        gst_bin_add(pipeline_.bin(), fakesink);
        gst_element_sync_state_with_parent(fakesink);
        auto sink_pad = adopt(gst_element_get_static_pad(fakesink, "sink"));
        gst_pad_add_probe(
            sink_pad.get(),
            GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
            [](GstPad* probed, GstPadProbeInfo* info, gpointer self) {
                static_cast<Arrivals*>(self)->data(probed, info);
                return GST_PAD_PROBE_OK;
            },
            this, nullptr);
        {
            std::lock_guard lock(mutex_);
            names_[sink_pad.get()] = GST_OBJECT_NAME(pad);
            pads_[GST_OBJECT_NAME(pad)];
        }
        if (filter_.empty()) {
            g_assert_cmpint(gst_pad_link(pad, sink_pad.get()), ==, GST_PAD_LINK_OK);
        } else {
            auto caps = adopt(gst_caps_from_string(filter_.c_str()));
            auto* filter = gst_element_factory_make("capsfilter", nullptr);
            g_object_set(filter, "caps", caps.get(), nullptr);
            gst_bin_add(pipeline_.bin(), filter);
            g_assert_true(gst_element_link(filter, fakesink));
            gst_element_sync_state_with_parent(filter);
            auto filter_pad = adopt(gst_element_get_static_pad(filter, "sink"));
            gst_pad_link(pad, filter_pad.get());
        }
    }
    void removed(GstPad*) {
        std::lock_guard lock(mutex_);
        removed_++;
        changed_.notify_all();
    }
    void data(GstPad* sink_pad, GstPadProbeInfo* info) {
        std::lock_guard lock(mutex_);
        auto& pad = pads_[names_[sink_pad]];
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
            auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
            if (pad.buffers++ == 0)
                pad.starts_with_keyframe =
                    !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        } else {
            event(pad, GST_PAD_PROBE_INFO_EVENT(info));
        }
        changed_.notify_all();
    }
    void event(Pad& pad, GstEvent* event) {
        if (GST_EVENT_TYPE(event) == GST_EVENT_EOS)
            pad.eos = true;
        if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
            const char* id = nullptr;
            gst_event_parse_stream_start(event, &id);
            gst_event_parse_group_id(event, &pad.group_id);
            pad.stream_id = id;
        }
        if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
            GstCaps* caps = nullptr;
            gst_event_parse_caps(event, &caps);
            pad.caps = gst_structure_get_name(gst_caps_get_structure(caps, 0));
        }
    }

    Pipeline& pipeline_;
    std::string filter_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<GstPad*, std::string> names_;
    std::map<std::string, Pad> pads_;
    guint removed_ = 0;
};

inline constexpr char default_sender[] =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! rtcsink "
    "name=sink audiotestsrc is-live=true ! sink.";

// An rtcsink and an rtcsrc whose signaling is joined.
struct Ends {
    Pipeline sender;
    Pipeline receiver;
    Ref<GstElement> sink_element, src_element;
    Ref<GstRtcSignaling> sink_signaling, src_signaling;

    explicit Ends(const char* sender_text = default_sender, bool trickle = false)
        : sender(sender_text)
        , receiver("rtcsrc name=src")
        , sink_element(sender.element("sink"))
        , src_element(receiver.element("src")) {
        sink_signaling = attach(sink_element.get(), trickle);
        src_signaling = attach(src_element.get(), trickle);
        test::pair(sink_signaling.get(), src_signaling.get());
    }
    void play() {
        sender.play();
        receiver.play();
        wait_live(sink_signaling.get());
    }
    static Ref<GstRtcSignaling> attach(GstElement* host, bool trickle) {
        auto signaling = retain(test::make_signaling_double());
        gst_rtc_signaling_set_trickle(signaling.get(), trickle);
        g_object_set(host, "signaling", signaling.get(), nullptr);
        return signaling;
    }
    // A publisher can serve once its input's caps are known.
    static void wait_live(GstRtcSignaling* signaling) {
        test::wait_for_sent(signaling, [&](const Sent& what) {
            return what.kind == Sent::host_changed && gst_rtc_signaling_get_live(signaling);
        });
    }
};

inline bool both_flow(const std::map<std::string, Arrivals::Pad>& pads) {
    bool video = false, audio = false;
    for (const auto& [name, pad] : pads) {
        video = video || (name.starts_with("video") && pad.buffers > 10);
        audio = audio || (name.starts_with("audio") && pad.buffers > 10);
    }
    return video && audio;
}

} // namespace rtc
