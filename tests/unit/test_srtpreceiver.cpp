// What of the packets that come is let through, in which order they come.
#include "plugins/transport/srtpreceiver.hpp"

#include <vector>

using namespace rtc;

namespace {

using Bytes = std::vector<guint8>;

const SrtpMaster master{1, 2, 3};

// A sender of one source, whose packets have the lowest byte of their index as payload.
class Sender {
public:
    explicit Sender(guint32 ssrc = 7)
        : ssrc_(ssrc) {}

    Bytes packet(guint64 index) {
        Bytes header{0x80, 96, guint8(index >> 8), guint8(index), 0, 0, 0, 0,
                     0,    0,  guint8(ssrc_ >> 8), guint8(ssrc_)};
        Bytes payload{guint8(index)};
        Bytes out(header.size() + payload.size() + srtp_tag_size);
        sealer_.seal_rtp(header, payload, guint32(index >> 16), out.data());
        return out;
    }

private:
    guint32 ssrc_;
    SrtpSealer sealer_{master};
};

bool takes(SrtpReceiver& receiver, Bytes packet, guint8 payload) {
    auto opened = receiver.open(packet);
    g_assert_true(!opened || (opened->size() == 13 && opened->back() == payload));
    return bool(opened);
}

void in_order_and_once() {
    SrtpReceiver receiver(master);
    Sender sender;
    for (guint64 index = 100; index < 5000; index++) {
        g_assert_true(takes(receiver, sender.packet(index), guint8(index)));
        g_assert_false(takes(receiver, sender.packet(index), guint8(index)));
    }
}

void late_ones_within_the_window() {
    SrtpReceiver receiver(master);
    Sender sender;
    takes(receiver, sender.packet(10), 10);
    takes(receiver, sender.packet(1010), guint8(1010));
    g_assert_true(takes(receiver, sender.packet(11), 11));
    g_assert_false(takes(receiver, sender.packet(11), 11));
    g_assert_false(takes(receiver, sender.packet(10), 10));
    takes(receiver, sender.packet(1012 + SrtpReceiver::window), guint8(1012));
    g_assert_false(takes(receiver, sender.packet(1012), guint8(1012)));
    g_assert_true(takes(receiver, sender.packet(1013), guint8(1013)));
    // A place in the window that an older packet had.
    g_assert_true(takes(receiver, sender.packet(1011 + SrtpReceiver::window), guint8(1011)));
}

void numbers_wrap() {
    SrtpReceiver receiver(master);
    Sender sender;
    for (guint64 index : {65534u, 65536u, 65535u, 65537u})
        g_assert_true(takes(receiver, sender.packet(index), guint8(index)));
    g_assert_false(takes(receiver, sender.packet(65535), 255));
    for (guint64 index = 65538; index < 200'000; index += 500)
        g_assert_true(takes(receiver, sender.packet(index), guint8(index)));
}

// Before the first packet there is nothing: a number that would be is refused, not taken for one
// that is far ahead.
void not_before_the_first() {
    SrtpReceiver receiver(master);
    Sender sender;
    g_assert_true(takes(receiver, sender.packet(3), 3));
    g_assert_false(takes(receiver, sender.packet(65530), guint8(65530)));
    g_assert_true(takes(receiver, sender.packet(4), 4));
}

// What is not authentic leaves no trace: neither a source nor a number.
void not_authentic() {
    SrtpReceiver receiver(master);
    Sender sender;
    auto forged = sender.packet(20'000);
    forged.back() ^= 1;
    g_assert_false(takes(receiver, forged, 0));
    g_assert_true(takes(receiver, sender.packet(5), 5));
    g_assert_false(takes(receiver, forged, 0));
    auto changed = sender.packet(6);
    changed[1] ^= 0x80;
    g_assert_false(takes(receiver, changed, 6));
    g_assert_true(takes(receiver, sender.packet(6), 6));
    g_assert_false(takes(receiver, Bytes(11, 0x80), 0));
    g_assert_false(takes(receiver, {}, 0));
}

void sources_count_for_themselves() {
    SrtpReceiver receiver(master);
    Sender one(1), other(2);
    g_assert_true(takes(receiver, one.packet(65535), 255));
    g_assert_true(takes(receiver, one.packet(65536), 0));
    g_assert_true(takes(receiver, other.packet(65536 - 10), guint8(65526)));
    g_assert_true(takes(receiver, other.packet(65536), 0));
}

void sources_have_a_bound() {
    SrtpReceiver receiver(master);
    for (guint32 ssrc = 0; ssrc < SrtpReceiver::max_sources; ssrc++)
        g_assert_true(takes(receiver, Sender(ssrc).packet(1), 1));
    g_assert_false(takes(receiver, Sender(SrtpReceiver::max_sources).packet(1), 1));
    g_assert_true(takes(receiver, Sender(0).packet(2), 2));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/srtpreceiver/in-order-and-once", in_order_and_once);
    g_test_add_func("/srtpreceiver/late", late_ones_within_the_window);
    g_test_add_func("/srtpreceiver/wrap", numbers_wrap);
    g_test_add_func("/srtpreceiver/not-before-the-first", not_before_the_first);
    g_test_add_func("/srtpreceiver/not-authentic", not_authentic);
    g_test_add_func("/srtpreceiver/sources", sources_count_for_themselves);
    g_test_add_func("/srtpreceiver/bound", sources_have_a_bound);
    return g_test_run();
}
