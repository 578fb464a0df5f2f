// Repair packets, read by a decoder that knows no more than RFC 5109.
#include "plugins/transport/directlink.hpp"
#include "plugins/transport/protection.hpp"

#include <cstring>
#include <map>

using namespace rtc;

namespace {

using Bytes = std::vector<guint8>;
using Packets = std::map<guint16, Bytes>; // RTP, by sequence number

guint number(const Bytes& bytes, size_t at, size_t size = 2) {
    guint value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes.at(at + i);
    return value;
}

// Section 8.2: what one repair packet gives back, where it protects one packet that is missing.
std::optional<Bytes> recover(const Bytes& fec, const Packets& received, guint32 ssrc) {
    size_t mask_size = fec.at(0) & 0x40 ? 6 : 2;
    auto base = guint16(number(fec, 2)), length = guint16(number(fec, 10));
    std::optional<guint16> missing;
    std::vector<const Bytes*> others;
    for (guint bit = 0; bit < mask_size * 8; bit++) {
        if (!(fec.at(12 + bit / 8) & (0x80 >> bit % 8)))
            continue;
        auto found = received.find(guint16(base + bit));
        if (found != received.end())
            others.push_back(&found->second);
        else if (missing)
            return {};
        else
            missing = guint16(base + bit);
    }
    if (!missing)
        return {};
    guint8 first = fec[0] & 0x3f, second = fec[1];
    auto timestamp = number(fec, 4, 4), size = number(fec, 8);
    Bytes content(fec.begin() + ptrdiff_t(12 + mask_size), fec.end());
    g_assert_cmpuint(content.size(), ==, length);
    for (const auto* other : others) {
        first ^= other->at(0) & 0x3f;
        second ^= other->at(1);
        timestamp ^= number(*other, 4, 4);
        size ^= guint(other->size() - 12);
        for (size_t i = 12; i < other->size(); i++)
            content.at(i - 12) ^= other->at(i);
    }
    g_assert_cmpuint(size, <=, content.size());
    Bytes packet{guint8(0x80 | first), second, guint8(*missing >> 8), guint8(*missing)};
    for (auto value : {timestamp, guint(ssrc)})
        for (int shift = 24; shift >= 0; shift -= 8)
            packet.push_back(guint8(value >> shift));
    packet.insert(packet.end(), content.begin(), content.begin() + size);
    return packet;
}

PacketRef make_packet(size_t size, GRand* chance) {
    auto packet = std::make_shared<Packet>();
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    for (size_t i = 0; i < size; i++) {
        auto byte = guint8(g_rand_int(chance));
        gst_buffer_fill(buffer.get(), i, &byte, 1);
    }
    packet->set_payload(buffer);
    return packet;
}

// As it is seen on the wire, but for RED.
Bytes on_wire(const ProtectedPacket& packet) {
    Bytes bytes(packet.header.begin(), packet.header.begin() + ptrdiff_t(packet.header_size));
    auto payload = packet.packet->bytes();
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    std::memcpy(bytes.data() + packet.header_size, packet.fields.start.data(),
                packet.fields.start_size);
    return bytes;
}

ProtectedPacket make_protected(guint16 sequence, bool marker, GRand* chance) {
    ProtectedPacket packet;
    packet.fields = {96, marker, sequence, 3000u * (sequence / 4u), 0xcafe};
    if (sequence % 3 == 0)
        packet.fields.start_size = 3, packet.fields.start = {1, 2, guint8(sequence)};
    packet.packet = make_packet(size_t(g_rand_int_range(chance, 4, 1200)), chance);
    ExtensionValues values;
    if (sequence % 5 == 0)
        values.abs_capture_time = 77 + sequence;
    values.transport_cc = 0;
    packet.header_size = write_rtp_header(packet.fields, {4, 13, {}}, values, packet.header.data());
    return packet;
}

struct Group {
    Group(size_t size, size_t repair, guint16 first, guint step, guint32 seed) {
        auto* chance = g_rand_new_with_seed(seed);
        std::vector<ProtectedPacket> list;
        for (size_t i = 0; i < size; i++)
            list.push_back(make_protected(guint16(first + i * step), i + 1 == size, chance));
        for (const auto& packet : list)
            sent[packet.fields.sequence] = on_wire(packet);
        fec = make_ulpfec(list, repair);
        g_rand_free(chance);
    }
    // All that can be had back, as often as it takes.
    Packets repaired(Packets received) const {
        for (bool again = true; std::exchange(again, false);)
            for (const auto& payload : fec)
                if (auto packet = recover(payload, received, 0xcafe)) {
                    received[guint16(number(*packet, 2))] = *packet;
                    again = true;
                }
        return received;
    }

