// A pipeline with one input stream in it, and subscribers that collect packets.
#pragma once

#include "plugins/publish/keyframestart.hpp"
#include "plugins/publish/stream.hpp"

#include <gst/rtp/gstrtpbuffer.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

namespace rtc {

// Everything that can be waited for changes under this lock and is told by the condition.
struct Watch {
    std::mutex mutex;
    std::condition_variable condition;

    template <typename Function>
    void change(Function function) {
        {
            std::lock_guard lock(mutex);
            function();
        }
        condition.notify_all();
    }
    // False if the deadline passes first.
    template <typename Predicate>
    bool wait(Predicate predicate, std::chrono::seconds deadline = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex);
        return condition.wait_for(lock, deadline, predicate);
    }
};

struct Received {
    Ref<GstBuffer> buffer;
    GstClockTime arrival; // running time of the pipeline
    guint16 sequence;
    guint32 timestamp;
    guint32 ssrc;
    guint8 payload_type;
    bool starts_keyframe;
};

inline Received read(Ref<GstBuffer> buffer, const Codec& codec, GstClockTime arrival) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    g_assert_true(gst_rtp_buffer_map(buffer.get(), GST_MAP_READ, &rtp));
    auto test = keyframe_test(codec);
    // Copied out: mapping the payload would join its memories.
    guint8 payload[128];
    auto size = gst_buffer_extract(buffer.get(), gst_rtp_buffer_get_header_len(&rtp), payload,
                                   sizeof payload);
    Received received{
        .buffer = buffer,
        .arrival = arrival,
        .sequence = gst_rtp_buffer_get_seq(&rtp),
        .timestamp = gst_rtp_buffer_get_timestamp(&rtp),
        .ssrc = gst_rtp_buffer_get_ssrc(&rtp),
        .payload_type = gst_rtp_buffer_get_payload_type(&rtp),
        .starts_keyframe = test && test({payload, size}),
    };
    gst_rtp_buffer_unmap(&rtp);
    return received;
}

// Where a packet's payload ends in memory: the same for all that share it, though it may begin with
// a payload descriptor of one's own.
inline const guint8* payload_end(const Received& packet) {
    auto* memory =
        gst_buffer_peek_memory(packet.buffer.get(), gst_buffer_n_memory(packet.buffer.get()) - 1);
    GstMapInfo map;
    g_assert_true(gst_memory_map(memory, &map, GST_MAP_READ));
    const auto* end = map.data + map.size;
    gst_memory_unmap(memory, &map);
    return end;
}

// Hands each packet on as a buffer.
class BufferTransport : public Transport {
public:
    using Function = std::function<void(Ref<GstBuffer>)>;
    explicit BufferTransport(Function function)
        : function_(std::move(function)) {}
    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) override {
        function_(packet->with(fields, pts));
    }

private:
    Function function_;
};

inline std::shared_ptr<Transport> make_transport(BufferTransport::Function function) {
    return std::make_shared<BufferTransport>(std::move(function));
}

class Collector {
public:
    Collector(Watch& watch, GstElement* pipeline, Stream& stream, const char* codec,
              SendParameters parameters = {.payload_type = 100, .ssrc = 7, .first_sequence = 65530})
        : watch_(watch) {
        const auto* row = find_codec(codec);
        auto collect = [this, row, pipeline](Ref<GstBuffer> buffer) {
            auto clock = adopt(gst_element_get_clock(pipeline));
            auto now = clock ? gst_clock_get_time(clock.get()) : 0;
            auto arrival = now - gst_element_get_base_time(pipeline);
            auto packet = read(std::move(buffer), *row, arrival);
            watch_.change([&] { packets.push_back(std::move(packet)); });
        };
        subscription = stream.subscribe(*row, parameters, make_transport(collect));
    }
    ~Collector() { subscription.reset(); }

    bool wait(size_t count) {
        return watch_.wait([&] { return packets.size() >= count; });
    }
    std::vector<Received> copy() {
        std::lock_guard lock(watch_.mutex);
        return packets;
    }
    size_t keyframes() const { // with the watch's lock
        size_t count = 0;
        const Received* previous = nullptr;
        for (const auto& packet : packets) {
            // Several packets of a keyframe can tell of it.
            bool same = previous && previous->timestamp == packet.timestamp;
            if (packet.starts_keyframe && !same)
                count++;
            if (packet.starts_keyframe)
                previous = &packet;
        }
        return count;
    }

    std::vector<Received> packets;
    std::unique_ptr<Subscription> subscription;

private:
    Watch& watch_;
};

