#include "plugins/publish/padstream.hpp"

#include "plugins/publish/formats.hpp"

#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

namespace rtc {
namespace {

// The stream's pad keeps it weakly: it may be released before the pad is.
using PadLink = std::weak_ptr<PadStream>;

void free_link(gpointer link) {
    delete static_cast<PadLink*>(link);
}
gboolean pad_event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto stream = static_cast<PadLink*>(pad->eventdata)->lock();
    return stream ? stream->event(pad, parent, event) : gst_pad_event_default(pad, parent, event);
}
gboolean pad_query(GstPad* pad, GstObject* parent, GstQuery* query) {
    auto stream = static_cast<PadLink*>(pad->querydata)->lock();
    return stream ? stream->query(pad, parent, query) : gst_pad_query_default(pad, parent, query);
}

} // namespace

void PadStream::listen_to_pad() {
    gst_pad_set_event_function_full(pad_.get(), pad_event, new PadLink(weak_from_this()),
                                    free_link);
    gst_pad_set_query_function_full(pad_.get(), pad_query, new PadLink(weak_from_this()),
                                    free_link);
}

gboolean PadStream::event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto type = GST_EVENT_TYPE(event);
    if (type == GST_EVENT_STREAM_START) {
        revive(pad, parent);
    } else if (type == GST_EVENT_CAPS) {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        if (!take_caps(caps)) {
            gst_event_unref(event);
            return FALSE;
        }
    } else if (type == GST_EVENT_SEGMENT) {
        pace();
    } else if (type == GST_EVENT_EOS) {
        Lock lock(mutex_);
        eos_ = true;
    }
    auto handled = gst_pad_event_default(pad, parent, event);
    if (type == GST_EVENT_CAPS || type == GST_EVENT_EOS)
        report();
    return handled;
}

// A sink that has seen EOS takes nothing more until it is flushed.
void PadStream::revive(GstPad* pad, GstObject* parent) {
    {
        Lock lock(mutex_);
        if (!eos_)
            return;
    }
    gst_pad_event_default(pad, parent, gst_event_new_flush_start());
    gst_pad_event_default(pad, parent, gst_event_new_flush_stop(FALSE));
}

bool PadStream::take_caps(GstCaps* caps) {
    bool raw = is_raw(caps, kind_);
    const auto* codec = raw ? nullptr : find_codec_for_caps(caps);
    if (!gst_caps_can_intersect(caps, takes_.get()) || (!raw && !codec))
        return refuse(caps);
    Lock building(building_);
    bool other = false, stopped = false;
    {
        Lock lock(mutex_);
        other = !caps_ || codec != input_codec_;
        caps_ = retain(caps);
        input_codec_ = codec;
        eos_ = false;
        // What failed with the old caps may work with the new ones.
        bool running = false;
        for (auto& [key, output] : outputs_) {
            running |= bool(output.branch);
            stopped |= std::exchange(output.failed, false);
            if (!output.branch)
                output.row = 0;
        }
        other |= codec && !faulty_ && (failed_ || !running);
        failed_ = false;
        faulty_ = faulty_ && !other;
    }
    if (other)
        take_branches().clear();
    if (raw && (other || stopped))
        run_later([](PadStream& self) { self.ensure_encoders(); });
    if (!other || raw)
        return true;
    if (auto started = start_encoded(*codec); !started)
        on_fault(*codec, started.error().message);
    return true;
}

// Upstream tries again with each buffer; once is enough to say it.
bool PadStream::refuse(GstCaps* caps) {
    {
        Lock lock(mutex_);
        if (refused_ && gst_caps_is_equal(refused_.get(), caps))
            return false;
        refused_ = retain(caps);
    }
    const auto* structure = gst_caps_get_structure(caps, 0);
    const auto* codec = find_codec_for_caps(caps);
    std::string text = std::string("can't publish ") + gst_structure_get_name(structure);
    if (is_raw(caps, kind_)) {
        Owned<char> features{gst_caps_features_to_string(gst_caps_get_features(caps, 0))};
        text += std::string(" in ") + features.get() + "; bring it to system memory first, with " +
                "gldownload, vapostproc or cudadownload";
    } else if (codec && codec->kind == kind_ && !codec->can_send()) {
        text += std::string("; the element ") + codec->payloader + " is not installed";
    } else if (codec && codec->is("H264")) {
        const char* profile = gst_structure_get_string(structure, "profile");
        text += std::string(" of profile ") + (profile ? profile : "unknown") +
                ", which browsers can't decode; put video/x-raw,format=I420 before the encoder";
    } else {
        text += "; put a decoder before this pad";
    }
    warn(text + ". It takes " + input_words(kind_));
    return false;
}

// Media from a file comes as fast as it is taken; a live source keeps time by itself, and waiting
// for the pipeline's latency would only delay it.
void PadStream::pace() {
    auto query = adopt(gst_query_new_latency());
    gboolean live = FALSE;
    if (gst_pad_peer_query(pad_.get(), query.get()))
        gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
    gst_base_sink_set_sync(GST_BASE_SINK(pacer_.get()), !live);
}

// The pad answers for itself, so that branches that come and go don't disturb what was agreed.
gboolean PadStream::query(GstPad* pad, GstObject* parent, GstQuery* query) {
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS: {
        GstCaps* filter = nullptr;
        gst_query_parse_caps(query, &filter);
        auto caps =
            filter ? adopt(gst_caps_intersect_full(takes_.get(), filter, GST_CAPS_INTERSECT_FIRST))
                   : takes_;
        gst_query_set_caps_result(query, caps.get());
        return TRUE;
    }
    case GST_QUERY_ACCEPT_CAPS: {
        GstCaps* caps = nullptr;
        gst_query_parse_accept_caps(query, &caps);
        // What is refused for good is refused at the caps event, with words.
        bool fits = !is_raw(caps, kind_) || gst_caps_can_intersect(caps, takes_.get());
        gst_query_set_accept_caps_result(query, fits);
        return TRUE;
    }
    case GST_QUERY_ALLOCATION:
        // Every encoder here copes with strides of the producer's choice.
        if (kind_ == Kind::video)
            gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
        return TRUE;
    default:
        return gst_pad_query_default(pad, parent, query);
    }
}

} // namespace rtc
