#include "plugins/publish/forwarder.hpp"

using namespace rtc;

namespace {

RtpFields packet(guint16 sequence, guint32 timestamp = 1000, bool marker = false) {
    return {96, marker, sequence, timestamp, 0xaaaaaaaa};
}

void numbers_without_a_gap() {
    Forwarder forwarder({.payload_type = 102,
                         .ssrc = 0x12345678,
                         .first_sequence = 65534,
                         .timestamp_offset = 0xfffffff0});
    // Whatever the source does: jumps, begins anew, repeats itself.
    const struct {
        guint16 source, expected;
    } table[] = {
        {500, 65534}, {501, 65535}, {502, 0}, {7, 1}, {8, 2}, {65535, 3}, {0, 4}, {0, 5},
    };
    for (const auto& row : table) {
        auto fields = forwarder.forward(packet(row.source, 32, row.source == 501));
        g_assert_cmpuint(fields.sequence, ==, row.expected);
        g_assert_cmpuint(fields.payload_type, ==, 102);
        g_assert_cmphex(fields.ssrc, ==, 0x12345678);
        g_assert_cmpuint(fields.timestamp, ==, 16); // modulo 2^32
        g_assert_true(fields.marker == (row.source == 501));
    }
}

void catches_up() {
    Forwarder forwarder({.timestamp_offset = 7});
    const guint32 newest = 500; // the burst began before the timestamp wrapped
    guint32 previous = 0;
    for (int i = 30; i >= 0; i--) {
        auto fields =
            forwarder.catch_up(packet(guint16(30 - i), newest - guint32(i) * 3000), newest);
        g_assert_cmpint(gint32(newest + 7 - fields.timestamp), ==, i * 3000 / 32);
        if (i < 30)
            g_assert_cmpint(gint32(fields.timestamp - previous), >, 0);
        previous = fields.timestamp;
    }
    g_assert_cmpuint(previous, ==, newest + 7);
    // A reordered picture may be newer than the newest packet.
    g_assert_cmpuint(forwarder.catch_up(packet(31, newest + 3000), newest).timestamp, ==,
                     newest + 3007);
}

void header_fields() {
    guint8 header[12] = {0x90, 0x60, 1, 2, 0, 0, 0, 5, 0xde, 0xad, 0xbe, 0xef};
    g_assert_true(read_rtp_fields(header) == (RtpFields{0x60, false, 0x102, 5, 0xdeadbeef}));
    RtpFields fields{111, true, 0xfffe, 0x80000001, 42};
    write_rtp_fields(header, fields);
    g_assert_true(read_rtp_fields(header) == fields);
    g_assert_cmphex(header[0], ==, 0x90); // version, extension and CSRC count are left alone
    g_assert_cmphex(header[1], ==, 0x80 | 111);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/forwarder/numbers-without-a-gap", numbers_without_a_gap);
    g_test_add_func("/forwarder/catches-up", catches_up);
    g_test_add_func("/forwarder/header-fields", header_fields);
    return g_test_run();
}
