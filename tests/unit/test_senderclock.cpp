#include "plugins/receive/senderclock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace rtc;

static constexpr gint64 ms = 1000000;
static constexpr gint64 second = 1000 * ms;
static constexpr gint64 wall = 3900000000 * second; // some NTP time
static constexpr guint32 audio = 1;
static constexpr guint32 video = 2;

static guint32 rtp_of(gint64 capture, guint rate) {
    return guint32(4294960000u + guint64(capture) / ms * rate / 1000); // it wraps soon
}

// A peer whose picture takes longer than its sound, seen by a jitter buffer.
struct Call {
    SenderClock clock;
    gint64 audio_delay = 20 * ms;
    gint64 video_delay = 170 * ms;
    gint64 longest = 2 * second; // between two packets
    gint64 last_audio = -second;
    gint64 last_video = -second;
    double speed = 1;      // of the sender's clock against ours
    gint64 sound_held = 0; // time that the sound's RTP clock has left out

    guint32 rtp(guint32 ssrc, gint64 capture) const {
        return ssrc == audio ? rtp_of(capture - sound_held, 48000) : rtp_of(capture, 90000);
    }
    void report(guint32 ssrc, gint64 capture) {
        guint rate = ssrc == audio ? 48000 : 90000;
        clock.report({ssrc, "ann", rtp(ssrc, capture), wall + capture, rate});
    }
    gint64 place(guint32 ssrc, gint64 capture) {
        bool sound = ssrc == audio;
        auto arrival = gint64(double(capture) / speed) + (sound ? audio_delay : video_delay);
        auto time = clock.place(ssrc, rtp(ssrc, capture), arrival);
        auto& last = sound ? last_audio : last_video;
        g_assert_cmpint(time, >, last);
        g_assert_cmpint(time - last, <, longest);
        last = time;
        return time;
    }
    // Both, 20 ms by 20 ms; gives how far the sound is ahead at the end.
    gint64 run(gint64 from, gint64 to) {
        gint64 apart = 0;
        for (auto t = from; t < to; t += 20 * ms)
            apart = place(video, t) - place(audio, t);
        return apart;
    }
};

static void as_it_comes_without_reports() {
    Call call;
    g_assert_cmpint(call.run(0, second), ==, 150 * ms);
}

static void both_report() {
    Call call;
    call.run(0, second);
    call.report(audio, second);
    call.report(video, second);
    auto apart = call.run(second, second + 40 * ms);
    g_assert_cmpint(apart, >, 130 * ms); // no jump
    apart = call.run(second + 40 * ms, 5 * second);
    g_assert_cmpint(std::abs(apart), <=, ms);
    // It goes by the slower one, so nothing is stamped before it came.
    g_assert_cmpint(call.last_audio, >=, 5 * second - 20 * ms + call.video_delay - ms);
    // A report that says a little different moves nothing at once.
    auto before = call.place(audio, 5 * second);
    call.clock.report({audio, "ann", rtp_of(5 * second, 48000), wall + 5 * second + 8 * ms, 48000});
    auto after = call.place(audio, 5 * second + 20 * ms);
    g_assert_cmpint(std::abs(after - before - 20 * ms), <=, 3 * ms);
}

// An hour with a clock that runs 100 ppm fast: sound and picture stay together, and near the time
// at which they come.
static void drift() {
    Call call;
    call.speed = 1.0001;
    gint64 apart = 0;
    for (gint64 t = 0; t < 3600 * second; t += 5 * second) {
        call.report(audio, t);
        call.report(video, t);
        apart = call.run(t, t + 5 * second);
    }
    g_assert_cmpint(std::abs(apart), <=, ms);
    auto arrival = gint64(double(3600 * second) / call.speed) + call.video_delay;
    g_assert_cmpint(std::abs(call.last_video + 20 * ms - arrival), <, 20 * ms);
}

// Streams that say they have one clock and don't are left alone, and so are other sources'.
static void not_believed() {
    Call call;
    call.report(audio, 0);
    call.clock.report({video, "ann", rtp_of(0, 90000), wall + 60 * second, 90000});
    g_assert_cmpint(call.run(0, 3 * second), ==, 150 * ms);
    Call two;
    two.report(audio, 0);
    two.clock.report({video, "bob", rtp_of(0, 90000), wall, 90000});
    g_assert_cmpint(two.run(0, 3 * second), ==, 150 * ms);
}

