// paintclock: writes the wall clock into each picture, for whoever sees it at the other end to
// compare with the same clock. In the top left corner, as rows of 20 × 20 luma blocks, black or
// white, most significant bit first: 48 bits of milliseconds since 1970, 16 bits of a number that
// counts pictures, 8 bits of their sum. tests/support/browser/paint.js reads it.
//
//   videotestsrc is-live=true ! video/x-raw,width=640,height=360 ! paintclock ! …
#include <gst/video/gstvideofilter.h>

#include <array>
#include <cstring>

namespace {

constexpr int block = 20;
constexpr int blocks_a_row = 24;
constexpr int rows = 3;
constexpr guint8 black = 16, white = 235;

using Bytes = std::array<guint8, 9>; // 72 bits

Bytes encode(guint64 milliseconds, guint16 number) {
    Bytes bytes{};
    for (int i = 0; i < 6; i++)
        bytes[i] = guint8(milliseconds >> (40 - 8 * i));
    bytes[6] = guint8(number >> 8);
    bytes[7] = guint8(number);
    for (int i = 0; i < 8; i++)
        bytes[8] = guint8(bytes[8] + bytes[i]);
    return bytes;
}

void paint(GstVideoFrame* frame, const Bytes& bytes) {
    auto* luma = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0));
    auto stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
    for (int bit = 0; bit < blocks_a_row * rows; bit++) {
        auto value = bytes[bit / 8] & (0x80 >> bit % 8) ? white : black;
        auto* corner = luma + bit / blocks_a_row * block * stride + bit % blocks_a_row * block;
        for (int line = 0; line < block; line++)
            std::memset(corner + line * stride, value, block);
    }
}

} // namespace

struct PaintClock {
    GstVideoFilter parent;
    guint16 number;
};
struct PaintClockClass {
    GstVideoFilterClass parent_class;
};

G_DEFINE_TYPE(PaintClock, paint_clock, GST_TYPE_VIDEO_FILTER)

static GstFlowReturn paint_clock_transform(GstVideoFilter* filter, GstVideoFrame* frame) {
    auto* self = reinterpret_cast<PaintClock*>(filter);
    if (GST_VIDEO_FRAME_WIDTH(frame) < block * blocks_a_row ||
        GST_VIDEO_FRAME_HEIGHT(frame) < block * rows) {
        GST_ELEMENT_ERROR(filter, STREAM, FORMAT, ("pictures need 480 × 60 at least"), (nullptr));
        return GST_FLOW_ERROR;
    }
    paint(frame, encode(guint64(g_get_real_time()) / 1000, self->number++));
    return GST_FLOW_OK;
}

static void paint_clock_class_init(PaintClockClass* klass) {
    static GstStaticCaps caps = GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("{ I420, YV12, NV12 }"));
    auto* element = GST_ELEMENT_CLASS(klass);
    for (auto [name, direction] : {std::pair("sink", GST_PAD_SINK), std::pair("src", GST_PAD_SRC)})
        gst_element_class_add_pad_template(
            element,
            gst_pad_template_new(name, direction, GST_PAD_ALWAYS, gst_static_caps_get(&caps)));
    gst_element_class_set_static_metadata(element, "Wall clock in pictures", "Filter/Video",
                                          "Writes the time into each picture", "gst-rtc");
    GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = paint_clock_transform;
}

static void paint_clock_init(PaintClock*) {}

static gboolean plugin_init(GstPlugin* plugin) {
    return gst_element_register(plugin, "paintclock", GST_RANK_NONE, paint_clock_get_type());
}

#define PACKAGE "gst-rtc"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, paintclock, "Wall clock in pictures",
                  plugin_init, "0.1.0", "LGPL", "gst-rtc", "gst-rtc")
