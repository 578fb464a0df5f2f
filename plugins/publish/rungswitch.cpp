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

RungSwitch::RungSwitch(guint16 first_sequence, std::shared_ptr<Transport> transport)
    : transport_(std::move(transport))
    , next_sequence_(first_sequence) {}

std::shared_ptr<Transport> RungSwitch::gate(size_t rung) {
    return std::make_shared<Gate>(shared_from_this(), rung);
}

void RungSwitch::want(size_t rung, guint8 layer) {
    std::lock_guard lock(mutex_);
    wanted_ = rung;
    next_layer_ = layer;
    if (current_ == rung)
        wanted_.reset();
}

void RungSwitch::thin(guint8 layer) {
    std::lock_guard lock(mutex_);
    thinner_.want(layer);
}

guint8 RungSwitch::wanted_layer() const {
    std::lock_guard lock(mutex_);
    return thinner_.wanted();
}

guint8 RungSwitch::layer() const {
    std::lock_guard lock(mutex_);
    return thinner_.layer();
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
        thinner_ = {};
        thinner_.want(next_layer_);
        late_ = late_ || picture_in_;
    }
    if (current_ != rung)
        return;
    bool begins = switched || picture_in_ != given.timestamp;
    picture_in_ = given.timestamp;
    if (begins)
        passes_ = takes_picture(*packet);
    if (!passes_)
        return;
    auto fields = given;
    renumber(fields, begins);
    if (packet->descriptor)
        number_picture(*packet, *packet->descriptor, fields, switched);
    transport_->send(packet, fields, pts);
}

// By its first packet.
bool RungSwitch::takes_picture(const Packet& packet) {
    if (thinner_.take(packet.layer, packet.starts_keyframe))
        return true;
    if (packet.descriptor && !packet.descriptor->counts_all)
        picture_offset_--; // the next one has its number
    return false;
}

void RungSwitch::flush(size_t rung) {
    std::lock_guard lock(mutex_);
    if (current_ == rung)
        transport_->flush();
}

void RungSwitch::renumber(RtpFields& fields, bool begins) {
    constexpr guint32 least_step = 90; // 1 ms
    fields.sequence = next_sequence_++;
    auto timestamp = fields.timestamp;
    if (begins && late_) {
        late_ = gint32(timestamp - picture_out_) <= 0;
        picture_out_ = late_ ? picture_out_ + least_step : timestamp;
    } else if (begins) {
        picture_out_ = timestamp;
    }
    fields.timestamp = picture_out_;
}

void RungSwitch::number_picture(const Packet& packet, const PayloadDescriptor& descriptor,
                                RtpFields& fields, bool switched) {
    const auto& id = descriptor.picture;
    if (!id)
        return;
    auto payload = packet.bytes();
    auto base_at = descriptor.base_index_at;
    auto base = base_at ? payload[*base_at] : guint8(0);
    if (switched && numbered_) {
        picture_offset_ = guint16(last_picture_ + 1 - id->value);
        base_offset_ = guint8(last_base_ + 1 - base);
    }
    numbered_ = true;
    last_picture_ = guint16((id->value + picture_offset_) & (id->wide ? 0x7fff : 0x7f));
    last_base_ = guint8(base + base_offset_);
    if (picture_offset_ == 0 && base_offset_ == 0)
        return;
    auto start = payload.first(base_at ? *base_at + 1 : id->at + (id->wide ? 2 : 1));
    std::ranges::copy(start, fields.start.begin());
    fields.start_size = guint8(start.size());
    fields.start[id->at] = guint8(id->wide ? 0x80 | last_picture_ >> 8 : last_picture_);
    if (id->wide)
        fields.start[id->at + 1] = guint8(last_picture_);
    if (base_at)
        fields.start[*base_at] = last_base_;
}

} // namespace rtc
