// A probe that sees each buffer of a pad, whether the element pushes it alone or in a list: that
// differs between elements, and between versions of one. nicesrc pushes lists since libnice 0.1.23.
//
// A sink pad whose element takes no lists gets one apart, from itself: such a probe there sees each
// of its buffers twice. Source pads and ghost pads are free of that.
#pragma once

#include "signaling/base/refs.hpp"

#include <functional>

namespace rtc {

// The buffer goes on as the function leaves it; one that it took, or reset, does not.
using BufferFunction = std::function<void(GstPad* pad, Ref<GstBuffer>& buffer)>;

namespace detail {

struct BufferProbe {
    BufferFunction function;

    // A list that nothing is left of does not go on.
    GstPadProbeReturn see_list(GstPad* pad, GstPadProbeInfo* info) const {
        struct Call {
            const BufferFunction& function;
            GstPad* pad;
        } call{function, pad};
        auto each = [](GstBuffer** buffer, guint, gpointer data) -> gboolean {
            auto& [seen_by, of_pad] = *static_cast<Call*>(data);
            auto owned = adopt(*buffer);
            seen_by(of_pad, owned);
            *buffer = owned.release();
            return TRUE;
        };
        auto* list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
        GST_PAD_PROBE_INFO_DATA(info) = list;
        gst_buffer_list_foreach(list, each, &call);
        return gst_buffer_list_length(list) > 0 ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
    }
    GstPadProbeReturn see(GstPad* pad, GstPadProbeInfo* info) const {
        if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)
            return see_list(pad, info);
        auto owned = adopt(GST_PAD_PROBE_INFO_BUFFER(info));
        function(pad, owned);
        GST_PAD_PROBE_INFO_DATA(info) = owned.release();
        return GST_PAD_PROBE_INFO_DATA(info) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
    }
};

} // namespace detail

inline void add_buffer_probe(GstPad* pad, BufferFunction function) {
    gst_pad_add_probe(
        pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad* probed, GstPadProbeInfo* info, gpointer data) -> GstPadProbeReturn {
            return static_cast<detail::BufferProbe*>(data)->see(probed, info);
        },
        new detail::BufferProbe{std::move(function)},
        [](gpointer data) { delete static_cast<detail::BufferProbe*>(data); });
}

} // namespace rtc
