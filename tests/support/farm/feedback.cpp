#include "tests/support/farm/feedback.hpp"

#include "tests/support/farm/reception.hpp"

namespace rtc::farm {
namespace {

constexpr gint64 reference_unit = 64'000, delta_unit = 250; // µs
constexpr guint symbols_a_chunk = 7, most_packets = 1000;

enum Symbol : guint { missing, small_delta, large_delta };

} // namespace

std::optional<guint16> transport_number(std::span<const guint8> packet, guint8 id) {
    constexpr guint8 extension_bit = 0x10;
    size_t at = 12 + 4 * (packet[0] & 0x0f);
    if (!(packet[0] & extension_bit) || packet.size() < at + 4 || packet[at] != 0xbe ||
        packet[at + 1] != 0xde)
        return {};
    size_t end = at + 4 + 4 * size_t(packet[at + 2] << 8 | packet[at + 3]);
    for (at += 4; at + 2 < MIN(end, packet.size());) {
        guint8 size = packet[at] == 0 ? 0 : guint8((packet[at] & 0x0f) + 1);
        if (size > 0 && packet[at] >> 4 == id)
            return guint16(packet[at + 1] << 8 | packet[at + 2]);
        at += 1 + size;
    }
    return {};
}

void FeedbackLog::packet(guint16 number, gint64 now) {
    if (!last_)
        last_ = number;
    auto unwrapped = *last_ + gint16(guint16(number - guint16(*last_)));
    last_ = MAX(*last_, unwrapped);
    if (!told_)
        told_ = unwrapped - 1;
    if (unwrapped > *told_)
        came_.emplace(unwrapped, now);
}

// Section 3.1; all chunks are vectors of two-bit symbols (section 3.1.4).
std::vector<guint8> FeedbackLog::take(guint32 sender_ssrc, guint32 media_ssrc) {
    if (came_.empty())
        return {};
    auto base = MAX(*told_ + 1, came_.rbegin()->first - gint64(most_packets) + 1);
    auto end = came_.rbegin()->first + 1;
    came_.erase(came_.begin(), came_.lower_bound(base));
    auto reference = came_.begin()->second / reference_unit;
    std::vector<guint8> chunks, deltas;
    auto time = reference * reference_unit;
    for (auto number = base; number < end; number += symbols_a_chunk) {
        guint chunk = 3; // a vector, of two bits each
        for (guint i = 0; i < symbols_a_chunk; i++) {
            guint symbol = missing;
            if (auto found = came_.find(number + i); found != came_.end()) {
                auto delta = (found->second - time) / delta_unit;
                time += delta * delta_unit;
                symbol = delta >= 0 && delta <= 0xff ? small_delta : large_delta;
                if (symbol == large_delta)
                    deltas.push_back(guint8(guint16(gint16(CLAMP(delta, -32768, 32767))) >> 8));
                deltas.push_back(guint8(delta));
            }
            chunk = chunk << 2 | symbol;
        }
        chunks.push_back(guint8(chunk >> 8));
        chunks.push_back(guint8(chunk));
    }
    told_ = end - 1;
    came_.clear();

    std::vector<guint8> out;
    append32(out, 0); // written below, with the length
    append32(out, sender_ssrc);
    append32(out, media_ssrc);
    append32(out, guint32(guint16(base)) << 16 | guint16(end - base));
    append32(out, guint32(reference) << 8 | count_++);
    out.insert(out.end(), chunks.begin(), chunks.end());
    out.insert(out.end(), deltas.begin(), deltas.end());
    out.resize((out.size() + 3) / 4 * 4);
    auto words = out.size() / 4 - 1;
    out[0] = 0x8f; // version 2, format 15
    out[1] = 205;  // RTPFB
    out[2] = guint8(words >> 8);
    out[3] = guint8(words);
    return out;
}

} // namespace rtc::farm
