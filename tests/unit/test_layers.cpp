// Temporal layers: which pictures a viewer gets, and how those that it gets are numbered.
#include "plugins/publish/ladder.hpp"
#include "plugins/publish/rungswitch.hpp"
#include "tests/unit/packets.hpp"

#include <algorithm>
#include <vector>

using namespace rtc;

namespace {

// A picture as letters tell it: K a keyframe, 0 the base, 1 and 2 above it, a and b the same as
// sync, O and I the base and the one above it that open those above.
struct Picture {
    explicit Picture(char letter)
        : layer{.number = guint8(strchr("1aI", letter)  ? 1
                                 : strchr("2b", letter) ? 2
                                                        : 0),
                .sync = letter == 'a' || letter == 'b',
                .opens = letter == 'O' || letter == 'I'}
        , keyframe(letter == 'K') {}
    PictureLayer layer;
    bool keyframe;
};

// What comes, what is wanted from there on (a digit; a blank: as before), and what goes out.
const struct {
    const char *pictures, *wanted, *expected;
} thinnings[] = {
    {"K2120212", "3       ", "K2120212"},
    {"K2120212", "1       ", "K.1.0.1."},
    {"K2120212", "0       ", "K...0..."},
    // Down at any picture.
    {"K2120212021202", "3    1   0    ", "K2120.1.0...0."},
    // Up where a picture doesn't need what was left out.
    {"K21202120b120212", "0   2           ", "K...0...0b..0..."},
    {"K21202120ba202a2", "0   2           ", "K...0...0ba202a2"},
    {"K21202120ba202a2", "0   1           ", "K...0...0.a.0.a."},
    // The third layer needs the second; it goes again once one of those was left out.
    {"K2120b120b1202ab", "0   2           ", "K...0b..0b..0.ab"},
    {"K21202120K120212", "0   2           ", "K...0...0K120212"},
    // Up from where a picture below says so.
    {"K2120212O2120212", "0   2           ", "K...0...O2120212"},
    {"K2120212O2120212", "0           2   ", "K...0...O...0..."},
    {"K212O2I202", "0  1  2   ", "K...O.I202"},
    {"K212O21202", "0  1  2   ", "K...O.1.0."},
    {"K21202I20212", "0   2       ", "K...0...0..."},
    // Down and up between two pictures of a layer: nothing was left out.
    {"K2120212", "3 12    ", "K2120212"},
    {"K2120212", "3  12   ", "K21.0.1."},
};

void thins() {
    for (const auto& row : thinnings) {
        Thinner thinner;
        std::string out;
        for (size_t i = 0; row.pictures[i]; i++) {
            if (row.wanted[i] != ' ')
                thinner.want(guint8(row.wanted[i] - '0'));
            Picture picture(row.pictures[i]);
            bool taken = thinner.take(picture.layer, picture.keyframe);
            out += taken ? row.pictures[i] : '.';
        }
        g_assert_cmpstr(out.c_str(), ==, row.expected);
    }
}

void tells_the_layer() {
    Thinner thinner;
    thinner.take({}, true);
    g_assert_cmpuint(thinner.layer(), ==, 0);
    for (guint8 layer : {2, 1, 2, 0})
        thinner.take({layer, true}, false);
    g_assert_cmpuint(thinner.layer(), ==, 2);
    thinner.want(1);
    g_assert_cmpuint(thinner.layer(), ==, 1);
    thinner.want(all_layers);
    // The encoder was replaced by one without layers.
    for (int i = 0; i < 2; i++) {
        thinner.take({}, true);
        thinner.take({}, false);
    }
    g_assert_cmpuint(thinner.layer(), ==, 0);
}

struct Sent : Transport {
    void send(const PacketRef& packet, const RtpFields& sent, GstClockTime) override {
        fields.push_back(sent);
        packets.push_back(packet);
    }
    // What it looks like to the viewer.
    PayloadDescriptor descriptor(size_t i) const {
        std::vector<guint8> bytes(packets[i]->bytes().begin(), packets[i]->bytes().end());
        std::copy_n(fields[i].start.begin(), fields[i].start_size, bytes.begin());
        return *read_descriptor(*find_codec(codec), bytes);
    }
    guint8 base_index(size_t i) const {
        auto at = *descriptor(i).base_index_at;
        return at < fields[i].start_size ? fields[i].start[at] : packets[i]->bytes()[at];
    }
    const char* codec = "VP8";
    std::vector<RtpFields> fields;
    std::vector<PacketRef> packets;
};

// An encoder with its payloader: two packets a picture.
struct Source {
    std::shared_ptr<Transport> gate;
    guint16 picture;
    bool wide = true;
    guint8 base = 255;
    guint32 time = 0;

