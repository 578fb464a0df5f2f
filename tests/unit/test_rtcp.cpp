#include "plugins/transport/rtcp.hpp"

#include "plugins/transport/rtcpguard.hpp"
#include "tests/support/farm/feedback.hpp"

#include <cstdlib>
#include <map>
#include <new>
#include <string>

using namespace rtc;
using namespace rtc::rtcp;

// What the code under test allocates, in bytes.
static size_t allocated = 0;

[[gnu::noinline]] void* operator new(size_t size) {
    allocated += size;
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

namespace {

using Bytes = std::vector<guint8>;

Bytes from_hex(const char* hex) {
    Bytes bytes;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        bytes.push_back(guint8(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1])));
        hex++;
    }
    return bytes;
}

template <typename T>
T only(const char* hex) {
    auto messages = parse(from_hex(hex));
    g_assert_cmpuint(messages.size(), ==, 1);
    g_assert_true(std::holds_alternative<T>(messages[0]));
    return std::get<T>(messages[0]);
}

void reads_reports() {
    auto report = only<Report>("81c90007 11111111 22222222 40fffffe 00010203 00000010 aabbccdd "
                               "00010000");
    g_assert_cmphex(report.ssrc, ==, 0x22222222);
    g_assert_cmpuint(report.fraction, ==, 0x40);
    g_assert_cmpint(report.lost, ==, -2); // duplicates came
    g_assert_cmpuint(report.highest, ==, 0x10203);
    g_assert_cmpuint(report.jitter, ==, 16);
    g_assert_cmphex(report.last_sr, ==, 0xaabbccdd);
    g_assert_cmpuint(report.since_last, ==, 65536);
    // An SR with one block says the same after its own part; an empty RR says nothing.
    g_assert_cmpuint(parse(from_hex("80c90001 11111111")).size(), ==, 0);
    auto sr = from_hex("81c8000c 11111111 0000000000000000 00000000 00000000 00000000 "
                       "22222222 00000000 00000000 00000000 00000000 00000000");
    g_assert_cmpuint(parse(sr).size(), ==, 1);
}

void reads_nacks() {
    auto nack = only<Nack>("81cd0003 11111111 22222222 ffff8001");
    g_assert_cmphex(nack.ssrc, ==, 0x22222222);
    g_assert_true(nack.sequences == (std::vector<guint16>{65535, 0, 15}));
}

void reads_requests() {
    g_assert_cmphex(only<KeyframeRequest>("81ce0002 11111111 22222222").ssrc, ==, 0x22222222);
    g_assert_cmphex(only<KeyframeRequest>("84ce0004 11111111 00000000 33333333 05000000").ssrc, ==,
                    0x33333333);
    // 1 Mbit/s as mantissa 250000 and exponent 2.
    g_assert_cmpuint(only<Remb>("8fce0005 11111111 00000000 52454d42 010bd090 22222222").bitrate,
                     ==, 1'000'000);
    // An exponent that no network has.
    g_assert_cmpuint(
        parse(from_hex("8fce0005 11111111 00000000 52454d42 01ffd090 22222222")).size(), ==, 0);
}

