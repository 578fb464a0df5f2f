#include "plugins/bandwidth/sentpackets.hpp"

#include "plugins/bandwidth/receiverreports.hpp"
#include "signaling/base/refs.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime ms = GST_MSECOND;
constexpr GstClockTime start = 100 * GST_SECOND;

void reports_what_was_sent() {
    SentPackets sent;
    for (guint i = 0; i < 4; i++)
        sent.sent(guint16(65534 + i), 1000 + i, start + i * ms);
    const SentPackets::Arrival arrivals[] = {
        {65534, 5 * ms}, {65535, {}}, {0, 7 * ms}, {9, 8 * ms}};
    auto reports = sent.report(arrivals);
    g_assert_cmpuint(reports.size(), ==, 3);
    g_assert_cmpint(reports[0].sequence, ==, 65534);
    g_assert_cmpuint(reports[0].sent, ==, start);
    g_assert_cmpuint(reports[0].received, ==, 5 * ms);
    g_assert_false(reports[1].arrived());
    g_assert_cmpint(reports[2].sequence, ==, 65536);
    g_assert_cmpuint(reports[2].size, ==, 1002);
}

void a_late_packet_is_reported_once() {
    SentPackets sent;
    for (guint i = 0; i < 3; i++)
        sent.sent(guint16(i), 1000, start);
    const SentPackets::Arrival missing[] = {{0, {}}, {1, 1 * ms}},
                               late[] = {{0, 2 * ms}, {1, 1 * ms}};
    g_assert_cmpuint(sent.report(missing).size(), ==, 2);
    g_assert_cmpuint(sent.report(late).size(), ==, 1);
    g_assert_cmpuint(sent.report(late).size(), ==, 0);
}

void forgets() {
    SentPackets sent;
    sent.sent(1, 1000, start);
    sent.sent(2, 1000, start + 11 * GST_SECOND);
    const SentPackets::Arrival arrivals[] = {{1, 1 * ms}, {2, 2 * ms}};
    g_assert_cmpuint(sent.report(arrivals).size(), ==, 1);
    sent.sent(500, 1000, start + 11 * GST_SECOND); // numbers start anew
    g_assert_cmpuint(sent.report(arrivals).size(), ==, 0);
}

// A receiver report of two tracks, and REMB of 300 kbit/s.
void reads_rtcp() {
    const guint8 compound[] = {
        0x82, 201,  0,    13,   0,    0,    0,    1,                                  //
        0,    0,    0,    2,    26,   0,    0,    1,    0, 0, 0, 9, 0,   0,   0,   0, // 26/256 lost
        0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, // SR at 1 s, half a second before
        0,    0,    0,    3,    0,    0,    0,    1,    0, 0, 0, 9, 0,   0,   0,   0, //
        0,    0,    0,    0,    0,    0,    0,    0,                                  // it had none
        0x8f, 206,  0,    5,    0,    0,    0,    1,    0, 0, 0, 0, 'R', 'E', 'M', 'B', //
        1,    0x04, 0x02, 0x49, 0,    0,    0,    0,
    };
    auto buffer = adopt(gst_buffer_new_memdup(compound, sizeof compound));
    // A tenth of a second on.
    auto feedback =
        read_receiver_feedback(buffer.get(), (guint64(1) << 32) + (guint64(6) << 32) / 10);
    g_assert_true(feedback.report.has_value());
    g_assert_cmpfloat_with_epsilon(feedback.report->loss, 26.0 / 256, 1e-9);
    g_assert_cmpfloat_with_epsilon(double(feedback.report->rtt), 0.1 * double(GST_SECOND), 1e5);
    g_assert_cmpfloat(*feedback.remb, ==, 0x249 * 2.0);
    auto nothing = adopt(gst_buffer_new_memdup(compound, 7));
    g_assert_false(read_receiver_feedback(nothing.get(), 0).report.has_value());
}

void tells_ntp_time() {
    g_assert_cmpuint(ntp_time(0), ==, guint64(2208988800) << 32);
    g_assert_cmpuint(ntp_time(1500000), ==, (guint64(2208988801) << 32) + (guint64(1) << 31));
}

} // namespace

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sentpackets/reports", reports_what_was_sent);
    g_test_add_func("/sentpackets/late", a_late_packet_is_reported_once);
    g_test_add_func("/sentpackets/forgets", forgets);
    g_test_add_func("/receiverreports/rtcp", reads_rtcp);
    g_test_add_func("/receiverreports/ntp", tells_ntp_time);
    return g_test_run();
}
