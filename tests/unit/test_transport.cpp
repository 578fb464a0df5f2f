// Headers as a peer gets them, retransmissions, datagrams that go as one, and all of it together.
#include "plugins/transport/datagrams.hpp"
#include "plugins/transport/directlink.hpp"

#include <chrono>
#include <condition_variable>
#include <cstring>

using namespace rtc;

namespace {

using Bytes = std::vector<guint8>;

void writes_headers() {
    RtpFields fields{96, true, 0x1234, 0x01020304, 0x0a0b0c0d};
    Bytes out(max_rtp_header);
    g_assert_cmpuint(write_rtp_header(fields, {}, {.transport_cc = 7}, out.data()), ==, 12);
    g_assert_cmphex(out[0], ==, 0x80);
    g_assert_true(read_rtp_fields(out.data()) == fields);

    ExtensionIds ids{3, 5, 14};
    g_assert_cmpuint(write_rtp_header(fields, ids, {}, out.data()), ==, 12);
    g_assert_cmpuint(write_rtp_header(fields, ids, {.transport_cc = 0xabcd}, out.data()), ==, 20);
    const guint8 short_form[] = {0xbe, 0xde, 0, 1, 0x31, 0xab, 0xcd, 0};
    g_assert_cmpmem(out.data() + 12, 8, short_form, sizeof short_form);
    g_assert_cmphex(out[0], ==, 0x90);

    auto size = write_rtp_header(fields, ids,
                                 {.transport_cc = 1,
                                  .abs_capture_time = 0x1122334455667788,
                                  .playout_delay = ExtensionValues::PlayoutDelay{10, 40950}},
                                 out.data());
    const guint8 long_form[] = {0xbe, 0xde, 0,    4,    0x31, 0,    1,    0x57, 0x11, 0x22,
                                0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xe2, 0,    0x1f, 0xff};
    g_assert_cmpmem(out.data() + 12, size - 12, long_form, sizeof long_form);
    g_assert_cmpuint(rtp_header_size({out.data(), size}), ==, size);
    // Identifiers that one-byte headers don't have.
    g_assert_cmpuint(write_rtp_header(fields, {15, {}, {}}, {.transport_cc = 1}, out.data()), ==,
                     12);
}

PacketRef make_packet(size_t size, guint8 fill = 1, bool keyframe = false) {
    auto packet = std::make_shared<Packet>();
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_memset(buffer.get(), 0, fill, size);
    packet->set_payload(buffer);
    packet->starts_keyframe = keyframe;
    return packet;
}

void retransmits_within_reason() {
    Retransmissions repairs;
    auto packet = make_packet(960);
    for (guint16 i = 0; i < 600; i++)
        repairs.sent(packet, {.sequence = guint16(65000 + i)});
    auto now = 5 * GST_SECOND;
    g_assert_null(repairs.lost(64999, now));                     // never sent
    g_assert_null(repairs.lost(65000, now));                     // forgotten
    const auto* found = repairs.lost(guint16(65000 + 599), now); // 63, after the wrap
    g_assert_nonnull(found);
    g_assert_cmpuint(found->fields.sequence, ==, 63);
    // On its way: again only after a round trip.
    repairs.set_rtt(200 * GST_MSECOND);
    g_assert_null(repairs.lost(63, now + 199 * GST_MSECOND));
    g_assert_nonnull(repairs.lost(63, now + 200 * GST_MSECOND));
    g_assert_cmpuint(repairs.refused(), ==, 0);

    // 800 kbit/s are a hundred packets a second, a third of them at once.
    repairs.set_budget(800'000);
    now = 10 * GST_SECOND;
    guint count = 0;
    for (guint16 i = 100; i < 600; i++)
        count += repairs.lost(guint16(65000 + i), now) ? 1 : 0;
    g_assert_cmpuint(count, ==, 33);
    g_assert_cmpuint(repairs.refused(), >, 400);
    count = 0;
    for (guint16 i = 300; i < 600; i++)
        count += repairs.lost(guint16(65000 + i), now + GST_SECOND / 10) ? 1 : 0;
    g_assert_cmpuint(count, ==, 10);
}

void a_keyframe_makes_up_for_what_was_refused() {
    Retransmissions repairs;
    repairs.set_budget(800'000); // 33 at once
    auto packet = make_packet(960);
    auto keyframe = make_packet(960, 1, true);
    auto now = 10 * GST_SECOND;
    guint16 next = 65400;
    auto send = [&](guint count) {
        for (guint i = 0; i < count; i++)
            repairs.sent(packet, {.sequence = next++});
    };
    send(100);
    repairs.sent(keyframe, {.sequence = next++});
    g_assert_nonnull(repairs.lost(65401, now)); // there was enough for everything
    g_assert_false(repairs.wants_keyframe(now));
    for (guint16 i = 0; i < 60; i++)
        repairs.lost(guint16(65410 + i), now);
    g_assert_true(repairs.wants_keyframe(now));
    // It may have gone astray, but this is no storm.
    g_assert_false(repairs.wants_keyframe(now + 1900 * GST_MSECOND));
    g_assert_true(repairs.wants_keyframe(now + 2 * GST_SECOND));
    send(10);
    auto begin = next;
    repairs.sent(keyframe, {.sequence = next++});
    g_assert_false(repairs.wants_keyframe(now + 10 * GST_SECOND));
    send(100);
    now += GST_SECOND;
    g_assert_null(repairs.lost(guint16(begin - 1), now));
    g_assert_nonnull(repairs.lost(begin, now));
    g_assert_nonnull(repairs.lost(guint16(begin + 50), now));
    // Long after, when the numbers have wrapped, too.
    send(40'000);
    g_assert_nonnull(repairs.lost(guint16(next - 100), now));
}

void finds_runs() {
    static const guint8 bytes[1500] = {};
    auto run = [](std::initializer_list<size_t> sizes) {
        std::vector<std::span<const guint8>> datagrams;
        for (auto size : sizes)
            datagrams.emplace_back(bytes, size);
        return segment_run(datagrams);
    };
    g_assert_cmpuint(run({100}), ==, 1);
    g_assert_cmpuint(run({100, 100, 100}), ==, 3);
    g_assert_cmpuint(run({100, 100, 40, 100}), ==, 3); // the last may be shorter
    g_assert_cmpuint(run({40, 100}), ==, 1);
    std::vector<std::span<const guint8>> many(100, {bytes, 1200});
    g_assert_cmpuint(segment_run(many), ==, 54); // 64 kB
    std::vector<std::span<const guint8>> small(100, {bytes, 10});
    g_assert_cmpuint(segment_run(small), ==, 64);
}

// A peer that decrypts what comes.
struct Peer : Path {
    explicit Peer(const SrtpMaster& key)
        : opener(key) {}

    size_t send(Datagrams datagrams) override {
        {
            std::lock_guard lock(mutex);
            for (auto datagram : datagrams)
                take(datagram);
        }
        condition.notify_all();
        return datagrams.size();
    }
    void take(std::span<const guint8> datagram) {
        Bytes packet(datagram.begin(), datagram.end());
        if (packet[1] >= 192 && packet[1] <= 223) {
            auto plain = opener.open_rtcp(packet);
            g_assert_true(plain.has_value());
            reports.emplace_back(plain->begin(), plain->end());
            return;
        }
        auto plain = opener.open_rtp(packet, 0);
        g_assert_true(plain.has_value());
        packets.emplace_back(plain->begin(), plain->end());
    }
    template <typename Predicate>
    void wait(Predicate predicate) {
        std::unique_lock lock(mutex);
        g_assert_true(condition.wait_for(lock, std::chrono::seconds(20), predicate));
    }

    std::mutex mutex;
    std::condition_variable condition;
    SrtpOpener opener;
    std::vector<Bytes> packets, reports;
};

// The link owns its path; the test goes on looking at the peer.
struct ToPeer : Path {
    explicit ToPeer(std::shared_ptr<Peer> to)
        : peer(std::move(to)) {}
    size_t send(Datagrams datagrams) override { return peer->send(datagrams); }
    std::shared_ptr<Peer> peer;
};

struct Linked {
    Linked() {
        for (size_t i = 0; i < key.size(); i++)
            key[i] = guint8(i * 7);
        peer = std::make_shared<Peer>(key);
        DirectLink::Settings settings;
        settings.key = key;
        settings.path = std::make_unique<ToPeer>(peer);
        settings.cname = "test";
        settings.running_time = [] { return 10 * GST_SECOND; };
        link = DirectLink::create(std::move(settings));
    }
    ~Linked() { link->close(); }

    void send(Transport& transport, guint16 sequence, GstClockTime pts) {
        RtpFields fields{96, true, sequence, guint32(pts * 9 / 100'000), 77};
        transport.send(make_packet(100, guint8(sequence)), fields, pts);
        transport.flush();
    }

    SrtpMaster key{};
    std::shared_ptr<Peer> peer;
    std::shared_ptr<DirectLink> link;
};

Bytes nack_of(guint16 sequence) {
    Bytes nack{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 77, guint8(sequence >> 8), guint8(sequence),
               0,    0};
    return nack;
}

// fraction: of 256, that were lost; rtt: µs.
Bytes report_of(guint8 fraction, gint64 rtt) {
    Bytes rr{0x81, 201, 0, 7, 0, 0, 0, 1,  0, 0, 0, 77, fraction, 0, 0, 1,
             0,    0,   0, 9, 0, 0, 0, 90, 0, 0, 0, 0,  0,        0, 0, 0};
    auto middle = guint32(rtcp::ntp_time(g_get_real_time() - rtt) >> 16);
    for (guint i = 0; i < 4; i++)
        rr[24 + i] = guint8(middle >> (24 - 8 * i));
    return rr;
}

void sends_and_reports() {
    Linked linked;
    int keyframes = 0;
    DirectLink::TrackSettings settings;
    settings.parameters = {.payload_type = 96, .ssrc = 77};
    settings.extensions.transport_cc = 3;
    settings.keyframe_needed = [&] { keyframes++; };
    auto track = linked.link->add_track(settings);
    for (guint16 i = 0; i < 10; i++)
        linked.send(*track, i, 9 * GST_SECOND + i * GST_MSECOND);
    auto& peer = *linked.peer;
    peer.wait([&] { return peer.packets.size() == 10 && peer.reports.size() == 1; });
    for (guint i = 0; i < 10; i++) {
        g_assert_cmpuint(peer.packets[i].size(), ==, 120);
        g_assert_cmpuint(read_rtp_fields(peer.packets[i].data()).sequence, ==, i);
        g_assert_cmpuint(peer.packets[i][18], ==, i); // transport-wide number
        g_assert_cmpuint(peer.packets[i].back(), ==, i);
    }
    // The report's timestamp is that of now: a second after the first packet, more or less.
    const auto& report = peer.reports[0];
    g_assert_cmpuint(report[1], ==, 200);
    auto timestamp = guint32(report[16]) << 24 | guint32(report[17]) << 16 |
                     guint32(report[18]) << 8 | report[19];
    g_assert_cmpuint(timestamp, ==, 900'000);

    const Bytes pli{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 77};
    linked.link->received_rtcp(pli);
    g_assert_cmpint(keyframes, ==, 1);
    // Without a format of their own, lost packets go again as they were.
    linked.link->received_rtcp(nack_of(4));
    peer.wait([&] { return peer.packets.size() == 11; });
    g_assert_cmpuint(read_rtp_fields(peer.packets[10].data()).sequence, ==, 4);
    g_assert_cmpuint(read_rtp_fields(peer.packets[10].data()).ssrc, ==, 77);
    g_assert_cmpuint(peer.packets[10].back(), ==, 4);
}

void repairs() {
    Linked linked;
    DirectLink::TrackSettings settings;
    settings.parameters = {.payload_type = 96, .ssrc = 77};
    settings.repair = {97, 78};
    auto track = linked.link->add_track(settings);
    for (guint16 i = 0; i < 3; i++)
        linked.send(*track, guint16(0x1230 + i), 9 * GST_SECOND);
    auto& peer = *linked.peer;
    peer.wait([&] { return peer.packets.size() == 3; });
    linked.link->received_rtcp(nack_of(0x1231));
    peer.wait([&] { return peer.packets.size() == 4; });
    auto fields = read_rtp_fields(peer.packets[3].data());
    g_assert_cmpuint(fields.ssrc, ==, 78);
    g_assert_cmpuint(fields.payload_type, ==, 97);
    g_assert_cmphex(peer.packets[3][12], ==, 0x12); // the original sequence number
    g_assert_cmphex(peer.packets[3][13], ==, 0x31);
    g_assert_cmpuint(peer.packets[3].size(), ==, 12 + 2 + 100);
    // A receiver report tells of loss and of the way there and back.
    linked.link->received_rtcp(report_of(64, 300'000));
    linked.link->received_rtcp(nack_of(0x1230));
    peer.wait([&] { return peer.packets.size() == 5; });
    auto statistics = linked.link->statistics();
    g_assert_cmpfloat(statistics.loss, ==, 0.25);
    g_assert_cmpfloat(statistics.jitter, ==, 0.001);
    g_assert_cmpfloat(statistics.rtt, >=, 0.29);
}

// Media and repair in RED, under one row of numbers; what goes again is the same as before.
void protects() {
    Linked linked;
    DirectLink::TrackSettings settings;
    settings.parameters = {.payload_type = 96, .ssrc = 77};
    settings.fec = {.format = FecFormat::ulpfec, .payload_type = 99, .red = 98};
    settings.extensions.transport_cc = 3;
    auto track = linked.link->add_track(settings);
    auto& peer = *linked.peer;
    for (guint16 i = 0; i < 300; i++)
        linked.send(*track, guint16(700 + i), 9 * GST_SECOND);
    linked.send(*track, 1000, 9 * GST_SECOND);
    peer.wait([&] { return peer.packets.size() == 301; });
    peer.packets.erase(peer.packets.begin(), peer.packets.end() - 1);
    linked.link->received_rtcp(report_of(128, 200'000));
    linked.link->received_rtcp(nack_of(1000));
    peer.wait([&] { return peer.packets.size() == 2; });
    g_assert_true(Bytes(peer.packets[0].begin() + 20, peer.packets[0].end()) ==
                  Bytes(peer.packets[1].begin() + 20, peer.packets[1].end()));
    peer.packets.pop_back();
    for (guint16 i = 1; i <= 4; i++)
        linked.send(*track, guint16(1000 + i), 9 * GST_SECOND);
    // Nearly half of them lost: one for two, the most there is.
    peer.wait([&] { return peer.packets.size() == 1 + 4 + 2; });
    guint16 sequence = 1000;
    std::string formats;
    for (const auto& packet : peer.packets) {
        auto fields = read_rtp_fields(packet.data());
        g_assert_cmpuint(fields.sequence, ==, sequence++);
        g_assert_cmpuint(fields.payload_type, ==, 98);
        formats += packet[20] == 96 ? 'm' : packet[20] == 99 ? 'r' : '?';
    }
    g_assert_cmpstr(formats.c_str(), ==, "mmmrmmr");
    // The first repair packet is of the two before it, which differ in every byte of content.
    const auto repair = peer.packets[3];
    g_assert_cmphex(repair[20 + 1 + 2] << 8 | repair[20 + 1 + 3], ==, 1001);
    g_assert_cmphex(repair[20 + 1 + 12], ==, 0xc0); // the mask
    g_assert_cmpuint(repair.back(), ==, peer.packets[1].back() ^ peer.packets[2].back());
    // They are counted by when something else goes.
    linked.send(*track, 1005, 9 * GST_SECOND);
    peer.wait([&] { return peer.packets.size() == 8; });
    g_assert_cmpuint(linked.link->statistics().protecting, ==, 2);
}

// Repair beside the media, which stays as it was: an SSRC and numbers of its own. What goes again
// is the same to the last extension, for repair of it to be right.
void protects_beside() {
    Linked linked;
    DirectLink::TrackSettings settings;
    settings.parameters = {.payload_type = 96, .ssrc = 77};
    settings.fec = {.format = FecFormat::flexfec, .payload_type = 99, .ssrc = 78};
    settings.extensions = {.transport_cc = 3, .abs_capture_time = 5};
    auto track = linked.link->add_track(settings);
    auto& peer = *linked.peer;
    for (guint16 i = 0; i < 300; i++)
        linked.send(*track, guint16(700 + i), 9 * GST_SECOND);
    peer.wait([&] { return peer.packets.size() == 300; });
    linked.link->received_rtcp(nack_of(700)); // the first one, with its capture time
    for (guint16 i = 1; i < 70; i++)
        linked.link->received_rtcp(nack_of(guint16(700 + i)));
    peer.wait([&] { return peer.packets.size() == 370; });
    // For the peer, what came again is not lost.
    linked.link->received_rtcp(report_of(0, 200'000));
    for (auto* packet : {&peer.packets[0], &peer.packets[300]})
        (*packet)[17] = (*packet)[18] = 0; // the transport-wide number
    g_assert_cmpuint(peer.packets[0].size(), ==, 12 + 16 + 100);
    g_assert_true(peer.packets[0] == peer.packets[300]);
    peer.packets.clear();
    for (guint16 i = 0; i < 4; i++)
        linked.send(*track, guint16(1000 + i), 9 * GST_SECOND);
    peer.wait([&] { return peer.packets.size() == 4 + 2; });
    std::vector<guint16> media, repair;
    std::optional<guint> number;
    for (const auto& packet : peer.packets) {
        auto fields = read_rtp_fields(packet.data());
        bool is_media = fields.ssrc == 77;
        g_assert_cmpuint(fields.payload_type, ==, is_media ? 96 : 99);
        g_assert_true(is_media || fields.ssrc == 78);
        g_assert_true(fields.marker == is_media);
        (is_media ? media : repair).push_back(fields.sequence);
        // Transport-wide numbers are those of both.
        auto here = guint(packet[17] << 8 | packet[18]);
        g_assert_true(!number || here == *number + 1);
        number = here;
    }
    g_assert_true(media == (std::vector<guint16>{1000, 1001, 1002, 1003}));
    g_assert_cmpuint(repair.at(1), ==, guint16(repair.at(0) + 1));
    linked.send(*track, 1004, 9 * GST_SECOND);
    peer.wait([&] { return peer.packets.size() >= 7; });
    auto statistics = linked.link->statistics();
    g_assert_cmpuint(statistics.protecting, ==, 2);
}

void ends_at_once() {
    Linked linked;
    auto track = linked.link->add_track({.parameters = {.ssrc = 77}});
    linked.send(*track, 1, 9 * GST_SECOND);
    linked.link->close();
    size_t before;
    {
        std::lock_guard lock(linked.peer->mutex);
        before = linked.peer->packets.size();
    }
    linked.send(*track, 2, 9 * GST_SECOND);
    linked.link->received_rtcp(nack_of(1));
    // Another link on the same threads: when its packet is there, nothing else can come.
    Linked other;
    for (int i = 0; i < 4; i++) {
        Linked marker;
        auto marked = marker.link->add_track({.parameters = {.ssrc = 77}});
        marker.send(*marked, 1, 9 * GST_SECOND);
        marker.peer->wait([&] { return !marker.peer->packets.empty(); });
    }
    std::lock_guard lock(linked.peer->mutex);
    g_assert_cmpuint(linked.peer->packets.size(), ==, before);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/transport/writes-headers", writes_headers);
    g_test_add_func("/transport/retransmits-within-reason", retransmits_within_reason);
    g_test_add_func("/transport/keyframe-makes-up", a_keyframe_makes_up_for_what_was_refused);
    g_test_add_func("/transport/finds-runs", finds_runs);
    g_test_add_func("/transport/sends-and-reports", sends_and_reports);
    g_test_add_func("/transport/repairs", repairs);
    g_test_add_func("/transport/protects", protects);
    g_test_add_func("/transport/protects-beside", protects_beside);
    g_test_add_func("/transport/ends-at-once", ends_at_once);
    return g_test_run();
}
