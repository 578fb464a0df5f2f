#include "plugins/bandwidth/losscontrol.hpp"

#include "plugins/bandwidth/reportcontrol.hpp"

#include <algorithm>
#include <cmath>

using namespace rtc;

namespace {

// A second of packets of 1250 bytes at `rate`, evenly losing `share` of them.
void feed(LossControl& control, double rate, double share, double seconds, double ceiling) {
    static GstClockTime at = GST_SECOND;
    static gint64 sequence = 0;
    auto distance = GstClockTime(1250 * 8 / rate * double(GST_SECOND));
    double lost = 0;
    for (auto end = at + GstClockTime(seconds * double(GST_SECOND)); at < end; at += distance) {
        lost += share;
        bool arrives = lost < 1;
        if (!arrives)
            lost -= 1;
        control.add({sequence++, at, arrives ? at : GST_CLOCK_TIME_NONE, 1250});
        control.update(ceiling, rate * (1 - share));
    }
}

void no_loss_no_limit() {
    LossControl control;
    feed(control, 1e6, 0, 10, 2e6);
    g_assert_false(control.bitrate().has_value());
    g_assert_cmpfloat(control.loss(), ==, 0);
}

void inherent_loss_is_borne() {
    for (double share : {0.02, 0.1}) {
        LossControl control;
        feed(control, 1e6, share, 10, 1e6);
        g_assert_cmpfloat_with_epsilon(control.loss(), share, 0.01);
        g_assert_cmpfloat_with_epsilon(control.inherent(), share, 0.025);
        g_assert_cmpfloat_with_epsilon(*control.bitrate(), 1e6, 1);
    }
}

// A policer without a queue: what is above its rate is lost.
void what_grows_with_the_rate_is_not() {
    LossControl control;
    constexpr double carries = 1e6;
    double rate = 2e6;
    for (int i = 0; i < 40; i++) {
        double share = std::max(0.0, 1 - carries / rate);
        feed(control, rate, share, 0.3, 2e6);
        rate = std::min(control.bitrate().value_or(2e6), 2e6);
    }
    g_assert_cmpfloat(rate, <, 1.2 * carries);
    g_assert_cmpfloat(rate, >, 0.8 * carries);
}

void receiver_reports() {
    struct Row {
        ReceiverReport report;
        double least, most; // of the rate after ten of them, 1e6 before
    };
    constexpr auto rtt = 50 * GST_MSECOND;
    for (const auto& row :
         {Row{{0, rtt}, 1.9e6, 2.2e6}, Row{{0.05, rtt}, 1e6, 1e6}, Row{{0.2, rtt}, 3e5, 4e5},
          Row{{0, GST_CLOCK_TIME_NONE}, 1.9e6, 2.2e6}}) {
        ReportControl control(1e6);
        for (guint i = 0; i < 11; i++)
            control.on_report(row.report, control.bitrate(), (i + 1) * GST_SECOND);
        g_assert_cmpfloat(control.bitrate(), >=, row.least);
        g_assert_cmpfloat(control.bitrate(), <=, row.most);
    }
}

void a_standing_queue_lowers_the_rate() {
    ReportControl control(1e6);
    control.on_report({0, 50 * GST_MSECOND}, 1e6, 1 * GST_SECOND);
    control.on_report({0, 300 * GST_MSECOND}, 1e6, 2 * GST_SECOND);
    g_assert_cmpfloat_with_epsilon(control.bitrate(), 8.5e5, 1);
}

void growth_is_bounded_by_what_is_sent() {
    ReportControl control(1e6);
    for (guint i = 0; i < 60; i++)
        control.on_report({0, 50 * GST_MSECOND}, 1e6, (i + 1) * GST_SECOND);
    g_assert_cmpfloat_with_epsilon(control.bitrate(), 1.51e6, 1);
    // or by what would be of use
    control.set_wanted(3e6);
    for (guint i = 60; i < 120; i++)
        control.on_report({0, 50 * GST_MSECOND}, 1e6, (i + 1) * GST_SECOND);
    g_assert_cmpfloat_with_epsilon(control.bitrate(), 3e6, 1);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/losscontrol/none", no_loss_no_limit);
    g_test_add_func("/losscontrol/inherent", inherent_loss_is_borne);
    g_test_add_func("/losscontrol/policer", what_grows_with_the_rate_is_not);
    g_test_add_func("/reportcontrol/table", receiver_reports);
    g_test_add_func("/reportcontrol/queue", a_standing_queue_lowers_the_rate);
    g_test_add_func("/reportcontrol/bounded", growth_is_bounded_by_what_is_sent);
    return g_test_run();
}