// Base 10, 7 packets: a run of two small deltas, then a vector of two-bit symbols: missing, large,
// small, missing, small.
void reads_feedback() {
    auto feedback = only<Feedback>("8fcd0007 11111111 22222222 000a0007 000001 05 2002 c910 04 08 "
                                   "fffc 0c 10 0000");
    g_assert_cmpuint(feedback.packets.size(), ==, 7);
    const struct {
        bool received;
        gint64 at;
    } table[] = {{true, 65'000}, {true, 67'000}, {false, 0},    {true, 66'000},
                 {true, 69'000}, {false, 0},     {true, 73'000}};
    for (guint i = 0; i < 7; i++) {
        g_assert_cmpuint(feedback.packets[i].sequence, ==, 10 + i);
        g_assert_true(feedback.packets[i].received == table[i].received);
        if (table[i].received)
            g_assert_cmpint(feedback.packets[i].at, ==, table[i].at);
    }
    // One-bit symbols; a negative reference time; the number wraps.
    auto bits =
        only<Feedback>("8fcd0006 11111111 22222222 fffe0003 ffffff 01 a800 00 04 000000000000");
    g_assert_cmpuint(bits.packets[2].sequence, ==, 0);
    g_assert_cmpint(bits.packets[0].at, ==, -64'000);
    g_assert_false(bits.packets[1].received);
    g_assert_cmpint(bits.packets[2].at, ==, -63'000);
}

// 31 times feedback about 65535 packets that never came, in 1248 bytes.
Bytes hostile_feedback() {
    auto compound = from_hex("80c90001 00000001");
    auto block = from_hex("8fcd0009 00000001 00000002 0000ffff 00000000 1fff1fff 1fff1fff 1fff1fff "
                          "1fff1fff 00070000");
    for (int i = 0; i < 31; i++)
        compound.insert(compound.end(), block.begin(), block.end());
    g_assert_cmpuint(compound.size(), ==, 1248);
    return compound;
}

// It costs no more than what was sent.
void bounds_feedback() {
    auto hostile = hostile_feedback();
    for (size_t sent : {size_t(0), size_t(1000), most_reported}) {
        allocated = 0;
        g_assert_cmpuint(parse(hostile, sent).size(), ==, 0);
        g_assert_cmpuint(allocated, ==, 0);
    }
    g_assert_cmpuint(parse(hostile).size(), ==, 0);
    // All feedback of a compound is about what was sent, together: 7 of 10, 3 of the 3 that are
    // left, and no more.
    auto seven =
        from_hex("8fcd0007 11111111 22222222 000a0007 000001 05 2002 c910 04 08 fffc 0c 10 "
                 "0000");
    auto three = from_hex("8fcd0006 11111111 22222222 fffe0003 ffffff 01 a800 00 04 000000000000");
    auto compound = seven;
    for (const auto& more : {seven, three, three})
        compound.insert(compound.end(), more.begin(), more.end());
    auto messages = parse(compound, 10);
    g_assert_cmpuint(messages.size(), ==, 2);
    g_assert_cmpuint(std::get<Feedback>(messages[0]).packets.size(), ==, 7);
    g_assert_cmpuint(std::get<Feedback>(messages[1]).packets.size(), ==, 3);
}

// A packet is missed once, and no more of them than are kept.
void bounds_nacks() {
    auto twice = only<Nack>("81cd0005 11111111 22222222 00018001 00010001 00020000");
    g_assert_true(twice.sequences == (std::vector<guint16>{1, 2, 17}));
    auto all = from_hex("81cd0000 11111111 22222222");
    for (guint16 first = 0; first < 17 * 340; first = guint16(first + 17))
        for (auto byte : {first >> 8, first & 0xff, 0xff, 0xff})
            all.push_back(guint8(byte));
    all[2] = guint8((all.size() / 4 - 1) >> 8), all[3] = guint8(all.size() / 4 - 1);
    auto messages = parse(all);
    const auto& sequences = std::get<Nack>(messages.at(0)).sequences;
    g_assert_cmpuint(sequences.size(), ==, most_missed);
    for (size_t i = 0; i < sequences.size(); i++)
        g_assert_cmpuint(sequences[i], ==, i);
}

// A source is asked for one keyframe, however it is said.
void bounds_requests() {
    auto compound = from_hex("81ce0002 11111111 22222222 81ce0002 11111111 22222222"
                             "84ce0006 11111111 00000000 22222222 05000000 33333333 06000000");
    auto messages = parse(compound);
    g_assert_cmpuint(messages.size(), ==, 2);
    g_assert_cmphex(std::get<KeyframeRequest>(messages[0]).ssrc, ==, 0x22222222);
    g_assert_cmphex(std::get<KeyframeRequest>(messages[1]).ssrc, ==, 0x33333333);
    // A compound of more parts than any peer sends is read up to there.
    Bytes many;
    for (guint8 i = 0; i < 100; i++) {
        auto request = from_hex("81ce0002 11111111 22222200");
        request.back() = i;
        many.insert(many.end(), request.begin(), request.end());
    }
    g_assert_cmpuint(parse(many).size(), ==, most_parts);
}

void guards_against_claims() {
    RtcpGuard guard;
    g_assert_false(guard.admit(hostile_feedback(), GST_SECOND));
    g_assert_true(guard.admit(from_hex("81c90007 11111111 22222222 40fffffe 00010203 00000010 "
                                       "aabbccdd 00010000"),
                              GST_SECOND));
    auto long_one = from_hex("80c90001 11111111");
    long_one.resize(RtcpGuard::longest + 4);
    g_assert_false(guard.admit(long_one, GST_SECOND));
    Bytes many;
    for (size_t i = 0; i <= most_parts; i++)
        for (auto byte : from_hex("80c90001 11111111"))
            many.push_back(byte);
    g_assert_false(guard.admit(many, GST_SECOND));
    many.resize(many.size() - 8);
    g_assert_true(guard.admit(many, GST_SECOND));
}

// A peer may have so much read in a second.
void guards_against_floods() {
    RtcpGuard guard;
    auto block = from_hex("8fcd0005 00000001 00000002 00001fff 00000000 1fff0000");
    double cost = 0x1fff + RtcpGuard::part_cost;
    auto admitted = [&](GstClockTime now) {
        guint count = 0;
        while (guard.admit(block, now))
            count++;
        return count;
    };
    auto at_once = guint(RtcpGuard::budget_per_second / cost);
    g_assert_cmpuint(admitted(10 * GST_SECOND), ==, at_once);
    g_assert_cmpuint(admitted(10 * GST_SECOND), ==, 0);
    g_assert_cmpuint(admitted(11 * GST_SECOND), ==, at_once);
    g_assert_cmpuint(admitted(60 * GST_SECOND), ==, at_once);
    // What a viewer of 20 Mbit/s sends, every 50 ms, passes all the time: a report, feedback about
    // what came since, and some that were missed.
    auto usual = from_hex("81c90007 11111111 22222222 00000000 00010203 00000010 aabbccdd 00010000"
                          "8fcd0005 11111111 22222222 00000064 00000000 00640000"
                          "81cd0003 11111111 22222222 0001ffff");
    for (auto now = 100 * GST_SECOND; now < 160 * GST_SECOND; now += 50 * GST_MSECOND)
        g_assert_true(guard.admit(usual, now));
}

// A source makes a place for itself: in a report's head, or in a description's chunks.
void guards_against_sources() {
    RtcpGuard guard;
    auto report = from_hex("80c90001 00000000");
    for (size_t i = 0; i < RtcpGuard::most_sources - 2; i++) {
        report[6] = guint8(i >> 8), report[7] = guint8(i);
        g_assert_true(guard.admit(report, GST_SECOND * i));
    }
    // Two chunks, with a CNAME of one letter and of five.
    auto described = from_hex("82ca0006 aaaaaaaa 01016100 bbbbbbbb 01056162 63646500 00000000");
    g_assert_true(guard.admit(described, GST_SECOND * 1000));
    described[7] = 0xcc;
    g_assert_false(guard.admit(described, GST_SECOND * 1001));
    described[7] = 0xaa, described[15] = 0xcc;
    g_assert_false(guard.admit(described, GST_SECOND * 1002));
    described[15] = 0xbb;
    g_assert_true(guard.admit(described, GST_SECOND * 1003));
    g_assert_true(guard.admit(report, GST_SECOND * 1004));
}

void survives_nonsense() {
    for (const char* hex :
         {"", "80", "80c9", "81c90007 11111111", "8fcd0003 11111111 22222222 0000ffff",
          "8fcd0004 11111111 22222222 00000fff 00000000", "ffffffff", "40c90000",
          "81cd0002 11111111 22222222 00"})
        for (const auto& message : parse(from_hex(hex)))
            g_assert_true(std::holds_alternative<Nack>(message));
    auto whole =
        from_hex("81c90007 11111111 22222222 40fffffe 00010203 00000010 aabbccdd 00010000"
                 "8fcd0007 11111111 22222222 000a0007 000001 05 2002 c910 04 08 fffc 0c 10 0000");
    g_assert_cmpuint(parse(whole).size(), ==, 2);
    for (size_t size = 0; size < whole.size(); size++)
        g_assert_cmpuint(parse({whole.data(), size}).size(), <, 2);
}

void writes_reports() {
    auto packet = write(
        {.ssrc = 0x01020304, .ntp = 0x1122334455667788, .timestamp = 9, .packets = 10, .bytes = 11},
        "name");
    g_assert_true(packet ==
                  from_hex("80c80006 01020304 11223344 55667788 00000009 0000000a 0000000b"
                           "81ca0003 01020304 01046e61 6d650000"));
    for (size_t length = 0; length < 9; length++)
        g_assert_cmpuint(write({}, std::string(length, 'x')).size() % 4, ==, 0);
    g_assert_cmphex(ntp_time(0), ==, G_GUINT64_CONSTANT(2208988800) << 32);
    g_assert_cmphex(ntp_time(500'000), ==, (G_GUINT64_CONSTANT(2208988800) << 32) + 0x80000000);
}

// What light viewers write, we read.
void the_farm_writes_feedback() {
    farm::FeedbackLog log;
    g_assert_true(log.take(1, 2).empty());
    const std::pair<guint16, gint64> came[] = {
        {65534, 1'000'000}, {65535, 1'000'250}, {2, 1'100'000}, {1, 1'090'000}, {9, 1'350'000}};
    for (auto [number, at] : came)
        log.packet(number, at);
    auto messages = parse(log.take(1, 2));
    const auto& packets = std::get<Feedback>(messages.at(0)).packets;
    g_assert_cmpuint(packets.size(), ==, 12);
    std::map<guint16, gint64> read;
    for (guint16 i = 0; i < packets.size(); i++) {
        g_assert_cmpuint(packets[i].sequence, ==, guint16(65534 + i));
        if (packets[i].received)
            read[packets[i].sequence] = packets[i].at;
    }
    g_assert_cmpuint(read.size(), ==, G_N_ELEMENTS(came));
    for (auto [number, at] : came)
        g_assert_cmpint(read.at(number), ==, at);
    g_assert_true(log.take(1, 2).empty()); // what was told is told once
}

void the_farm_reads_numbers() {
    auto packet = from_hex("90600001 00000000 00000007 bede0002 10aa0031 12340000 55");
    g_assert_cmphex(*farm::transport_number(packet, 3), ==, 0x1234);
    g_assert_false(farm::transport_number(packet, 4).has_value());
    packet[0] = 0x80;
    g_assert_false(farm::transport_number(packet, 3).has_value());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/rtcp/reads-reports", reads_reports);
    g_test_add_func("/rtcp/reads-nacks", reads_nacks);
    g_test_add_func("/rtcp/reads-requests", reads_requests);
    g_test_add_func("/rtcp/reads-feedback", reads_feedback);
    g_test_add_func("/rtcp/bounds-feedback", bounds_feedback);
    g_test_add_func("/rtcp/bounds-nacks", bounds_nacks);
    g_test_add_func("/rtcp/bounds-requests", bounds_requests);
    g_test_add_func("/rtcp/guards-against-claims", guards_against_claims);
    g_test_add_func("/rtcp/guards-against-floods", guards_against_floods);
    g_test_add_func("/rtcp/guards-against-sources", guards_against_sources);
    g_test_add_func("/rtcp/survives-nonsense", survives_nonsense);
    g_test_add_func("/rtcp/writes-reports", writes_reports);
    g_test_add_func("/rtcp/farm-feedback", the_farm_writes_feedback);
    g_test_add_func("/rtcp/farm-numbers", the_farm_reads_numbers);
    return g_test_run();
}
