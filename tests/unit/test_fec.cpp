// Repair packets, read by a decoder that knows no more than the documents.
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

// What a repair packet tells of those that it protects.
struct Repair {
    std::vector<guint> distances; // of their numbers from base
    guint16 base;
    guint8 flags, type;
    guint timestamp, length;
    Bytes content;
};

bool bit(const Bytes& bytes, size_t at) {
    return bytes.at(at / 8) & (0x80 >> at % 8);
}

// RFC 5109 sections 7.3 and 7.4.
Repair read_ulpfec(const Bytes& fec) {
    size_t mask_size = fec.at(0) & 0x40 ? 6 : 2;
    Repair repair{.base = guint16(number(fec, 2)),
                  .flags = guint8(fec[0] & 0x3f),
                  .type = fec[1],
                  .timestamp = number(fec, 4, 4),
                  .length = number(fec, 8),
                  .content = Bytes(fec.begin() + ptrdiff_t(12 + mask_size), fec.end())};
    for (guint i = 0; i < mask_size * 8; i++)
        if (bit(fec, 12 * 8 + i))
            repair.distances.push_back(i);
    g_assert_cmpuint(repair.content.size(), ==, number(fec, 10));
    return repair;
}

// Section 4.2 of the draft: parts of the mask, the last of which says so in its first bit.
Repair read_flexfec(const Bytes& fec, guint32 ssrc) {
    g_assert_cmphex(fec.at(0) & 0xc0, ==, 0); // R, F
    g_assert_cmphex(number(fec, 8, 4), ==, 0x01000000);
    g_assert_cmphex(number(fec, 12, 4), ==, ssrc);
    Repair repair{.base = guint16(number(fec, 16)),
                  .flags = fec[0],
                  .type = fec[1],
                  .timestamp = number(fec, 4, 4),
                  .length = number(fec, 2)};
    size_t at = 18 * 8;
    guint distance = 0;
    bool last = false;
    for (guint part : {15u, 31u, 63u}) {
        if (last)
            break;
        last = bit(fec, at++);
        for (guint i = 0; i < part; i++, at++, distance++)
            if (bit(fec, at))
                repair.distances.push_back(distance);
    }
    g_assert_true(last);
    repair.content = Bytes(fec.begin() + ptrdiff_t(at / 8), fec.end());
    return repair;
}

// What one repair packet gives back, where it protects one packet that is missing (RFC 5109 section
// 8.2, and 6.3 of the draft).
std::optional<Bytes> recover(const Repair& repair, const Packets& received, guint32 ssrc) {
    std::optional<guint16> missing;
    std::vector<const Bytes*> others;
    for (auto distance : repair.distances) {
        auto found = received.find(guint16(repair.base + distance));
        if (found != received.end())
            others.push_back(&found->second);
        else if (missing)
            return {};
        else
            missing = guint16(repair.base + distance);
    }
    if (!missing)
        return {};
    auto [distances, base, flags, type, timestamp, size, content] = repair;
    for (const auto* other : others) {
        flags ^= other->at(0) & 0x3f;
        type ^= other->at(1);
        timestamp ^= number(*other, 4, 4);
        size ^= guint(other->size() - 12);
        for (size_t i = 12; i < other->size(); i++)
            content.at(i - 12) ^= other->at(i);
    }
    g_assert_cmpuint(size, <=, content.size());
    Bytes packet{guint8(0x80 | flags), type, guint8(*missing >> 8), guint8(*missing)};
    for (auto value : {timestamp, guint(ssrc)})
        for (int shift = 24; shift >= 0; shift -= 8)
            packet.push_back(guint8(value >> shift));
    packet.insert(packet.end(), content.begin(), content.begin() + size);
    return packet;
}

