#include "plugins/publish/rungswitch.hpp"

#include <algorithm>

namespace rtc {

class RungSwitch::Gate : public Transport {
public:
    Gate(std::shared_ptr<RungSwitch> owner, size_t rung)
        : owner_(std::move(owner))
        , rung_(rung) {}
    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) override {
        owner_->send(rung_, packet, fields, pts);
    }
    void flush() override { owner_->flush(rung_); }

private:
    std::shared_ptr<RungSwitch> owner_;
    size_t rung_;
};

RungSwitch::RungSwitch(const Codec& codec, guint16 first_sequence,
                       std::shared_ptr<Transport> transport)
    : codec_(codec)
    , transport_(std::move(transport))
    , next_sequence_(first_sequence) {}

std::shared_ptr<Transport> RungSwitch::gate(size_t rung) {
    return std::make_shared<Gate>(shared_from_this(), rung);
}

void RungSwitch::want(size_t rung) {
    std::lock_guard lock(mutex_);
    wanted_ = rung;
    if (current_ == rung)
        wanted_.reset();
}

size_t RungSwitch::current() const {
    std::lock_guard lock(mutex_);
    return current_.value_or(wanted_.value_or(0));
}

std::optional<size_t> RungSwitch::wanted() const {
    std::lock_guard lock(mutex_);
    return wanted_;
}

void RungSwitch::send(size_t rung, const PacketRef& packet, const RtpFields& given,
                      GstClockTime pts) {
    std::lock_guard lock(mutex_);
    bool switched = wanted_ == rung;
    if (switched) {
        current_ = rung;
        wanted_.reset();
    }
    if (current_ != rung)
        return;
    auto fields = given;
    renumber(packet, fields, switched);
    transport_->send(packet, fields, pts);
}

void RungSwitch::flush(size_t rung) {
    std::lock_guard lock(mutex_);
    if (current_ == rung)
        transport_->flush();
}

void RungSwitch::renumber(const PacketRef& packet, RtpFields& fields, bool switched) {
    constexpr guint32 least_step = 90; // 1 ms
    fields.sequence = next_sequence_++;
    late_ = late_ || (switched && picture_in_);
    bool begins = switched || picture_in_ != fields.timestamp;
    auto timestamp = fields.timestamp;
    if (begins && late_) {
        late_ = gint32(timestamp - picture_out_) <= 0;
        picture_out_ = late_ ? picture_out_ + least_step : timestamp;
    } else if (begins) {
        picture_out_ = timestamp;
    }
    picture_in_ = timestamp;
    fields.timestamp = picture_out_;
    number_picture(packet, fields, switched);
}

void RungSwitch::number_picture(const PacketRef& packet, RtpFields& fields, bool switched) {
    auto id = read_picture_id(codec_, packet->bytes());
    if (!id)
        return;
    guint16 mask = id->wide ? 0x7fff : 0x7f;
    if (switched && numbered_)
        picture_offset_ = guint16(last_picture_ + 1 - id->value);
    numbered_ = true;
    last_picture_ = guint16((id->value + picture_offset_) & mask);
    if (picture_offset_ == 0)
        return;
    auto start = packet->bytes().first(id->at + (id->wide ? 2 : 1));
    std::ranges::copy(start, fields.start.begin());
    fields.start_size = guint8(start.size());
    fields.start[id->at] = guint8(id->wide ? 0x80 | last_picture_ >> 8 : last_picture_);
    if (id->wide)
        fields.start[id->at + 1] = guint8(last_picture_);
}

std::optional<PictureId> read_picture_id(const Codec& codec, std::span<const guint8> payload) {
    size_t at;
    if (codec.is("VP8") && payload.size() > 3 && payload[0] & 0x80 && payload[1] & 0x80)
        at = 2;
    else if (codec.is("VP9") && payload.size() > 2 && payload[0] & 0x80)
        at = 1;
    else
        return std::nullopt;
    bool wide = payload[at] & 0x80;
    auto value = wide ? guint16((payload[at] & 0x7f) << 8 | payload[at + 1]) : payload[at];
    return PictureId{at, wide, guint16(value)};
}

} // namespace rtc