class Publishing {
public:
    // source: a pipeline that ends before the stream's pad; "" for none.
    Publishing(const std::string& source, Kind kind, InputStream::Settings settings = {}) {
        pipeline_ = sink(gst_pipeline_new(nullptr));
        bin_ = sink(gst_bin_new("rtcsink"));
        gst_bin_add(GST_BIN(pipeline_.get()), bin_.get());
        g_signal_connect(bin_.get(), "deep-element-added", G_CALLBACK(on_added), this);
        g_signal_connect(bin_.get(), "deep-element-removed", G_CALLBACK(on_removed), this);
        auto bus = adopt(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
        make_pad(kind, std::move(settings));
        if (source.empty())
            return;
        GError* error = nullptr;
        auto source_bin =
            sink(gst_parse_bin_from_description((source + " ! identity").c_str(), TRUE, &error));
        g_assert_no_error(error);
        gst_bin_add(GST_BIN(pipeline_.get()), source_bin.get());
        source_ = source_bin;
        auto out = adopt(gst_element_get_static_pad(source_.get(), "src"));
        g_assert_cmpint(gst_pad_link(out.get(), pad_.get()), ==, GST_PAD_LINK_OK);
    }
    ~Publishing() {
        stop();
        if (stream_)
            stream_->close();
    }

    void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
    bool wait_live() {
        return watch.wait([&] { return stream_->live() && !stream_->offers().empty(); });
    }
    // An element of the source by name.
    Ref<GstElement> find(const char* name) {
        return adopt(gst_bin_get_by_name(GST_BIN(source_.get()), name));
    }
    std::unique_ptr<Collector>
    subscribe(const char* codec, SendParameters parameters = {
                                     .payload_type = 100, .ssrc = 7, .first_sequence = 65530}) {
        return std::make_unique<Collector>(watch, pipeline_.get(), *stream_, codec, parameters);
    }
    bool warned_of(const std::string& words) {
        return watch.wait([&] { return contains(warnings, words); });
    }
    // Nothing was complained of; what was, is printed.
    void expect_no_complaints() {
        std::lock_guard lock(watch.mutex);
        for (const auto& list : {warnings, bus_errors})
            for (const auto& text : list)
                g_test_message("complaint: %s", text.c_str());
        g_assert_true(warnings.empty() && bus_errors.empty());
    }
    static bool contains(const std::vector<std::string>& list, const std::string& words) {
        for (const auto& text : list)
            if (text.find(words) != text.npos)
                return true;
        return false;
    }
    GstElement* pipeline() const { return pipeline_.get(); }
    GstElement* source() const { return source_.get(); }
    GstBin* bin() const { return GST_BIN(bin_.get()); }
    GstPad* pad() const { return pad_.get(); }
    InputStream& stream() const { return *stream_; }
    std::shared_ptr<InputStream> release_stream() { return std::move(stream_); }

    Watch watch;
    // Under the watch's lock.
    std::vector<std::string> warnings, errors, bus_errors;
    std::vector<std::string> encoders_made; // factory names
    int encoders_gone = 0;
    int changes = 0;
    int pictures = 0; // for probes
    bool eos = false;

private:
    void make_pad(Kind kind, InputStream::Settings settings) {
        auto caps = input_caps(kind);
        auto pad_template =
            sink(gst_pad_template_new("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, caps.get()));
        pad_ = make_input_pad(pad_template.get(), "video_0");
        InputStream::Listener listener;
        listener.changed = [this] { watch.change([&] { changes++; }); };
        listener.warning = [this](const std::string& text) {
            watch.change([&] { warnings.push_back(text); });
        };
        listener.error = [this](const std::string& text) {
            watch.change([&] { errors.push_back(text); });
        };
        stream_ = InputStream::create(bin(), pad_.get(), kind, std::move(settings), listener);
        gst_element_add_pad(bin_.get(), pad_.get());
    }
    static const char* encoder_name(GstElement* element) {
        auto* factory = gst_element_get_factory(element);
        bool encoder =
            factory && gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_ENCODER);
        return encoder ? GST_OBJECT_NAME(factory) : nullptr;
    }
    static void on_added(GstBin*, GstBin*, GstElement* element, Publishing* self) {
        if (auto* name = encoder_name(element))
            self->watch.change([&] { self->encoders_made.push_back(name); });
    }
    static void on_removed(GstBin*, GstBin*, GstElement* element, Publishing* self) {
        if (encoder_name(element))
            self->watch.change([&] { self->encoders_gone++; });
    }
    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer data) {
        auto owned = adopt(message); // dropped below
        auto* self = static_cast<Publishing*>(data);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            self->watch.change([&] { self->eos = true; });
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError* error = nullptr;
            gst_message_parse_error(message, &error, nullptr);
            Owned<GError> owned_error(error);
            self->watch.change([&] { self->bus_errors.push_back(error->message); });
        }
        return GST_BUS_DROP;
    }

    Ref<GstElement> pipeline_, bin_, source_;
    Ref<GstPad> pad_;
    std::shared_ptr<InputStream> stream_;
};

} // namespace rtc
