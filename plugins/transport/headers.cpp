#include "plugins/transport/headers.hpp"

#include "plugins/publish/bytes.hpp"

namespace rtc {
namespace {

// Elements with one-byte headers: the identifiers are 1 to 14, the length is one less.
class Elements {
public:
    explicit Elements(guint8* out)
        : out_(out) {}
    guint8* add(guint id, size_t size) {
        out_[size_++] = guint8(id << 4 | (size - 1));
        size_ += size;
        return out_ + size_ - size;
    }
    size_t finish() {
        while (size_ % 4)
            out_[size_++] = 0;
        return size_;
    }

private:
    guint8* out_;
    size_t size_ = 0;
};

bool fits(const std::optional<guint>& id) {
    return id && *id >= 1 && *id <= 14;
}

} // namespace

size_t write_rtp_header(const RtpFields& fields, const ExtensionIds& ids,
                        const ExtensionValues& values, guint8* out) {
    out[0] = 0x80;
    write_rtp_fields(out, fields);
    Elements elements(out + 16);
    if (fits(ids.transport_cc) && values.transport_cc)
        write_number(elements.add(*ids.transport_cc, 2), *values.transport_cc);
    if (fits(ids.abs_capture_time) && values.abs_capture_time)
        write_number(elements.add(*ids.abs_capture_time, 8), *values.abs_capture_time);
    if (fits(ids.playout_delay) && values.playout_delay) {
        // Two times 12 bits, in 10 ms.
        auto units = [](guint ms) { return MIN(ms / 10, 0xfffu); };
        const auto& delay = *values.playout_delay;
        write_number(elements.add(*ids.playout_delay, 3),
                     guint32(units(delay.minimum) << 12 | units(delay.maximum)), 3);
    }
    auto size = elements.finish();
    if (size == 0)
        return 12;
    out[0] |= 0x10;
    write_number<guint16>(out + 12, 0xbede);
    write_number(out + 14, guint16(size / 4));
    return 16 + size;
}

} // namespace rtc
