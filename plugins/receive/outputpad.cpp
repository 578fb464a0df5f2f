#include "plugins/receive/outputpad.hpp"

#include "plugins/receive/decoders.hpp"
#include "plugins/receive/form.hpp"
#include "plugins/receive/receiver.hpp"

#include <mutex>

namespace rtc {
namespace {

// Lives as long as its pad, as the data of the pad's query function.
class OutputPad {
public:
    explicit OutputPad(Ref<GstCaps> offered)
        : offered_(std::move(offered)) {}

    void attach(std::weak_ptr<OutputListener> listener) {
        std::lock_guard lock(mutex_);
        listener_ = std::move(listener);
    }
    bool query(GstPad* pad, GstQuery* query);
    bool event(Ref<GstEvent> event);

    static OutputPad* of(GstPad* pad) { return static_cast<OutputPad*>(pad->querydata); }

private:
    std::shared_ptr<OutputListener> listener() {
        std::lock_guard lock(mutex_);
        return listener_.lock();
    }
    void answer_caps(GstPad* pad, GstQuery* query);
    static void answer_latency(GstQuery* query, bool answered);

    const Ref<GstCaps> offered_;
    std::mutex mutex_;
    std::weak_ptr<OutputListener> listener_;
};

// All forms at any time: a pad that is linked anew changes to the one that is wanted. The current
// form comes first.
void OutputPad::answer_caps(GstPad* pad, GstQuery* query) {
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    auto caps = offered_;
    if (auto current = adopt(gst_pad_get_current_caps(pad)))
        caps = adopt(gst_caps_merge(current.release(), caps.release()));
    if (filter)
        caps = adopt(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
    gst_query_set_caps_result(query, caps.get());
}

// Live before the first packet too, so that a pipeline never takes the pad for one to preroll.
void OutputPad::answer_latency(GstQuery* query, bool answered) {
    GstClockTime least = 0;
    GstClockTime most = GST_CLOCK_TIME_NONE;
    if (answered)
        gst_query_parse_latency(query, nullptr, &least, &most);
    gst_query_set_latency(query, TRUE, least, most);
}

bool OutputPad::query(GstPad* pad, GstQuery* query) {
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS:
        answer_caps(pad, query);
        return true;
    case GST_QUERY_ACCEPT_CAPS: {
        GstCaps* caps = nullptr;
        gst_query_parse_accept_caps(query, &caps);
        gst_query_set_accept_caps_result(query, gst_caps_can_intersect(caps, offered_.get()));
        return true;
    }
    case GST_QUERY_SEEKING: {
        GstFormat format;
        gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
        gst_query_set_seeking(query, format, FALSE, 0, -1);
        return true;
    }
    default:
        break;
    }
    auto receiver = listener();
    bool answered = receiver && receiver->output_query(query);
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return answered;
    answer_latency(query, answered);
    return true;
}

bool OutputPad::event(Ref<GstEvent> event) {
    auto receiver = listener();
    return receiver && receiver->output_event(std::move(event));
}

} // namespace

void attach_output_listener(GstPad* output, std::weak_ptr<OutputListener> listener) {
    OutputPad::of(output)->attach(std::move(listener));
}

void warn_about_output(GstPad* output, const std::string& text, const std::string& detail) {
    GST_WARNING_OBJECT(output, "%s (%s)", text.c_str(), detail.c_str());
    if (auto element = adopt(gst_pad_get_parent_element(output)))
        gst_element_message_full(element.get(), GST_MESSAGE_WARNING, GST_STREAM_ERROR,
                                 GST_STREAM_ERROR_FAILED, g_strdup(text.c_str()),
                                 g_strdup(detail.c_str()), __FILE__, GST_FUNCTION, __LINE__);
}

void post_output_latency(GstPad* output) {
    if (auto element = adopt(gst_pad_get_parent_element(output)))
        gst_element_post_message(element.get(), gst_message_new_latency(GST_OBJECT(element.get())));
}

Ref<GstPad> make_output_pad(GstPadTemplate* pad_template, const char* name, const Codec& codec) {
    auto pad = sink(gst_pad_new_from_template(pad_template, name));
    auto offered = offered_caps(codec, !decoders_for(codec).empty());
    gst_pad_set_query_function_full(
        pad.get(),
        [](GstPad* self, GstObject*, GstQuery* query) -> gboolean {
            return OutputPad::of(self)->query(self, query);
        },
        new OutputPad(std::move(offered)),
        [](gpointer data) { delete static_cast<OutputPad*>(data); });
    gst_pad_set_event_function(pad.get(),
                               [](GstPad* self, GstObject*, GstEvent* event) -> gboolean {
                                   return OutputPad::of(self)->event(adopt(event));
                               });
    return pad;
}

} // namespace rtc
