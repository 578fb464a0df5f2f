#include "plugins/transport/linkcontrol.hpp"

#include <utility>

using namespace rtc;

namespace {

constexpr GstClockTime ms = GST_MSECOND;
constexpr GstClockTime start = 100 * GST_SECOND;

// So many packets of 1000 bytes, 5 ms apart, each `growth` µs later than the one before; one
// feedback message for each ten of them.
class Run {
public:
    explicit Run(guint bitrate)
        : control({.start = bitrate, .minimum = 50'000, .maximum = 10'000'000}) {}

    void go(guint packets, int growth) {
        for (guint i = 0; i < packets; i++) {
            now += 5 * ms;
            at += 5000 + growth;
            control.sent(number, 1000, Traffic::media, now);
            feedback.packets.push_back({number++, true, at});
            if (feedback.packets.size() == 10)
                control.answer(std::exchange(feedback, {}), now);
        }
    }

    LinkControl control;
    rtcp::Feedback feedback;
    GstClockTime now = start;
    gint64 at = 5'000'000; // µs
    guint16 number = 65500;
};

void a_good_network_counts_after_a_while() {
    Run run(1'000'000);
    g_assert_false(run.control.changed(run.now).has_value());
    run.go(100, 0);
    g_assert_false(run.control.changed(run.now).has_value());
    run.go(400, 0);
    auto told = run.control.changed(run.now);
    g_assert_true(told.has_value());
    g_assert_cmpuint(*told, >, 1'000'000);
    g_assert_false(run.control.changed(run.now).has_value()); // once
    run.control.tick(run.now);
    g_assert_true(run.control.changed(run.now).has_value());
}

void a_bad_one_counts_at_once() {
    Run run(1'000'000);
    run.go(40, 0);
    run.go(60, 5000);
    auto told = run.control.changed(run.now);
    g_assert_true(told.has_value());
    g_assert_cmpuint(*told, <, 1'000'000);
}

void sound_is_taken_off() {
    Run run(1'000'000);
    for (guint i = 0; i < 100; i++) { // 80 kbit/s
        run.go(2, 0);
        run.control.sent(run.number, 100, Traffic::sound, run.now);
        run.feedback.packets.push_back({run.number++, true, run.at});
    }
    run.go(400, 0);
    auto told = run.control.changed(run.now);
    g_assert_cmpuint(run.control.target() - *told, >, 70'000);
    g_assert_cmpuint(run.control.target() - *told, <, 90'000);
}

void repair_is_taken_off() {
    Run run(1'000'000);
    auto lose = [&run](guint times, guint packets) { // one of `packets`, which goes again
        for (guint i = 0; i < times; i++) {
            run.go(packets, 0);
            run.control.sent(run.number, 1000, Traffic::repair, run.now);
            run.feedback.packets.push_back({run.number++, true, run.at});
        }
    };
    run.go(400, 0);
    lose(60, 10); // 160 kbit/s
    auto told = run.control.changed(run.now);
    g_assert_cmpuint(run.control.target() - *told, >, 130'000);
    g_assert_cmpuint(run.control.target() - *told, <, 190'000);
    run.go(600, 0); // three seconds later it is forgotten
    g_assert_cmpuint(run.control.target(), ==, *run.control.changed(run.now));
}

void pictures_are_paced() {
    Run run(1'000'000);
    run.go(50, 0);
    run.now += 100 * ms; // what has gone is paid for
    // 1.5 times the target; bursts of 5 ms.
    guint sent = 0;
    while (run.control.next(1, 1000, false, run.now) <= run.now && sent < 1000) {
        run.control.sent(run.number++, 1000, Traffic::media, run.now);
        sent++;
    }
    g_assert_cmpuint(sent, >=, 1);
    g_assert_cmpuint(sent, <, 10);
    g_assert_cmpuint(run.control.next(1, 1000, false, run.now), <, run.now + 10 * ms);
}

// Far less is sent than the network is taken to carry: only a better rung is a reason to ask for
// more.
void a_better_rung_is_looked_for() {
    Run run(4'000'000);
    run.go(1000, 0); // 1.6 Mbit/s, 5 s
    run.control.next(1, 1000, true, run.now);
    g_assert_false(run.control.wants_padding());
    run.control.set_wanted(6'000'000);
    run.go(20, 0);
    run.control.next(1, 1000, true, run.now);
    g_assert_true(run.control.wants_padding());
}

// A peer that reports once a second, and no more (ffmpeg, some phones).
void receiver_reports_do() {
    struct Row {
        ReceiverReport report;
        guint wanted;
        double least, most; // of the target after 20 s of 1.6 Mbit/s, 2 Mbit/s before
    };
    constexpr auto rtt = 50 * ms;
    for (const auto& row : {Row{{0, rtt}, 0, 2.9e6, 3.3e6},         // as far as twice what is sent,
                            Row{{0, rtt}, 4'000'000, 4.5e6, 4.7e6}, // or as a better rung needs
                            Row{{0.3, rtt}, 0, 5e4, 2e5}}) {
        LinkControl control({.start = 2'000'000, .minimum = 50'000, .maximum = 10'000'000});
        control.set_wanted(row.wanted);
        auto now = start;
        for (guint i = 1; i <= 20 * 200; i++, now += 5 * ms) {
            control.sent({}, 1000, Traffic::media, now);
            if (i % 200 == 0)
                control.report(row.report, now);
        }
        g_assert_cmpfloat(control.target(), >=, row.least);
        g_assert_cmpfloat(control.target(), <=, row.most);
        auto told = control.changed(now);
        g_assert_true(told && *told == control.target());
    }
}

// One that estimates by itself, the old way.
void remb_does() {
    LinkControl control({.start = 2'000'000, .minimum = 50'000, .maximum = 10'000'000});
    control.sent({}, 1000, Traffic::media, start);
    control.answer(rtcp::Remb{600'000}, start);
    g_assert_cmpuint(control.target(), ==, 600'000);
    g_assert_cmpuint(*control.changed(start), ==, 600'000); // less counts at once
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/linkcontrol/good", a_good_network_counts_after_a_while);
    g_test_add_func("/linkcontrol/bad", a_bad_one_counts_at_once);
    g_test_add_func("/linkcontrol/sound", sound_is_taken_off);
    g_test_add_func("/linkcontrol/repair", repair_is_taken_off);
    g_test_add_func("/linkcontrol/paced", pictures_are_paced);
    g_test_add_func("/linkcontrol/better-rung", a_better_rung_is_looked_for);
    g_test_add_func("/linkcontrol/receiver-reports", receiver_reports_do);
    g_test_add_func("/linkcontrol/remb", remb_does);
    return g_test_run();
}
