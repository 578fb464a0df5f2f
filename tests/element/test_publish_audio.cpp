// Sound against losses, and silence: what Opus packets hold for which subscribers.
#include "tests/element/publishing.hpp"

#include <algorithm>

using namespace rtc;

namespace {

const char* tone = "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2";
const char* silence = "audiotestsrc is-live=true wave=silence ! audio/x-raw,rate=48000,channels=2";
const char* opus_tone = "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc "
                        "inband-fec=true";

SendParameters parameters(bool fec, bool dtx, guint32 ssrc) {
    return {.payload_type = 111, .ssrc = ssrc, .takes_audio_fec = fec, .takes_audio_dtx = dtx};
}

// Whether a packet holds a copy of the one before: RFC 6716 sections 3.1 and 4.2.3 and 4.2.4, for
// frames of 20 ms.
bool holds_copy(const Received& packet) {
    guint8 start[14] = {};
    g_assert_cmpuint(gst_buffer_extract(packet.buffer.get(), 0, start, sizeof start), ==, 14);
    auto toc = start[12], frame = start[13];
    if (toc >> 3 >= 16)
        return false; // CELT alone
    return (frame & 0x40) || ((toc & 4) && (frame & 0x10));
}

size_t copies(const std::vector<Received>& packets) {
    return size_t(std::count_if(packets.begin(), packets.end(), holds_copy));
}

bool wait_for_copies(Publishing& publishing, Collector& collector) {
    return publishing.watch.wait([&] { return copies(collector.packets) >= 10; });
}

// Copies are sent while somebody who uses them loses packets.
void follows_losses() {
    Publishing publishing(tone, Kind::audio);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto user = publishing.subscribe("opus", parameters(true, false, 1));
    auto other = publishing.subscribe("opus", parameters(false, false, 2));
    other->subscription->set_loss(0.3); // nothing to do for this one
    g_assert_true(user->wait(25));
    g_assert_cmpuint(copies(user->copy()), ==, 0);
    user->subscription->set_loss(0.1);
    g_assert_true(wait_for_copies(publishing, *user));
    g_assert_true(wait_for_copies(publishing, *other)); // one encoding for both
    user->subscription->set_loss(0);
    g_assert_true(publishing.watch.wait([&] {
        const auto& all = user->packets;
        return copies({all.end() - 10, all.end()}) == 0;
    }));
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, 1);
}

void ends_with_who_needed_it() {
    Publishing publishing(tone, Kind::audio);
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto stays = publishing.subscribe("opus", parameters(true, false, 1));
    auto leaves = publishing.subscribe("opus", parameters(true, false, 2));
    leaves->subscription->set_loss(0.2);
    g_assert_true(wait_for_copies(publishing, *stays));
    leaves.reset();
    g_assert_true(publishing.watch.wait([&] {
        const auto& all = stays->packets;
        return copies({all.end() - 10, all.end()}) == 0;
    }));
}

void can_be_turned_off() {
    Publishing publishing(tone, Kind::audio, {.audio_fec = false});
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto user = publishing.subscribe("opus", parameters(true, false, 1));
    user->subscription->set_loss(0.2);
    g_assert_true(user->wait(50));
    g_assert_cmpuint(copies(user->copy()), ==, 0);
}

// Who asks for it gets next to nothing of silence, the others all of it.
void silence_is_left_out() {
    Publishing publishing(silence, Kind::audio, {.audio_dtx = true});
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto user = publishing.subscribe("opus", parameters(true, true, 1));
    g_assert_true(user->wait(1));
    auto other = publishing.subscribe("opus", parameters(true, false, 2));
    g_assert_true(other->wait(150));
    auto few = user->copy();
    g_assert_cmpuint(few.size(), <, 75);
    // Numbers without a gap; time goes on.
    g_assert_cmpuint(guint16(few.back().sequence - few.front().sequence), ==, few.size() - 1);
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, 2);
}

void sound_is_not_left_out() {
    Publishing publishing(tone, Kind::audio, {.audio_dtx = true});
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto user = publishing.subscribe("opus", parameters(true, true, 1));
    g_assert_true(user->wait(50));
    auto packets = user->copy();
    // The encoder's first packet is shorter: what it looks ahead is left out.
    auto span = packets.back().timestamp - packets[1].timestamp;
    g_assert_cmpuint(span, ==, (packets.size() - 2) * 960);
}

// It is off by default, and encoded sound is what it is.
void off(gconstpointer data) {
    auto* source = static_cast<const char*>(data);
    bool encoded = g_str_equal(source, opus_tone);
    Publishing publishing(source, Kind::audio, {.audio_dtx = encoded});
    publishing.play();
    g_assert_true(publishing.wait_live());
    auto first = publishing.subscribe("opus", parameters(true, true, 1));
    auto second = publishing.subscribe("opus", parameters(true, false, 2));
    first->subscription->set_loss(0.2);
    g_assert_true(first->wait(100));
    g_assert_true(second->wait(90));
    g_assert_cmpuint(copies(first->copy()), ==, 0);
    std::lock_guard lock(publishing.watch.mutex);
    g_assert_cmpuint(publishing.encoders_made.size(), ==, encoded ? 0 : 1);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/publish-audio/fec/follows-losses", follows_losses);
    g_test_add_func("/publish-audio/fec/ends-with-who-needed-it", ends_with_who_needed_it);
    g_test_add_func("/publish-audio/fec/can-be-turned-off", can_be_turned_off);
    g_test_add_func("/publish-audio/dtx/silence-is-left-out", silence_is_left_out);
    g_test_add_func("/publish-audio/dtx/sound-is-not-left-out", sound_is_not_left_out);
    g_test_add_data_func("/publish-audio/dtx/off", silence, off);
    g_test_add_data_func("/publish-audio/encoded", opus_tone, off);
    return g_test_run();
}