    void send(char letter) {
        Picture it(letter);
        base = guint8(base + (it.layer.number == 0));
        for (guint8 start : {0x10, 0x00}) {
            std::vector<guint8> bytes{guint8(0x80 | start), 0xe0};
            if (wide)
                bytes.push_back(guint8(0x80 | (picture >> 8 & 0x7f)));
            bytes.push_back(guint8(wide ? picture : picture & 0x7f));
            bytes.insert(bytes.end(), {base, guint8(it.layer.number << 6 | it.layer.sync << 5),
                                       guint8(!it.keyframe)});
            auto packet = make_packet("VP8", time, bytes);
            packet->layer = it.layer;
            packet->starts_keyframe = it.keyframe && start;
            gate->send(packet, {.marker = !start, .timestamp = time}, 0);
        }
        picture++;
        time += 3000;
    }
    void send(const char* letters) {
        for (; *letters; letters++)
            send(*letters);
    }
};

// Each packet follows the one before by number, and each picture.
void check_whole(const Sent& sent, guint16 first_sequence, guint16 mask) {
    for (size_t i = 0; i < sent.fields.size(); i++) {
        g_assert_cmpuint(sent.fields[i].sequence, ==, guint16(first_sequence + i));
        g_assert_cmpint(sent.fields[i].marker, ==, i % 2);
        if (i == 0)
            continue;
        auto step = (sent.descriptor(i).picture->value - sent.descriptor(i - 1).picture->value);
        g_assert_cmpuint(guint(step) & mask, ==, i % 2 == 0);
        bool base = i % 2 == 0 && sent.descriptor(i).layer->number == 0;
        g_assert_cmpuint(guint8(sent.base_index(i) - sent.base_index(i - 1)), ==, base);
    }
}

void numbers_what_is_left() {
    for (bool wide : {true, false}) {
        auto sent = std::make_shared<Sent>();
        auto rungs = std::make_shared<RungSwitch>(65530, sent);
        guint16 mask = wide ? 0x7fff : 0x7f;
        // All numbers begin again on the way.
        Source high{rungs->gate(0), guint16(mask - 4), wide, 251}, low{rungs->gate(1), 9, wide, 3};
        rungs->want(0);
        high.send("K2a2");
        g_assert_cmpuint(sent->fields.back().start_size, ==, 0); // as they are
        g_assert_cmpuint(rungs->layer(), ==, 2);
        rungs->thin(1);
        high.send("0b120ba2");
        g_assert_cmpuint(rungs->layer(), ==, 1);
        rungs->thin(0);
        high.send("0ba20ba2");
        g_assert_cmpuint(sent->fields.size(), ==, 2 * (4 + 4 + 2));
        // Another rung begins with as much as it was wanted with.
        rungs->want(1, 1);
        high.send("0ba");
        low.time = high.time;
        low.send("Kba20ba2");
        g_assert_cmpuint(rungs->current(), ==, 1);
        g_assert_cmpuint(rungs->wanted_layer(), ==, 1);
        g_assert_cmpuint(sent->fields.size(), ==, 2 * (4 + 4 + 2 + 1 + 4));
        rungs->thin(all_layers);
        low.send("0ba20ba2");
        g_assert_cmpuint(sent->fields.size(), ==, 2 * (4 + 4 + 2 + 1 + 4 + 8));
        check_whole(*sent, 65530, mask);
        // What the shared packets hold stays what it was.
        g_assert_cmpuint(read_vp8_descriptor(sent->packets.back()->bytes())->picture->value, ==,
                         9 + 15);
    }
}

// Of VP9, numbers that were left out stay free where others are told by them.
void numbers_vp9() {
    for (bool told : {false, true}) {
        auto sent = std::make_shared<Sent>();
        sent->codec = "VP9";
        auto rungs = std::make_shared<RungSwitch>(0, sent);
        auto high = rungs->gate(0), low = rungs->gate(1);
        auto send = [&](Transport& gate, guint8 id, guint8 base, guint8 layer, bool keyframe) {
            auto first = guint8((keyframe ? 0x88 : 0xc8) | (told ? 0x20 : 0));
            std::vector<guint8> bytes{first, id};
            if (told)
                bytes.insert(bytes.end(), {guint8(layer << 5), base});
            bytes.push_back(0x87);
            auto packet = make_packet("VP9", id * 3000u, bytes);
            packet->layer = {.number = layer, .sync = true};
            packet->starts_keyframe = keyframe;
            gate.send(packet, {.timestamp = id * 3000u}, 0);
        };
        rungs->want(0, 0);
        guint8 base = 253;
        for (guint8 i = 0; i < 6; i++)
            send(*high, guint8(20 + i), base = guint8(base + (i % 2 == 0)), i % 2, i == 0);
        rungs->want(1);
        for (guint8 i = 0; i < 3; i++)
            send(*low, guint8(90 + i), guint8(70 + (i + 1) / 2), i % 2, i == 0);
        const guint8 free[] = {20, 22, 24, 25, 26, 27}, gapless[] = {20, 21, 22, 23, 24, 25};
        const guint8 bases[] = {254, 255, 0, 1, 2, 2};
        g_assert_cmpuint(sent->fields.size(), ==, 6);
        for (size_t i = 0; i < 6; i++) {
            g_assert_cmpuint(sent->fields[i].sequence, ==, i);
            g_assert_cmpuint(sent->descriptor(i).picture->value, ==, told ? free[i] : gapless[i]);
            if (told)
                g_assert_cmpuint(sent->base_index(i), ==, bases[i]);
        }
    }
}

// Time goes on as it was where pictures were left out.
void keeps_time() {
    auto sent = std::make_shared<Sent>();
    auto rungs = std::make_shared<RungSwitch>(0, sent);
    Source source{rungs->gate(0), 0};
    rungs->want(0, 0);
    source.send("Kba20ba20");
    g_assert_cmpuint(sent->fields.size(), ==, 6);
    for (size_t i = 0; i < 6; i++)
        g_assert_cmpuint(sent->fields[i].timestamp, ==, i / 2 * 12000);
}

constexpr GstClockTime ms = GST_MSECOND;
const Ladder two{{0, 1'000'000, {0.4, 0.6}}, {0, 300'000, {0.4, 0.6}}};

// As long as it takes for the choice to be made.
Quality settle(RungChoice& choice, Quality quality, guint estimate, GstClockTime& now,
               GstClockTime time = 700 * ms) {
    for (auto end = now + time; now < end; now += 100 * ms)
        quality = choice.choose(quality, estimate, now);
    return quality;
}

void thins_before_a_rung_goes() {
    RungChoice choice(two);
    g_assert_cmpuint(choice.start(), ==, 0);
    GstClockTime now = 0;
    Quality quality;
    g_assert_true(choice.choose(quality, 950'000, now) == quality); // a dip
    const struct {
        guint estimate;
        Quality quality;
        guint wanted; // for more
    } table[] = {
        {950'000, {0, 1}, 1'200'000}, {700'000, {0, 1}, 1'200'000},
        {500'000, {0, 0}, 720'000},   {350'000, {1, all_layers}, 480'000},
        {250'000, {1, 1}, 360'000},   {150'000, {1, 0}, 216'000},
        {30'000, {1, 0}, 216'000},
    };
    for (const auto& row : table) {
        quality = settle(choice, quality, row.estimate, now);
        g_assert_true(quality == row.quality);
        g_assert_cmpuint(choice.wanted(quality), ==, row.wanted);
    }
    // The same back, layers first.
    g_assert_true(settle(choice, quality, 210'000, now, 9'000 * ms) == quality);
    for (auto [estimate, expected] : {std::pair{230'000u, Quality{1, 1}},
                                      {380'000, {1, all_layers}},
                                      {490'000, {0, 0}},
                                      {730'000, {0, 1}},
                                      {1'210'000, {0, all_layers}}}) {
        g_assert_true(settle(choice, quality, estimate, now, 1'900 * ms) == quality);
        quality = settle(choice, quality, estimate, now, 400 * ms);
        g_assert_true(quality == expected);
    }
    // A deep fall at once; to fewer pictures, one that is less deep.
    g_assert_true(choice.choose(quality, 790'000, now) == (Quality{0, 1}));
    g_assert_true(choice.choose(quality, 450'000, now) == (Quality{0, 0}));
    g_assert_true(choice.choose(quality, 50'000, now) == (Quality{1, 0}));
    g_assert_true(choice.choose({0, 0}, 250'000, now) == (Quality{0, 0}));
}

// A wish is for a rung with all that it has.
void thins_below_a_limit() {
    RungChoice choice(two);
    g_assert_true(choice.choose({}, 9'000'000, 0, 1) == (Quality{1, all_layers}));
    GstClockTime now = 0;
    g_assert_true(choice.choose({1, all_layers}, 130'000, now, 1) == (Quality{1, 0}));
    g_assert_cmpuint(choice.wanted({1, 1}, 1), ==, 360'000);
    g_assert_cmpuint(choice.wanted({1, all_layers}, 1), ==, 0);
}

// The only rung; its encoder may follow the estimate.
void thins_the_only_rung() {
    RungChoice choice({{0, 950'000, {0.6}}});
    GstClockTime now = 0;
    Quality quality;
    g_assert_true(settle(choice, quality, 1'000'000, now, 5'000 * ms) == quality);
    quality = settle(choice, quality, 900'000, now);
    g_assert_true(quality == (Quality{0, 0}));
    g_assert_cmpuint(choice.wanted(quality), ==, 997'500);
    g_assert_true(settle(choice, quality, 100'000, now) == quality);
    g_assert_true(settle(choice, quality, 1'000'000, now, 2'300 * ms) == Quality{});
    // What it takes is not known; it has no layers any more.
    choice.set_ladder({{0, 0}});
    g_assert_true(choice.choose({0, 0}, 10'000, now) == Quality{});
    choice.set_ladder({{0, 950'000}});
    g_assert_true(settle(choice, {}, 10'000, now) == Quality{});
}

// An estimate that sways about what is needed moves nothing up and down all the time.
void does_not_flap() {
    RungChoice choice(two);
    Quality quality;
    int changes = 0;
    for (GstClockTime now = 0; now < 120'000 * ms; now += 100 * ms) {
        auto next = choice.choose(quality, now / (3'000 * ms) % 2 ? 1'300'000 : 900'000, now);
        changes += next != quality;
        quality = next;
    }
    g_assert_cmpint(changes, <=, 3);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/layers/numbers-vp9", numbers_vp9);
    g_test_add_func("/layers/thins", thins);
    g_test_add_func("/layers/tells-the-layer", tells_the_layer);
    g_test_add_func("/layers/numbers-what-is-left", numbers_what_is_left);
    g_test_add_func("/layers/keeps-time", keeps_time);
    g_test_add_func("/layers/thins-before-a-rung-goes", thins_before_a_rung_goes);
    g_test_add_func("/layers/limit", thins_below_a_limit);
    g_test_add_func("/layers/only-rung", thins_the_only_rung);
    g_test_add_func("/layers/no-flapping", does_not_flap);
    return g_test_run();
}