PacketRef make_packet(size_t size, GRand* chance) {
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = guint8(g_rand_int(chance));
    auto packet = std::make_shared<Packet>();
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_fill(buffer.get(), 0, bytes.data(), size);
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

// Nothing in it, or all that the network takes; with CSRCs and padding.
ProtectedPacket make_odd(guint16 sequence, GRand* chance) {
    auto packet = make_protected(sequence, g_rand_boolean(chance), chance);
    packet.fields.start_size = 0;
    auto csrcs = size_t(g_rand_int_range(chance, 0, 3));
    packet.header[0] |= guint8(csrcs | (g_rand_boolean(chance) ? 0x20 : 0));
    for (size_t i = 0; i < csrcs * 4; i++)
        packet.header.at(packet.header_size++) = guint8(g_rand_int(chance));
    size_t sizes[] = {0, 1, 1500 - packet.header_size};
    packet.packet = make_packet(sizes[g_rand_int_range(chance, 0, 3)], chance);
    return packet;
}

struct Group {
    using List = std::vector<ProtectedPacket>;

    Group(FecFormat given, const List& list, size_t repair)
        : format(given)
        , fec(make_fec(given, list, repair)) {
        for (const auto& packet : list)
            sent[packet.fields.sequence] = on_wire(packet);
    }
    Group(FecFormat given, size_t size, size_t repair, guint16 first, guint step, guint32 seed)
        : Group(given, make_list(size, first, step, seed), repair) {}
    static List make_list(size_t size, guint16 first, guint step, guint32 seed) {
        auto* chance = g_rand_new_with_seed(seed);
        List list;
        for (size_t i = 0; i < size; i++)
            list.push_back(make_protected(guint16(first + i * step), i + 1 == size, chance));
        g_rand_free(chance);
        return list;
    }
    Repair read(const Bytes& payload) const {
        return format == FecFormat::ulpfec ? read_ulpfec(payload) : read_flexfec(payload, 0xcafe);
    }
    // All that can be had back, as often as it takes.
    Packets repaired(Packets received) const {
        for (bool again = true; std::exchange(again, false);)
            for (const auto& payload : fec)
                if (auto packet = recover(read(payload), received, 0xcafe)) {
                    received[guint16(number(*packet, 2))] = *packet;
                    again = true;
                }
        return received;
    }

    FecFormat format;
    Packets sent;
    std::vector<Bytes> fec;
};

constexpr FecFormat formats[] = {FecFormat::ulpfec, FecFormat::flexfec};

void gives_each_back() {
    for (auto format : formats)
        for (size_t size : {1u, 2u, 5u, 15u, 16u, 17u, 24u, 46u, 47u, 48u, 109u})
            for (guint16 first : {guint16(7), guint16(65530)}) {
                if (size > fec_span(format))
                    continue;
                Group group(format, size, 1, first, 1, guint32(size));
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
    for (auto format : formats)
        for (size_t repair : {2u, 3u, 7u}) {
            Group group(format, 20, repair, 65526, 2, 5);
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

// Groups of any packets, with gaps, anywhere among the numbers; one of each repair packet's is
// lost.
void takes_any_packets() {
    auto* chance = g_rand_new_with_seed(9);
    for (int round = 0; round < 60; round++) {
        auto format = formats[round % 2];
        Group::List list;
        auto first = guint16(65536 - g_rand_int_range(chance, 0, 150));
        for (auto sequence = first; guint16(sequence - first) < fec_span(format);
             sequence += guint16(g_rand_int_range(chance, 1, 6)))
            list.push_back(make_odd(sequence, chance));
        auto repair = size_t(g_rand_int_range(chance, 1, 8));
        Group group(format, list, repair);
        auto received = group.sent;
        for (size_t i = 0; i < repair; i++) {
            auto of_it = (list.size() - i + repair - 1) / repair;
            auto lost = i + repair * size_t(g_rand_int_range(chance, 0, gint32(of_it)));
            received.erase(list[lost].fields.sequence);
        }
        g_assert_cmpuint(received.size(), ==, list.size() - repair);
        g_assert_true(group.repaired(received) == group.sent);
    }
    g_rand_free(chance);
}

// Masks as libwebrtc's tests of its own headers have them.
void writes_masks() {
    struct {
        std::vector<guint> distances;
        Bytes ulpfec, flexfec;
    } rows[] = {
        {{0, 3, 7, 14}, {0x91, 0x02}, {0xc8, 0x81}},
        {{0, 3, 7, 14, 20, 25, 29, 40, 45},
         {0x91, 0x02, 0x08, 0x44, 0x00, 0x84},
         {0x48, 0x81, 0x82, 0x11, 0x00, 0x21}},
        {{0,  3,  7,  14, 20, 25, 29, 40, 45, 52,  56,  60,
          64, 68, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108},
         {},
         {0x48, 0x81, 0x02, 0x11, 0x00, 0x21, 0x81, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11}},
    };
    auto* chance = g_rand_new_with_seed(1);
    for (const auto& [distances, ulpfec, flexfec] : rows) {
        Group::List list;
        for (auto distance : distances)
            list.push_back(make_protected(guint16(0xaabb + distance), false, chance));
        auto mask = [](const Bytes& fec, size_t at, size_t size) {
            return Bytes(fec.begin() + ptrdiff_t(at), fec.begin() + ptrdiff_t(at + size));
        };
        auto flexible = make_fec(FecFormat::flexfec, list, 1).at(0);
        g_assert_true(mask(flexible, 18, flexfec.size()) == flexfec);
        g_assert_cmphex(number(flexible, 16), ==, 0xaabb);
        if (!ulpfec.empty())
            g_assert_true(mask(make_fec(FecFormat::ulpfec, list, 1).at(0), 12, ulpfec.size()) ==
                          ulpfec);
    }
    g_rand_free(chance);
}

// One packet: all of it in the clear, each field in its place.
void writes_flexfec() {
    ProtectedPacket packet;
    packet.fields = {0x60, true, 0x1234, 0x01234567, 0x11223344};
    packet.header_size = write_rtp_header(packet.fields, {}, {}, packet.header.data());
    packet.packet = std::make_shared<Packet>();
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, 3, nullptr));
    gst_buffer_fill(buffer.get(), 0, "\xaa\xbb\xcc", 3);
    std::const_pointer_cast<Packet>(packet.packet)->set_payload(buffer);
    const Bytes expected{0x00, 0xe0, 0,    3,    0x01, 0x23, 0x45, 0x67, 1,    0,    0,   0,
                         0x11, 0x22, 0x33, 0x44, 0x12, 0x34, 0xc0, 0,    0xaa, 0xbb, 0xcc};
    g_assert_true(make_fec(FecFormat::flexfec, {&packet, 1}, 1).at(0) == expected);
}

void knows_its_bounds() {
    for (auto format : formats) {
        g_assert_true(make_fec(format, {}, 3).empty());
        Group few(format, 2, 9, 1, 1, 1);
        g_assert_cmpuint(few.fec.size(), ==, 2);
    }
}

void follows_the_network() {
    Protection protection(FecFormat::ulpfec);
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
double share(FecFormat format, size_t size, double loss) {
    Protection protection(format);
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
            if (format == FecFormat::ulpfec) // it takes numbers
                sequence = guint16(sequence + due.size());
            media++;
            repair += due.size();
        }
    g_rand_free(chance);
    return double(repair) / double(media);
}

void spends_what_it_should() {
    for (auto format : formats)
        for (size_t size : {1u, 3u, 10u, 60u}) {
            g_assert_cmpfloat(share(format, size, 0), ==, 0);
            g_assert_cmpfloat(share(format, size, 0.02), >, 0.12);
            g_assert_cmpfloat(share(format, size, 0.02), <, 0.17);
            g_assert_cmpfloat(share(format, size, 0.3), >, 0.4);
            g_assert_cmpfloat(share(format, size, 0.3), <=, 0.5);
        }
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/fec/gives-each-back", gives_each_back);
    g_test_add_func("/fec/survives-bursts", survives_bursts);
    g_test_add_func("/fec/takes-any-packets", takes_any_packets);
    g_test_add_func("/fec/writes-masks", writes_masks);
    g_test_add_func("/fec/writes-flexfec", writes_flexfec);
    g_test_add_func("/fec/knows-its-bounds", knows_its_bounds);
    g_test_add_func("/protection/follows-the-network", follows_the_network);
    g_test_add_func("/protection/spends-what-it-should", spends_what_it_should);
    return g_test_run();
}