    Packets sent;
    std::vector<Bytes> fec;
};

void gives_each_back() {
    for (size_t size : {1u, 2u, 5u, 16u, 17u, 24u, 48u})
        for (guint16 first : {guint16(7), guint16(65530)}) {
            Group group(size, 1, first, 1, guint32(size));
            g_assert_cmpuint(group.fec.size(), ==, 1);
            for (const auto& [sequence, packet] : group.sent) {
                auto received = group.sent;
                received.erase(sequence);
                g_assert_true(group.repaired(received) == group.sent);
            }
        }
}

// A burst as long as there are repair packets.
void survives_bursts() {
    for (size_t repair : {2u, 3u, 7u}) {
        Group group(20, repair, 65526, 2, 5);
        g_assert_cmpuint(group.fec.size(), ==, repair);
        for (size_t from = 0; from + repair <= 20; from++) {
            auto received = group.sent;
            for (size_t i = 0; i < repair; i++)
                received.erase(guint16(65526 + 2 * (from + i)));
            g_assert_true(group.repaired(received) == group.sent);
        }
        // One more than that is too much for one of them.
        auto received = group.sent;
        for (size_t i = 0; i <= repair; i++)
            received.erase(guint16(65526 + 2 * i));
        g_assert_cmpuint(group.repaired(received).size(), <, 20);
    }
}

void knows_its_bounds() {
    g_assert_true(make_ulpfec({}, 3).empty());
    Group few(2, 9, 1, 1, 1);
    g_assert_cmpuint(few.fec.size(), ==, 2);
}

void follows_the_network() {
    Protection protection;
    auto report = [&](double loss, GstClockTime rtt, GstClockTime at) {
        for (int i = 0; i < 20; i++)
            protection.report(loss, 100, rtt, at);
    };
    auto now = 100 * GST_SECOND;
    g_assert_cmpfloat(protection.rate(now), ==, 0);
    report(0.1, 10 * GST_MSECOND, now); // a retransmission is as quick
    g_assert_cmpfloat(protection.rate(now), ==, 0);
    report(0.1, 100 * GST_MSECOND, now);
    auto much = protection.rate(now);
    g_assert_cmpfloat(much, >, 0.2);
    g_assert_cmpfloat(much, <=, 0.5);
    report(0.9, GST_CLOCK_TIME_NONE, now);
    g_assert_cmpfloat(protection.rate(now), ==, 0.5);
    // The losses are over.
    g_assert_cmpfloat(protection.rate(now + 60 * GST_SECOND), <, 0.15);
    g_assert_cmpfloat(protection.rate(now + 120 * GST_SECOND), ==, 0);
}

// Pictures of `size` packets: how much repair they get, and that it comes at their ends.
double share(size_t size, double loss) {
    Protection protection;
    auto* chance = g_rand_new_with_seed(3);
    auto now = GST_SECOND;
    for (int i = 0; i < 20; i++)
        protection.report(loss, 100, 100 * GST_MSECOND, now);
    guint16 sequence = 0;
    size_t media = 0, repair = 0;
    for (int picture = 0; picture < 100; picture++)
        for (size_t i = 0; i < size; i++) {
            bool last = i + 1 == size;
            auto due = protection.sent(make_protected(sequence++, last, chance), now);
            g_assert_true(due.empty() || last || size > 20);
            sequence = guint16(sequence + due.size());
            media++;
            repair += due.size();
        }
    g_rand_free(chance);
    return double(repair) / double(media);
}

void spends_what_it_should() {
    for (size_t size : {1u, 3u, 10u, 60u}) {
        g_assert_cmpfloat(share(size, 0), ==, 0);
        g_assert_cmpfloat(share(size, 0.02), >, 0.12);
        g_assert_cmpfloat(share(size, 0.02), <, 0.17);
        g_assert_cmpfloat(share(size, 0.3), >, 0.4);
        g_assert_cmpfloat(share(size, 0.3), <=, 0.5);
    }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/ulpfec/gives-each-back", gives_each_back);
    g_test_add_func("/ulpfec/survives-bursts", survives_bursts);
    g_test_add_func("/ulpfec/knows-its-bounds", knows_its_bounds);
    g_test_add_func("/protection/follows-the-network", follows_the_network);
    g_test_add_func("/protection/spends-what-it-should", spends_what_it_should);
    return g_test_run();
}
