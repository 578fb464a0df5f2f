// Ladders as they are written, which rung a network carries, and one stream out of several rungs.
#include "plugins/publish/joinedstream.hpp"
#include "plugins/publish/ladder.hpp"
#include "plugins/publish/rungswitch.hpp"
#include "tests/unit/packets.hpp"

using namespace rtc;

namespace {

void reads_ladders() {
    auto ladder = parse_ladder("270p:300, 1080p:4000,540p:1200");
    g_assert_true(bool(ladder));
    g_assert_true(*ladder == (Ladder{{1080, 4'000'000}, {540, 1'200'000}, {270, 300'000}}));
    for (const char* bad : {"", "1080", "1080p", "p:100", "1080p:", "1080p:x", "1080:400", "1p:300",
                            "1080p:4000;540p:100", "1080p:4000,", "1080p:1", "99999999999p:300"}) {
        auto parsed = parse_ladder(bad);
        bool only_comma = g_str_equal(bad, "1080p:4000,");
        g_assert_true(bool(parsed) == only_comma);
    }
}

void makes_ladders() {
    g_assert_true(make_ladder(720, 2'500'000) ==
                  (Ladder{{720, 2'500'000}, {360, 750'000}, {180, 225'000}}));
    g_assert_cmpuint(make_ladder(300, 500'000).size(), ==, 1);
    Ladder ladder{{1080, 4'000'000}, {540, 1'200'000}, {270, 300'000}};
    g_assert_true(fit_ladder(ladder, 1080) == ladder);
    g_assert_cmpuint(fit_ladder(ladder, 720).size(), ==, 2);
    // A picture smaller than all rungs is not made larger.
    g_assert_true(fit_ladder(ladder, 100) == (Ladder{{0, 300'000}}));
    g_assert_cmpuint(rung_width(1920, 1080, 540), ==, 960);
    g_assert_cmpuint(rung_width(1366, 768, 360), ==, 640);
    g_assert_cmpuint(rung_width(1080, 1920, 270), ==, 152);
}

constexpr GstClockTime ms = GST_MSECOND;
const Ladder three{{1080, 4'000'000}, {540, 1'200'000}, {270, 300'000}};

void goes_down_soon() {
    RungChoice choice(three);
    g_assert_cmpuint(choice.start(), ==, 1);
    // A short dip is none.
    g_assert_cmpuint(choice.choose({0}, 3'800'000, 0).rung, ==, 0);
    g_assert_cmpuint(choice.choose({0}, 4'200'000, 400 * ms).rung, ==, 0);
    g_assert_cmpuint(choice.choose({0}, 3'800'000, 600 * ms).rung, ==, 0);
    g_assert_cmpuint(choice.choose({0}, 3'800'000, 1100 * ms).rung, ==, 1);
    // A deep fall is answered at once, by as many rungs as it takes; below the last there is none.
    g_assert_cmpuint(choice.choose({0}, 2'000'000, 2000 * ms).rung, ==, 1);
    g_assert_cmpuint(choice.choose({0}, 500'000, 2000 * ms).rung, ==, 2);
    g_assert_cmpuint(choice.choose({2}, 50'000, 3000 * ms).rung, ==, 2);
    g_assert_cmpuint(choice.wanted({2}), ==, 1'440'000);
    g_assert_cmpuint(choice.wanted({1}), ==, 4'800'000);
    g_assert_cmpuint(choice.wanted({0}), ==, 0);
}

// Down to what is wished at once, never above it, and further down where the network is worse.
void keeps_to_a_limit() {
    RungChoice choice(three);
    g_assert_cmpuint(choice.choose({0}, 9'000'000, 0, 1).rung, ==, 1);
    g_assert_cmpuint(choice.choose({0}, 100'000, 0, 1).rung, ==, 2);
    for (GstClockTime now = 0; now < 60'000 * ms; now += 100 * ms)
        g_assert_cmpuint(choice.choose({1}, 9'000'000, now, 1).rung, ==, 1);
    g_assert_cmpuint(choice.choose({1}, 300'000, 61'000 * ms, 1).rung, ==, 2);
    g_assert_cmpuint(choice.choose({1}, 9'000'000, 62'000 * ms, 17).rung, ==, 2);
    // Nothing wished any more.
    size_t rung = 1;
    for (GstClockTime now = 63'000 * ms; now < 70'000 * ms; now += 100 * ms)
        rung = choice.choose({rung}, 9'000'000, now).rung;
    g_assert_cmpuint(rung, ==, 0);
}

void goes_up_late() {
    RungChoice choice(three);
    GstClockTime now = 0;
    size_t rung = 2;
    auto run = [&](guint estimate, GstClockTime time) {
        for (auto end = now + time; now < end; now += 100 * ms)
            rung = choice.choose({rung}, estimate, now).rung;
        return rung;
    };
    // Enough for the rung, but with no room above it.
    g_assert_cmpuint(run(1'300'000, 10'000 * ms), ==, 2);
    g_assert_cmpuint(run(1'500'000, 1'900 * ms), ==, 2);
    g_assert_cmpuint(run(1'500'000, 400 * ms), ==, 1);
    // It went wrong: the next time takes twice as long.
    g_assert_cmpuint(run(900'000, 700 * ms), ==, 2);
    g_assert_cmpuint(run(1'500'000, 3'900 * ms), ==, 2);
    g_assert_cmpuint(run(1'500'000, 400 * ms), ==, 1);
    // It has gone well for long.
    g_assert_cmpuint(run(1'500'000, 11'000 * ms), ==, 1);
    g_assert_cmpuint(run(900'000, 700 * ms), ==, 2);
    // Straight to the best that fits.
    g_assert_cmpuint(run(9'000'000, 2'300 * ms), ==, 0);
}

// Rungs that come and go, and take what they take.
void follows_what_rungs_take() {
    RungChoice choice(three);
    choice.set_ladder({{0, no_bitrate}, {0, 900'000}, {0, 200'000}});
    g_assert_cmpuint(choice.start(), ==, 1);
    g_assert_cmpuint(choice.wanted({1}), ==, 0);
    g_assert_cmpuint(choice.wanted({2}), ==, 1'080'000);
    g_assert_cmpuint(choice.choose({0}, 10'000'000, 0).rung, ==, 1); // at once
    // The last is gone: the least of the others is the least.
    choice.set_ladder({{0, 3'000'000}, {0, 900'000}, {0, no_bitrate}});
    for (GstClockTime now = 0; now < 5000 * ms; now += 100 * ms)
        g_assert_cmpuint(choice.choose({1}, 100'000, now).rung, ==, 1);
}

void reads_pad_names() {
    g_assert_true(read_rung_name("video_0").stream == "video_0");
    g_assert_cmpuint(read_rung_name("video_0").rung, ==, 0);
    g_assert_true(read_rung_name("video_12_3").stream == "video_12");
    g_assert_cmpuint(read_rung_name("video_12_3").rung, ==, 3);
}

struct Sent : Transport {
    void send(const PacketRef&, const RtpFields& sent, GstClockTime) override {
        fields.push_back(sent);
    }
    std::vector<RtpFields> fields;
};

PacketRef payload(const std::vector<guint8>& bytes) {
    return make_packet("VP8", 0, bytes);
}

RtpFields at(guint32 timestamp) {
    return {.sequence = 7, .timestamp = timestamp};
}

void switches_rungs() {
    auto sent = std::make_shared<Sent>();
    auto rungs = std::make_shared<RungSwitch>(65534, sent);
    auto high = rungs->gate(0), low = rungs->gate(1);
    auto packet = payload({1, 2, 3});
    rungs->want(0);
    high->send(packet, at(1000), 0);
    low->send(packet, at(1000), 0); // nobody asked for it
    high->send(packet, at(4000), 0);
    rungs->want(1);
    g_assert_cmpuint(*rungs->wanted(), ==, 1);
    high->send(packet, at(7000), 0); // until the other begins
    // The other is behind: its pictures don't go back in time, and are soon where they should be.
    for (guint32 timestamp : {4000, 4000, 7000, 10000, 13000})
        low->send(packet, at(timestamp), 0);
    high->send(packet, at(10000), 0);
    g_assert_cmpuint(rungs->current(), ==, 1);
    g_assert_false(rungs->wanted().has_value());
    const guint32 timestamps[] = {1000, 4000, 7000, 7090, 7090, 7180, 10000, 13000};
    g_assert_cmpuint(sent->fields.size(), ==, G_N_ELEMENTS(timestamps));
    for (guint i = 0; i < G_N_ELEMENTS(timestamps); i++) {
        g_assert_cmpuint(sent->fields[i].timestamp, ==, timestamps[i]);
        g_assert_cmpuint(sent->fields[i].sequence, ==, guint16(65534 + i));
    }
    // Back again before it began: nothing happens.
    rungs->want(0);
    rungs->want(1);
    g_assert_false(rungs->wanted().has_value());
}

void numbers_pictures() {
    auto sent = std::make_shared<Sent>();
    auto rungs = std::make_shared<RungSwitch>(0, sent);
    auto high = rungs->gate(0), low = rungs->gate(1);
    auto picture = [](guint16 id) {
        return payload({0x90, 0x80, guint8(0x80 | id >> 8), guint8(id), 0x55, 0x66});
    };
    rungs->want(0);
    high->send(picture(0x7fff), at(0), 0);
    g_assert_cmpuint(sent->fields[0].start_size, ==, 0); // as it is
    rungs->want(1);
    low->send(picture(0x1234), at(3000), 0);
    low->send(picture(0x1234), at(3000), 0);
    low->send(picture(0x1235), at(6000), 0);
    rungs->want(0);
    high->send(picture(0x10), at(9000), 0);
    const guint16 ids[] = {0, 0, 1, 2};
    for (guint i = 0; i < 4; i++) {
        const auto& fields = sent->fields[i + 1];
        g_assert_cmpuint(fields.start_size, ==, 4);
        const guint8 start[] = {0x90, 0x80, guint8(0x80 | ids[i] >> 8), guint8(ids[i])};
        g_assert_cmpmem(fields.start.data(), 4, start, 4);
    }
    // What others see of the packet stays what it was.
    auto packet = picture(0x10);
    auto changed = packet->with(sent->fields[4], 0);
    guint8 bytes[6];
    g_assert_cmpuint(gst_buffer_extract(changed.get(), 12, bytes, sizeof bytes), ==, 6);
    const guint8 expected[] = {0x90, 0x80, 0x80, 2, 0x55, 0x66};
    g_assert_cmpmem(bytes, 6, expected, 6);
    g_assert_cmpuint(packet->bytes()[3], ==, 0x10);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/ladder/reads", reads_ladders);
    g_test_add_func("/ladder/makes", makes_ladders);
    g_test_add_func("/ladder/goes-down-soon", goes_down_soon);
    g_test_add_func("/ladder/limit", keeps_to_a_limit);
    g_test_add_func("/ladder/goes-up-late", goes_up_late);
    g_test_add_func("/ladder/follows", follows_what_rungs_take);
    g_test_add_func("/ladder/pad-names", reads_pad_names);
    g_test_add_func("/ladder/switches-rungs", switches_rungs);
    g_test_add_func("/ladder/numbers-pictures", numbers_pictures);
    return g_test_run();
}