// The sender's clock is set anew: after a moment both are together again, at the time they come.
static void clock_set() {
    Call call;
    call.report(audio, 0);
    call.report(video, 0);
    call.run(0, 4 * second);
    for (auto [ssrc, rate] : {std::pair(audio, 48000u), std::pair(video, 90000u)})
        call.clock.report({ssrc, "ann", rtp_of(4 * second, rate), wall + 3600 * second, rate});
    auto apart = call.run(4 * second, 30 * second);
    g_assert_cmpint(std::abs(apart), <=, ms);
    g_assert_cmpint(std::abs(call.last_video - (30 * second - 20 * ms + call.video_delay)), <,
                    20 * ms);
}

// Chromium holds its sound: the RTP timestamps go on where they were. The hole stays on the
// timeline, from the first packet on.
static void held_sound(gconstpointer seconds) {
    auto hold = GPOINTER_TO_INT(seconds) * second;
    Call call;
    call.longest = hold + second;
    call.report(audio, 0);
    call.report(video, 0);
    call.run(0, 4 * second);
    for (auto t = 4 * second; t < 4 * second + hold; t += 20 * ms)
        call.place(video, t);
    call.sound_held = hold;
    auto from = 4 * second + hold;
    auto apart = call.run(from, from + 2 * second);
    g_assert_cmpint(std::abs(apart), <=, 20 * ms);
    call.report(audio, from + 2 * second);
    call.report(video, from + 2 * second);
    apart = call.run(from + 2 * second, from + 4 * second);
    g_assert_cmpint(std::abs(apart), <=, ms);
}

// A second in which nothing gets through, then all at once: no hole.
static void standstill() {
    Call call;
    call.report(audio, 0);
    call.report(video, 0);
    call.run(0, 4 * second);
    auto usual = call.last_audio - (4 * second - 20 * ms);
    auto back = 5 * second;
    gint64 time = 0;
    for (auto t = 4 * second; t < 6 * second; t += 20 * ms) {
        call.place(video, t);
        auto arrival = std::max(t, back) + call.audio_delay;
        time = call.clock.place(audio, call.rtp(audio, t), arrival);
    }
    g_assert_cmpint(std::abs(time - (6 * second - 20 * ms) - usual), <=, 120 * ms);
}

// Its clock is 100 ppm fast: that is measured, and sound and picture stay together.
static void drift_is_measured() {
    Call call;
    call.speed = 1.0001;
    for (gint64 t = 0; t < 600 * second; t += 5 * second) {
        call.report(audio, t);
        call.report(video, t);
        call.run(t, t + 5 * second);
    }
    g_assert_false(call.clock.measure(7).has_value());
    for (auto ssrc : {audio, video}) {
        auto known = call.clock.measure(ssrc);
        g_assert_true(known.has_value());
        auto ppm = double(known->drift) / double(known->over) * 1e6;
        g_assert_cmpfloat_with_epsilon(ppm, 100, 2);
        g_assert_cmpint(std::abs(known->error), <, ms);
    }
}

// A sound card that counts 100 ppm too fast, in an hour 360 ms: the reports know it.
static void sound_card_counts_fast() {
    Call call;
    gint64 apart = 0;
    for (gint64 t = 0; t < 3600 * second; t += 5 * second) {
        call.sound_held = -t / 10000;
        call.report(audio, t);
        call.report(video, t);
        for (auto now = t; now < t + 5 * second; now += 100 * ms) {
            call.sound_held = -now / 10000;
            apart = call.place(video, now) - call.place(audio, now);
        }
    }
    g_assert_cmpint(std::abs(apart), <=, 2 * ms);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/senderclock/as-it-comes-without-reports", as_it_comes_without_reports);
    g_test_add_func("/senderclock/both-report", both_report);
    g_test_add_func("/senderclock/drift", drift);
    g_test_add_func("/senderclock/not-believed", not_believed);
    g_test_add_func("/senderclock/clock-set", clock_set);
    g_test_add_func("/senderclock/drift-is-measured", drift_is_measured);
    g_test_add_func("/senderclock/sound-card-counts-fast", sound_card_counts_fast);
    g_test_add_func("/senderclock/standstill", standstill);
    for (int seconds : {1, 3, 30})
        g_test_add_data_func(("/senderclock/held-sound/" + std::to_string(seconds)).c_str(),
                             GINT_TO_POINTER(seconds), held_sound);
    return g_test_run();
}
