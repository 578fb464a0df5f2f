#include "plugins/record/snapshot.hpp"

#include "plugins/receive/decoders.hpp"
#include "plugins/record/filename.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <glib/gstdio.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rtc {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr guint most_numbers = 10000;

// The first free number; -1 with errno where none can be made.
int create(const std::string& location, guint mode, std::string& path) {
    for (guint number = 1; number <= most_numbers; number++) {
        path = numbered_path(location, number);
        int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

bool write_all(int descriptor, const guint8* data, size_t size) {
    while (size > 0) {
        auto written = ::write(descriptor, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= size_t(written);
    }
    return true;
}

} // namespace

std::shared_ptr<Snapshot> Snapshot::start(Loop& loop, const GstCaps* caps, Ref<GstBuffer> keyframe,
                                          const std::string& location, std::optional<guint> mode,
                                          Done done) {
    std::shared_ptr<Snapshot> snapshot(new Snapshot(location, mode, std::move(done)));
    if (!is_decodable_size(caps))
        snapshot->finish(Error{"the picture is too large to be decoded"});
    else if (!snapshot->build(loop, caps, std::move(keyframe)))
        snapshot->finish(
            Error{"a snapshot needs the elements decodebin, videoconvert and jpegenc"});
    return snapshot;
}

Snapshot::~Snapshot() {
    if (pipeline_)
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

bool Snapshot::build(Loop& loop, const GstCaps* caps, Ref<GstBuffer> keyframe) {
    pipeline_ = rtc::sink(
        gst_parse_launch("appsrc name=in format=time ! decodebin ! videoconvert ! "
                         "jpegenc quality=90 ! appsink name=out sync=false wait-on-eos=false",
                         nullptr));
    auto* bin = GST_BIN(pipeline_.get());
    auto source = adopt(bin ? gst_bin_get_by_name(bin, "in") : nullptr);
    sink_ = adopt(bin ? gst_bin_get_by_name(bin, "out") : nullptr);
    if (!source || !sink_)
        return false;
    g_object_set(source.get(), "caps", caps, nullptr);
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto watch = adopt(gst_bus_create_watch(bus.get()));
    auto callback = [](GstBus*, GstMessage* message, gpointer data) -> gboolean {
        if (auto self = static_cast<std::weak_ptr<Snapshot>*>(data)->lock())
            self->on_message(message);
        return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(watch.get(), G_SOURCE_FUNC(static_cast<GstBusFunc>(callback)),
                          new std::weak_ptr<Snapshot>(weak_from_this()), [](gpointer data) {
                              delete static_cast<std::weak_ptr<Snapshot>*>(data);
                          });
    g_source_attach(watch.get(), loop.context());
    bus_watch_ = Timer(watch);
    deadline_ = loop.after(patience, [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->finish(Error{"the picture was not decoded in time"});
    });
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    auto picture = adopt(gst_buffer_make_writable(keyframe.release()));
    GST_BUFFER_PTS(picture.get()) = GST_BUFFER_DTS(picture.get()) = 0;
    gst_app_src_push_buffer(GST_APP_SRC(source.get()), picture.release());
    gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
    return true;
}

void Snapshot::on_message(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        Owned<GError> owned{error};
        finish(Error{std::string("the picture can't be decoded: ") + error->message});
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        finish(write());
    }
}

Result<std::string> Snapshot::write() {
    auto sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), 0));
    if (!sample)
        return Error{"the keyframe gave no picture"};
    GstMapInfo map;
    auto* buffer = gst_sample_get_buffer(sample.get());
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return Error{"the picture can't be read"};
    std::string path;
    int descriptor = create(location_, mode_.value_or(0666), path);
    bool made = descriptor >= 0;
    bool written = made && (!mode_ || fchmod(descriptor, *mode_) == 0) &&
                   write_all(descriptor, map.data, map.size);
    int code = errno;
    gst_buffer_unmap(buffer, &map);
    if (made && close(descriptor) != 0 && std::exchange(written, false))
        code = errno; // some file systems find out only now that there is no room
    if (made && !written)
        g_unlink(path.c_str());
    if (!written)
        return Error{"can't write " + path + ": " + g_strerror(code)};
    return path;
}

void Snapshot::finish(const Result<std::string>& result) {
    auto keep = weak_from_this().lock();
    bus_watch_.cancel();
    deadline_.cancel();
    if (pipeline_)
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    if (auto done = std::exchange(done_, nullptr))
        done(result);
}

} // namespace rtc
