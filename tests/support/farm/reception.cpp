#include "tests/support/farm/reception.hpp"

namespace rtc::farm {

void append32(std::vector<guint8>& out, guint32 number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(guint8(number >> shift));
}

guint32 Reception::rollover(guint16 sequence) const {
    if (packets_ == 0)
        return 0;
    auto distance = gint16(guint16(sequence - guint16(highest_)));
    return guint32(guint64(gint64(highest_) + distance) >> 16);
}

void Reception::packet(guint16 sequence, size_t bytes) {
    guint64 extended = guint64(rollover(sequence)) << 16 | sequence;
    if (packets_ == 0)
        first_ = highest_ = extended;
    highest_ = MAX(highest_, extended);
    packets_++;
    bytes_ += bytes;
}

void Reception::append_block(std::vector<guint8>& out, gint64 now) {
    auto expected_now = expected() - reported_expected_, came = packets_ - reported_packets_;
    reported_expected_ = expected(), reported_packets_ = packets_;
    guint64 missing = expected_now > came ? expected_now - came : 0;
    guint32 fraction = expected_now ? guint32(MIN(missing * 256 / expected_now, 255)) : 0;
    append32(out, ssrc_);
    append32(out, fraction << 24 | guint32(MIN(lost(), 0x7f'ffff)));
    append32(out, guint32(highest_));
    append32(out, 0); // jitter is not measured
    append32(out, report_middle_);
    append32(out, report_came_ ? guint32((now - report_came_) * 65536 / G_USEC_PER_SEC) : 0);
}

} // namespace rtc::farm
