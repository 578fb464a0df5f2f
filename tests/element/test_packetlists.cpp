// What libnice pushes in lists, since 0.1.23, takes the same ways as what it pushes alone: through
// the very probe of a session, on a real nicesrc.
#include "plugins/receive/bufferprobe.hpp"
#include "plugins/rtc/webrtcbinparts.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace rtc;

namespace {

// The first byte tells what a packet is (RFC 7983), the second one RTCP from RTP (RFC 5761).
constexpr std::array<guint8, 12> rtp{0x80, 96}, rtcp{0x80, 201}, dtls{22, 254};

Ref<GstBuffer> packet(const std::array<guint8, 12>& bytes) {
    return adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
}

template <typename... Packets>
Ref<GstBufferList> list_of(const Packets&... packets) {
    auto list = adopt(gst_buffer_list_new());
    (gst_buffer_list_insert(list.get(), -1, packet(packets).release()), ...);
    return list;
}

guint8 byte_of(GstBuffer* buffer, gsize at) {
    guint8 byte = 0;
    gst_buffer_extract(buffer, at, &byte, 1);
    return byte;
}

// What comes to a pad, and whether on the thread that made this.
struct Seen {
    struct Packet {
        guint8 first, second;
        bool here;
    };
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Packet> packets;
    const std::thread::id thread = std::this_thread::get_id();

    void add(GstBuffer* buffer) {
        std::lock_guard lock(mutex);
        packets.push_back(
            {byte_of(buffer, 0), byte_of(buffer, 1), std::this_thread::get_id() == thread});
        changed.notify_all();
    }
    std::vector<Packet> wait(size_t count) {
        std::unique_lock lock(mutex);
        if (!changed.wait_for(lock, std::chrono::seconds(20),
                              [&] { return packets.size() >= count; }))
            g_error("%zu packets came, not %zu", packets.size(), count);
        return packets;
    }
};

void begin_stream(GstPad* pad) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    auto caps = adopt(gst_caps_new_empty_simple("application/x-rtp"));
    gst_pad_push_event(pad, gst_event_new_stream_start("packets"));
    gst_pad_push_event(pad, gst_event_new_caps(caps.get()));
    gst_pad_push_event(pad, gst_event_new_segment(&segment));
}

// Of a list of four, one is taken, one reset and one changed.
void a_probe_sees_each() {
    auto source = sink(gst_pad_new("src", GST_PAD_SRC)),
         end = sink(gst_pad_new("sink", GST_PAD_SINK));
    static std::vector<guint8> came;
    static guint lists;
    gst_pad_set_chain_function(end.get(), [](GstPad*, GstObject*, GstBuffer* buffer) {
        came.push_back(byte_of(adopt(buffer).get(), 0));
        return GST_FLOW_OK;
    });
    gst_pad_set_chain_list_function(end.get(), [](GstPad*, GstObject*, GstBufferList* list) {
        auto owned = adopt(list);
        lists++;
        for (guint i = 0; i < gst_buffer_list_length(list); i++)
            came.push_back(byte_of(gst_buffer_list_get(list, i), 0));
        return GST_FLOW_OK;
    });
    gst_pad_set_active(end.get(), TRUE);
    gst_pad_set_active(source.get(), TRUE);
    g_assert_cmpint(gst_pad_link(source.get(), end.get()), ==, GST_PAD_LINK_OK);
    begin_stream(source.get());
    std::vector<Ref<GstBuffer>> taken;
    add_buffer_probe(source.get(), [&](GstPad* pad, Ref<GstBuffer>& buffer) {
        g_assert_true(pad == source.get());
        switch (byte_of(buffer.get(), 0)) {
        case 1:
            return taken.push_back(std::move(buffer));
        case 2:
            return buffer.reset();
        case 3:
            buffer = adopt(gst_buffer_make_writable(buffer.release()));
            gst_buffer_memset(buffer.get(), 0, 33, 1);
            return;
        }
    });
    using Bytes = std::array<guint8, 12>;
    auto list = list_of(Bytes{1}, Bytes{2}, Bytes{3}, Bytes{4});
    auto kept = list; // another owner sees no change
    g_assert_cmpint(gst_pad_push_list(source.get(), list.release()), ==, GST_FLOW_OK);
    g_assert_true(came == (std::vector<guint8>{33, 4}));
    g_assert_cmpuint(gst_buffer_list_length(kept.get()), ==, 4);
    g_assert_cmpuint(byte_of(gst_buffer_list_get(kept.get(), 2), 0), ==, 3);
    g_assert_cmpuint(taken.size(), ==, 1);
    g_assert_cmpuint(lists, ==, 1);
    // Nothing is left of this one; a buffer alone goes the same way.
    gst_pad_push_list(source.get(), list_of(Bytes{1}, Bytes{2}).release());
    for (guint8 first = 1; first <= 4; first++)
        gst_pad_push(source.get(), packet({first}).release());
    g_assert_cmpuint(lists, ==, 1);
    g_assert_true(came == (std::vector<guint8>{33, 4, 33, 4}));
    g_assert_cmpuint(taken.size(), ==, 3);
}

