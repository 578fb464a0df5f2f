#include "plugins/publish/history.hpp"

namespace rtc {

bool History::add(PacketRef packet) {
    bool starts = packet->starts_keyframe;
    // Packets of one picture share a timestamp (RFC 3550 section 5.1).
    if (packets_.empty() || packets_.back()->fields.timestamp != packet->fields.timestamp) {
        picture_ = packets_.size();
        if (!joinable_)
            forget_before_picture();
    }
    bytes_ += packet->bytes().size();
    packets_.push_back(std::move(packet));

    bool known = joinable_ && picture_ == 0; // an earlier packet of the picture said so
    if (starts && !known) {
        forget_before_picture();
        joinable_ = true;
        return true;
    }
    if (joinable_ && picture_ > 0 && too_old()) {
        forget_before_picture();
        joinable_ = false;
    }
    return false;
}

bool History::too_old() const {
    auto ticks = guint32(packets_.back()->fields.timestamp - packets_.front()->fields.timestamp);
    // Reordered pictures can lie a little before the first one, modulo 2^32.
    auto age = gint32(ticks) > 0 ? gst_util_uint64_scale(ticks, GST_SECOND, clock_rate_) : 0;
    return age > limits_.time || packets_.size() > limits_.packets || bytes_ > limits_.bytes;
}

void History::forget_before_picture() {
    for (size_t i = 0; i < picture_; i++)
        bytes_ -= packets_[i]->bytes().size();
    packets_.erase(packets_.begin(), packets_.begin() + gssize(picture_));
    picture_ = 0;
}

void History::clear() {
    packets_.clear();
    picture_ = 0;
    bytes_ = 0;
    joinable_ = false;
}

} // namespace rtc