// nicesrc and what webrtcbin has behind it, with the probe that a session puts there.
struct Network {
    Ref<GstElement> pipeline = sink(gst_pipeline_new(nullptr));
    GstElement* nicesrc = gst_element_factory_make("nicesrc", nullptr);
    GstElement* decoder = gst_element_factory_make("dtlssrtpdec", nullptr);
    std::shared_ptr<WebrtcbinParts> parts = std::make_shared<WebrtcbinParts>(pipeline.get());
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(nicesrc, "src"));
    Seen seen;

    Network() {
        auto* filter = gst_element_factory_make("capsfilter", nullptr);
        auto* queue = gst_element_factory_make("queue", nullptr);
        g_object_set(decoder, "connection-id", "packet-lists", nullptr);
        gst_bin_add_many(GST_BIN(pipeline.get()), nicesrc, filter, queue, decoder, nullptr);
        g_assert_true(gst_element_link_many(nicesrc, filter, queue, decoder, nullptr));
        parts->added(nicesrc);
        auto input = adopt(gst_element_get_static_pad(decoder, "sink"));
        add_buffer_probe(input.get(), [this](GstPad*, Ref<GstBuffer>& buffer) {
            seen.add(buffer.get());
            buffer.reset();
        });
        for (auto* element : {decoder, queue, filter})
            gst_element_set_state(element, GST_STATE_PLAYING);
        // It has no agent to read from, and is never started: its pad is ours to push from.
        gst_pad_set_activatemode_function(
            pad.get(), [](GstPad*, GstObject*, GstPadMode, gboolean) -> gboolean { return TRUE; });
        gst_pad_set_active(pad.get(), TRUE);
        begin_stream(pad.get());
    }
    ~Network() {
        gst_pad_set_active(pad.get(), FALSE);
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    }

    void push(Ref<GstBufferList> list) {
        g_assert_cmpint(gst_pad_push_list(pad.get(), list.release()), ==, GST_FLOW_OK);
    }
};

// Signs of life are media and reports alone.
void counts_as_life() {
    Network network;
    network.push(list_of(dtls, dtls));
    network.seen.wait(2);
    g_assert_cmpint(network.parts->last_received(), ==, 0);
    network.push(list_of(dtls, rtcp));
    g_assert_cmpint(network.parts->last_received(), >, 0);
}

// Past the queue, on the thread that received it; DTLS goes through it.
void takes_the_short_way() {
    Network network;
    network.push(list_of(dtls));
    network.seen.wait(1); // and with it the segment, ahead of it
    network.push(list_of(rtp, dtls, rtcp, rtp));
    auto packets = network.seen.wait(5);
    guint media = 0;
    for (const auto& [first, second, here] : packets) {
        bool is_media = first == rtp[0];
        g_assert_true(here == is_media);
        media += is_media;
    }
    g_assert_cmpuint(media, ==, 3);
}

void stops_receiving() {
    Network network;
    network.parts->stop_receiving();
    network.push(list_of(rtp, dtls, rtcp));
    network.push(list_of(rtp, rtcp));
    network.push(list_of(dtls));
    for (const auto& packet : network.seen.wait(2))
        g_assert_cmpuint(packet.first, ==, dtls[0]);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/packet-lists/a-probe-sees-each", a_probe_sees_each);
    g_test_add_func("/packet-lists/signs-of-life", counts_as_life);
    g_test_add_func("/packet-lists/the-short-way", takes_the_short_way);
    g_test_add_func("/packet-lists/stop-receiving", stops_receiving);
    return g_test_run();
}
